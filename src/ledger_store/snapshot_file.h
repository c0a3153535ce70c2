// The bytes of a snapshot (docs/formats/snapshot.md), written and read as a stream.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "ledger/state_storage.h"

struct evp_md_ctx_st;

namespace glucoledger::ledger_store {

struct SnapshotRecord {
  ledger::Column column{};
  std::string key;
  std::string value;
};

namespace snapshot_detail {
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct FreeDigest {
  void operator()(evp_md_ctx_st* context) const;
};
using File = std::unique_ptr<std::FILE, CloseFile>;
using Digest = std::unique_ptr<evp_md_ctx_st, FreeDigest>;
}  // namespace snapshot_detail

// Writes beside the name; what was not finished goes.
class SnapshotWriter {
 public:
  // kInputRefused: a file of this name exists.
  static Result<SnapshotWriter> create(const std::filesystem::path& file);
  SnapshotWriter(SnapshotWriter&&) = default;

  // In ascending order of columns and keys.
  Result<void> add(ledger::Column column, std::string_view key, std::string_view value);
  // Durable under its name when it returns.
  Result<void> finish();
  std::uint64_t record_count() const { return record_count_; }
  std::uint64_t size() const { return size_; }

 private:
  SnapshotWriter(base::FileBeside file, snapshot_detail::File out);
  Result<void> write(std::string_view bytes);

  base::FileBeside file_;
  snapshot_detail::File out_;  // the same, buffered
  snapshot_detail::Digest digest_;
  std::uint64_t record_count_ = 0;
  std::uint64_t size_ = 0;
};

class SnapshotReader {
 public:
  static Result<SnapshotReader> open(const std::filesystem::path& file);
  // Nothing at the end, which was then checked to be whole. Until then nothing that was read can be relied on.
  Result<std::optional<SnapshotRecord>> next();
  std::uint64_t record_count() const { return record_count_; }
  std::uint64_t size() const { return size_; }

 private:
  explicit SnapshotReader(snapshot_detail::File in);
  Result<std::string> read(std::size_t size);
  Result<void> check_end();

  snapshot_detail::File in_;
  snapshot_detail::Digest digest_;
  std::optional<SnapshotRecord> last_;
  std::uint64_t record_count_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace glucoledger::ledger_store
