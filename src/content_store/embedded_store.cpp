#include "content_store/embedded_store.h"

#include "base/file.h"
#include "base/limits.h"

namespace glucoledger::content_store {
namespace {

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

}  // namespace

Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::open(const std::filesystem::path& folder, bool read_only) {
  std::error_code error;
  auto path = std::filesystem::absolute(folder, error).lexically_normal();
  if (error) return fail(ErrorCode::kFailed, "cannot find the content store's folder");
  const auto file = path / kDatabaseName;
  if (read_only) {
    GL_TRY(database, sqlite::Database::open(file, sqlite::Database::Mode::kReadOnly));
    GL_TRY(version, database.user_version());
    if (version == 0) return fail(ErrorCode::kNotFound, "there is no content store in " + path.string());
    GL_CHECK(prepare_schema(database, path));
    return std::unique_ptr<EmbeddedStore>(new EmbeddedStore(std::move(path), std::move(database)));
  }
  GL_CHECK(base::make_folder(path));
  GL_TRY(database, sqlite::Database::open(file, sqlite::Database::Mode::kReadWriteCreate));
  // Else the log would stay as large as the largest file that was ever added.
  GL_CHECK(database.execute("PRAGMA journal_size_limit = 4194304"));
  GL_CHECK(database.transaction([&] { return prepare_schema(database, path); }));
  return std::unique_ptr<EmbeddedStore>(new EmbeddedStore(std::move(path), std::move(database)));
}

Result<std::string> EmbeddedStore::add(ByteView content) {
  if (content.size() > base::limits::kContentSizeMax) {
    return fail(ErrorCode::kInputRefused, "the file is larger than the content store takes");
  }
  const std::lock_guard lock(mutex_);
  Cid root;
  const auto insert = [&]() -> Result<void> {
    // A block that went bad on disk is healed by adding its file again.
    GL_TRY(insert_block, database_.prepare("INSERT INTO blocks (digest, bytes) VALUES (?1, ?2) ON CONFLICT DO UPDATE "
                                           "SET bytes = excluded.bytes WHERE bytes IS NOT excluded.bytes"));
    std::vector<Digest> digests;
    const auto write = [&](const Cid& cid, ByteView block) {
      digests.push_back(cid.digest);
      return insert_block.bind(1, ByteView(cid.digest)).bind(2, block).run();
    };
    GL_ASSIGN(root, import_file(content, Layout::kCidV0, write));
    GL_TRY(insert_file, database_.prepare("INSERT INTO files (root, present) VALUES (?1, 1) "
                                          "ON CONFLICT DO UPDATE SET present = 1"));
    GL_CHECK(insert_file.bind(1, ByteView(root.digest)).run());
    GL_TRY(insert_use, database_.prepare("INSERT OR IGNORE INTO file_blocks (root, digest) VALUES (?1, ?2)"));
    for (const auto& digest : digests) {
      GL_CHECK(insert_use.bind(1, ByteView(root.digest)).bind(2, ByteView(digest)).run());
    }
    return {};
  };
  GL_CHECK(database_.transaction(insert));
  return encode_cid(root);
}

Result<Bytes> EmbeddedStore::get(std::string_view cid, std::size_t size_max) {
  GL_TRY(root, decode_cid(cid));
  const std::lock_guard lock(mutex_);
  GL_TRY(known, is_known_root(root.digest));
  GL_TRY(select, database_.prepare("SELECT bytes FROM blocks WHERE digest = ?1"));
  const auto read = [&](const Cid& block) -> Result<Bytes> {
    GL_TRY(found, select.bind(1, ByteView(block.digest)).step());
    if (!found) {
      if (!known && block == root) return fail(ErrorCode::kNotFound, "the content store has never held this file");
      return fail(ErrorCode::kPruned, "the content store held this file, but its content was removed");
    }
    Bytes bytes = select.blob(0);
    GL_CHECK(select.step());  // one row; leaves the statement ready for the next block
    return bytes;
  };
  return export_file(root, read, size_max);
}

Result<void> EmbeddedStore::remove(std::string_view cid) {
  GL_TRY(root, decode_cid(cid));
  const std::lock_guard lock(mutex_);
  GL_TRY(known, is_known_root(root.digest));
  if (!known) return fail(ErrorCode::kNotFound, "the content store has never held this file");
  const ByteView digest(root.digest);
  const auto erase_blocks = [&]() -> Result<void> {
    GL_TRY(erase, database_.prepare(
                      "DELETE FROM blocks WHERE digest IN (SELECT digest FROM file_blocks WHERE root = ?1) AND NOT "
                      "EXISTS (SELECT 1 FROM file_blocks f WHERE f.digest = blocks.digest AND f.root <> ?1)"));
    GL_CHECK(erase.bind(1, digest).run());
    GL_TRY(forget, database_.prepare("DELETE FROM file_blocks WHERE root = ?1"));
    GL_CHECK(forget.bind(1, digest).run());
    GL_TRY(mark, database_.prepare("UPDATE files SET present = 0 WHERE root = ?1"));
    return mark.bind(1, digest).run();
  };
  GL_CHECK(database_.transaction(erase_blocks));
  // The write-ahead log may hold the blocks too.
  GL_TRY(checkpoint, database_.prepare("PRAGMA wal_checkpoint(TRUNCATE)"));
  GL_TRY(row, checkpoint.step());
  if (!row || checkpoint.integer(0) != 0) {
    return fail(ErrorCode::kUnreachable, "the file is removed, but another process still reads its blocks from the log",
                "repeat when that process is done, to erase them on disk too");
  }
  return {};
}

Result<bool> EmbeddedStore::is_known_root(const Digest& digest) {
  GL_TRY(select, database_.prepare("SELECT 1 FROM files WHERE root = ?1"));
  return select.bind(1, ByteView(digest)).step();
}

Result<std::unique_ptr<ports::ContentStore>> open_content_store(std::string_view spec, bool read_only) {
  for (const std::string_view scheme : {"kubo:", "cluster:", "http:", "https:"}) {
    if (!spec.starts_with(scheme)) continue;
    return fail(ErrorCode::kUsage, "content stores behind an address are not supported by this version",
                "give a folder instead: --store FOLDER");
  }
  if (spec.empty()) return fail(ErrorCode::kUsage, "the content store needs a folder", "give one: --store FOLDER");
  GL_TRY(store, EmbeddedStore::open(std::filesystem::path(spec), read_only));
  return std::unique_ptr<ports::ContentStore>(std::move(store));
}

}  // namespace glucoledger::content_store
