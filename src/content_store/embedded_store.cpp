#include "content_store/embedded_store.h"

#include "base/file.h"
#include "base/limits.h"
#include "content_store/file_node.h"

namespace glucoledger::content_store {
namespace {

constexpr Layout kLayout = Layout::kCidV0;
constexpr std::int64_t kSchemaVersion = 1;
constexpr const char* kDatabaseName = "content.sqlite";

// A file's blocks are listed flat, so that removing a file is one query; `present` is 0 once it was removed.
constexpr const char* kSchema = R"(
  CREATE TABLE blocks (digest BLOB NOT NULL PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE files (root BLOB NOT NULL PRIMARY KEY, present INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE file_blocks (root BLOB NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (root, digest)) WITHOUT ROWID;
  CREATE INDEX file_blocks_by_digest ON file_blocks (digest);
  PRAGMA user_version = 1;
)";

Result<void> prepare_schema(sqlite::Database& database, const std::filesystem::path& folder) {
  GL_TRY(version, database.user_version());
  if (version > kSchemaVersion) {
    return fail(ErrorCode::kNewerFormat,
                "the content store " + folder.string() + " was made by a newer version of glucoledger (format " +
                    std::to_string(version) + ", this one knows " + std::to_string(kSchemaVersion) + ")",
                "use that version, or another folder");
  }
  return version == 0 ? database.execute(kSchema) : Result<void>{};
}

// A store may be another person's.
Result<void> check_schema(sqlite::Database& database, const std::filesystem::path& folder) {
  database.limit_values(2 * base::limits::kBlockSizeMax);
  GL_TRY(is_ours, database.has_schema(kSchema));
  if (is_ours) return {};
  return fail(ErrorCode::kCorrupt, "what stands in " + folder.string() + " is no content store of glucoledger",
              "name another folder, or ask for another invitation");
}

Result<Cid> insert_file(sqlite::Database& database, const base::ByteReader& content, const base::CancelToken& cancel) {
  Cid root;
  GL_CHECK(database.transaction([&]() -> Result<void> {
    // A block that went bad on disk is healed by adding its file again.
    GL_TRY(insert_block, database.prepare("INSERT INTO blocks (digest, bytes) VALUES (?1, ?2) ON CONFLICT DO UPDATE "
                                          "SET bytes = excluded.bytes WHERE bytes IS NOT excluded.bytes"));
    std::vector<Digest> digests;
    const auto write = [&](const Cid& cid, ByteView block) {
      digests.push_back(cid.digest);
      return insert_block.bind(1, ByteView(cid.digest)).bind(2, block).run();
    };
    GL_TRY(imported, import_file(content, kLayout, base::limits::kContentSizeMax, write, cancel));
    root = imported.root;
    GL_TRY(insert_root, database.prepare("INSERT INTO files (root, present) VALUES (?1, 1) "
                                         "ON CONFLICT DO UPDATE SET present = 1"));
    GL_CHECK(insert_root.bind(1, ByteView(root.digest)).run());
    GL_TRY(insert_use, database.prepare("INSERT OR IGNORE INTO file_blocks (root, digest) VALUES (?1, ?2)"));
    for (const auto& digest : digests) {
      GL_CHECK(insert_use.bind(1, ByteView(root.digest)).bind(2, ByteView(digest)).run());
    }
    return {};
  }));
  return root;
}

Result<void> erase_file(sqlite::Database& database, ByteView root) {
  return database.transaction([&]() -> Result<void> {
    GL_TRY(erase, database.prepare(
                      "DELETE FROM blocks WHERE digest IN (SELECT digest FROM file_blocks WHERE root = ?1) AND NOT "
                      "EXISTS (SELECT 1 FROM file_blocks f WHERE f.digest = blocks.digest AND f.root <> ?1)"));
    GL_CHECK(erase.bind(1, root).run());
    GL_TRY(forget, database.prepare("DELETE FROM file_blocks WHERE root = ?1"));
    GL_CHECK(forget.bind(1, root).run());
    GL_TRY(mark, database.prepare("UPDATE files SET present = 0 WHERE root = ?1"));
    return mark.bind(1, root).run();
  });
}

}  // namespace

Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::open(const locator::Locator& folder, bool read_only,
                                                           const base::CancelToken& cancel) {
  const auto& path = folder.folder();
  const auto file = path / kDatabaseName;
  if (read_only) {
    GL_TRY(database, sqlite::Database::open(file, sqlite::Database::Mode::kReadOnly, cancel));
    GL_TRY(version, database.user_version());
    if (version == 0) return fail(ErrorCode::kNotFound, "there is no content store in " + path.string());
    GL_CHECK(prepare_schema(database, path));
    GL_CHECK(check_schema(database, path));
    return std::unique_ptr<EmbeddedStore>(new EmbeddedStore(folder, std::move(database)));
  }
  GL_CHECK(base::make_folder(path));
  GL_TRY(database, sqlite::Database::open(file, sqlite::Database::Mode::kReadWriteCreate, cancel));
  // Else the log would stay as large as the largest file that was ever added.
  GL_CHECK(database.execute("PRAGMA journal_size_limit = 4194304"));
  GL_CHECK(database.transaction([&] { return prepare_schema(database, path); }));
  GL_CHECK(check_schema(database, path));
  return std::unique_ptr<EmbeddedStore>(new EmbeddedStore(folder, std::move(database)));
}

Result<std::string> EmbeddedStore::cid_of(const base::ByteReader& content, const base::CancelToken& cancel) {
  GL_TRY(measured, measure_file(content, kLayout, base::limits::kContentSizeMax, cancel));
  return encode_cid(measured.root);
}

Result<std::string> EmbeddedStore::add(const base::ByteReader& content, const base::CancelToken& cancel) {
  const base::MutexLock lock(mutex_);
  return insert_file(database_, content, cancel).map(encode_cid);
}

// The lock is held for one block: neither a slow reader nor a large file keeps others waiting.
Result<Bytes> EmbeddedStore::read_block(const Digest& root, const Digest& block) {
  const base::MutexLock lock(mutex_);
  GL_TRY(select, database_.prepare("SELECT bytes FROM blocks WHERE digest = ?1"));
  GL_TRY(found, select.bind(1, ByteView(block)).step());
  if (found) return select.blob(0);
  GL_TRY(state, root_state(root));
  if (!state && block == root) return fail(ErrorCode::kNotFound, "the content store has never held this file");
  return fail(ErrorCode::kPruned, "the content store held this file, but its content was removed");
}

Result<void> EmbeddedStore::get(std::string_view cid, std::uint64_t size_max, const base::ByteWriter& write,
                                const base::CancelToken& cancel) {
  GL_TRY(root, decode_cid(cid));
  const auto read = [&](const Cid& block) { return read_block(root.digest, block.digest); };
  return export_file(root, read, size_max, write, cancel);
}

Result<void> EmbeddedStore::remove(std::string_view cid, const base::CancelToken& cancel) {
  GL_TRY(root, decode_cid(cid));
  GL_CHECK(cancel.check());
  const base::MutexLock lock(mutex_);
  GL_TRY(state, root_state(root.digest));
  if (!state) return fail(ErrorCode::kNotFound, "the content store has never held this file");
  GL_CHECK(erase_file(database_, ByteView(root.digest)));
  return truncate_log();
}

// The write-ahead log may hold the blocks too.
Result<void> EmbeddedStore::truncate_log() {
  GL_TRY(checkpoint, database_.prepare("PRAGMA wal_checkpoint(TRUNCATE)"));
  GL_TRY(row, checkpoint.step());
  if (row && checkpoint.integer(0) == 0) return {};
  return fail(ErrorCode::kUnreachable, "the file is removed, but another process still reads its blocks from the log",
              "repeat when that process is done, to erase them on disk too");
}

Result<ports::FileStatus> EmbeddedStore::stat(std::string_view cid, const base::CancelToken& cancel) {
  using State = ports::FileStatus::State;
  GL_TRY(root, decode_cid(cid));
  ports::FileStatus file;
  const auto block = read_block(root.digest, root.digest);
  const bool missing =
      !block && (block.error().code == ErrorCode::kNotFound || block.error().code == ErrorCode::kPruned);
  if (!block && !missing) return tl::unexpected(block.error());
  if (block && root.codec == Codec::kRaw) {
    file.size = block->size();
  } else if (block) {
    GL_TRY(node, decode_file_node(*block));
    file.size = node.file_size;
  }
  bool has_all = true;
  {
    const base::MutexLock lock(mutex_);
    GL_TRY(state, root_state(root.digest));
    file.pinned = state.value_or(false);
    if (file.pinned) {
      GL_TRY(select, database_.prepare("SELECT 1 FROM file_blocks f WHERE f.root = ?1 AND NOT EXISTS "
                                       "(SELECT 1 FROM blocks b WHERE b.digest = f.digest)"));
      GL_TRY(has_gap, select.bind(1, ByteView(root.digest)).step());
      has_all = !has_gap;
    }
  }
  if (!file.pinned && block) {  // inside another file's tree, which lists all its blocks flat
    const auto drop = [](ByteView) { return Result<void>{}; };
    const auto whole = get(cid, base::limits::kContentSizeMax, drop, cancel);
    if (!whole && whole.error().code != ErrorCode::kPruned) return tl::unexpected(whole.error());
    has_all = whole.has_value();
  }
  if (block || file.pinned) file.state = block && has_all ? State::kPresent : State::kIncomplete;
  return file;
}

Result<std::optional<bool>> EmbeddedStore::root_state(const Digest& digest) {
  GL_TRY(select, database_.prepare("SELECT present FROM files WHERE root = ?1"));
  GL_TRY(known, select.bind(1, ByteView(digest)).step());
  return known ? std::optional(select.integer(0) != 0) : std::nullopt;
}

}  // namespace glucoledger::content_store
