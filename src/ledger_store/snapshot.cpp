#include "ledger_store/snapshot.h"

#include <cstdio>

#include "base/file.h"
#include "ledger_store/rocks_store.h"
#include "ledger_store/snapshot_file.h"
#include "ledger_store/tangle.h"
#include "ledger_store/verification.h"

namespace glucoledger::ledger_store {
namespace {

constexpr std::size_t kBatchSize = std::size_t{4} << 20;
constexpr std::uint64_t kReportEvery = 4096;

tl::unexpected<Error> interrupted() {
  return fail(ErrorCode::kInterrupted, "interrupted: nothing was made", "repeat");
}

Result<SnapshotInfo> describe(const ledger::StateReader& reader) {
  SnapshotInfo info;
  GL_ASSIGN(info.parameters, ledger::read_parameters(reader));
  GL_ASSIGN(info.transaction_count, ledger::transaction_count(reader));
  GL_ASSIGN(info.milestone, ledger::latest_milestone(reader));
  return info;
}

Result<void> add_column(SnapshotWriter& writer, const ledger::StateReader& reader, ledger::Column column,
                        const base::Progress& progress, const base::CancelToken& cancel) {
  Result<void> added;
  GL_CHECK(reader.scan(column, "", [&](std::string_view key, std::string_view value) {
    added = writer.add(column, key, value);
    if (writer.record_count() % kReportEvery == 0) {
      base::report(progress, "records written", writer.record_count(), 0);
      if (added && cancel.cancelled()) added = interrupted();
    }
    return added.has_value();
  }));
  return added;
}

// Removes what a restoring that fails has made.
class FolderInTheMaking {
 public:
  explicit FolderInTheMaking(std::filesystem::path path) : path_(std::move(path)) { remove(); }
  FolderInTheMaking(const FolderInTheMaking&) = delete;
  FolderInTheMaking& operator=(const FolderInTheMaking&) = delete;
  ~FolderInTheMaking() { remove(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  void remove() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path path_;
};

Result<void> copy_records(SnapshotReader& reader, Store& store, const base::Progress& progress,
                          const base::CancelToken& cancel) {
  const ledger::MemoryStore nothing;
  while (true) {
    ledger::StateBatch batch(nothing);
    std::size_t size = 0;
    bool at_end = false;
    while (size < kBatchSize && !at_end) {
      GL_TRY(record, reader.next());
      at_end = !record;
      if (!record) break;
      batch.put(record->column, record->key, record->value);
      size += record->key.size() + record->value.size();
    }
    if (!batch.empty()) GL_CHECK(store.commit(batch));
    base::report(progress, "records restored", reader.record_count(), 0);
    if (at_end) return {};
    if (cancel.cancelled()) return interrupted();
  }
}

// Nothing is made before the file is known to be whole.
Result<void> check_file(const std::filesystem::path& file, const base::Progress& progress,
                        const base::CancelToken& cancel) {
  GL_TRY(reader, SnapshotReader::open(file));
  while (true) {
    GL_TRY(record, reader.next());
    if (!record) return {};
    if (reader.record_count() % kReportEvery != 0) continue;
    base::report(progress, "records checked", reader.record_count(), 0);
    if (cancel.cancelled()) return interrupted();
  }
}

Result<SnapshotInfo> describe_restored(Store& store) {
  GL_TRY(view, store.view());
  auto info = describe(*view);
  if (info || info.error().code != ErrorCode::kNotFound) return info;
  return fail(ErrorCode::kCorrupt, "the snapshot holds no ledger", "use another one; nothing was restored");
}

Result<SnapshotInfo> restore_state(const std::filesystem::path& file, const std::filesystem::path& state,
                                   const base::Clock& clock, const base::Progress& progress,
                                   const base::CancelToken& cancel) {
  GL_TRY(reader, SnapshotReader::open(file));
  GL_TRY(store, RocksStore::open(state.string(), RocksStore::Access::kWrite));
  GL_CHECK(copy_records(reader, *store, progress, cancel));
  GL_TRY(info, describe_restored(*store));
  info.record_count = reader.record_count();
  info.size = reader.size();
  if (info.parameters.format_version < ledger::kStateFormatVersion) {  // upgraded before it is looked through
    GL_CHECK(Tangle::over(std::move(store), "", {}, clock));
    GL_ASSIGN(store, RocksStore::open(state.string(), RocksStore::Access::kReadOnly));
  }
  GL_TRY(view, store->view());
  GL_TRY(report, verify_state(*view, progress, cancel));
  if (report.sound()) return info;
  return fail(ErrorCode::kCorrupt, "the ledger in the snapshot is not sound: " + report.findings.front(),
              "use another one; nothing was restored");
}

Result<void> put_in_place(const std::filesystem::path& made, const std::filesystem::path& folder) {
  if (::rename(made.c_str(), folder.c_str()) != 0) {  // an empty folder gives way, another does not
    return tl::unexpected(base::system_error("cannot make the ledger " + folder.string()));
  }
  return base::sync_folder(folder.parent_path());
}

Result<SnapshotInfo> snapshot_of_folder(const std::filesystem::path& folder, const std::filesystem::path& file,
                                        const base::Progress& progress, const base::CancelToken& cancel) {
  GL_TRY(store, RocksStore::open((folder / "state").string(), RocksStore::Access::kReadOnly));
  GL_TRY(view, store->view());
  return write_snapshot(*view, file, progress, cancel);
}

}  // namespace

Result<SnapshotInfo> write_snapshot(const ledger::StateReader& reader, const std::filesystem::path& file,
                                    const base::Progress& progress, const base::CancelToken& cancel) {
  GL_TRY(info, describe(reader));
  GL_TRY(writer, SnapshotWriter::create(file));
  for (std::size_t column = 0; column < ledger::kColumnCount; ++column) {
    GL_CHECK(add_column(writer, reader, static_cast<ledger::Column>(column), progress, cancel));
  }
  GL_CHECK(writer.finish());
  info.record_count = writer.record_count();
  info.size = writer.size();
  return info;
}

Result<SnapshotInfo> write_snapshot(const std::filesystem::path& folder, const std::filesystem::path& file,
                                    const base::Progress& progress, const base::CancelToken& cancel) {
  auto written = snapshot_of_folder(folder, file, progress, cancel);
  // Who writes to the ledger pruned or moved what was to be read.
  if (!written && written.error().code == ErrorCode::kUnreachable) written.error().code = ErrorCode::kBusy;
  return written;
}

Result<SnapshotInfo> restore_snapshot(const std::filesystem::path& file, const std::filesystem::path& folder,
                                      const base::Clock& clock, const base::Progress& progress,
                                      const base::CancelToken& cancel) {
  std::error_code error;
  std::filesystem::path target = std::filesystem::absolute(folder, error).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // a slash at the end
  if (error) return fail(ErrorCode::kUsage, "the folder has no absolute path");
  if (std::filesystem::exists(target, error) && !std::filesystem::is_empty(target, error)) {
    return fail(ErrorCode::kInputRefused, folder.string() + " exists already and is not empty",
                "choose a new folder: a ledger is never restored over another");
  }
  GL_CHECK(check_file(file, progress, cancel));
  const FolderInTheMaking made(target.string() + ".restoring");
  GL_CHECK(base::make_folder(made.path() / "state"));
  GL_TRY(info, restore_state(file, made.path() / "state", clock, progress, cancel));
  GL_CHECK(put_in_place(made.path(), target));
  return info;
}

}  // namespace glucoledger::ledger_store
