// The content store in a folder: blocks under true CIDs in one SQLite database.
//
// add() commits all blocks of a file in one transaction: what it returned survives power loss. Several processes may
// share the folder. Thread safe. Blocks that files have in common are kept once, and until the last of those files
// goes. Source: ports/content_store.h; the formats: content_store/unixfs.h.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "content_store/unixfs.h"
#include "ports/content_store.h"
#include "sqlite/database.h"

namespace glucoledger::content_store {

class EmbeddedStore final : public ports::ContentStore {
 public:
  // Makes folder and database where they are missing, but with `read_only`: then kNotFound. kNewerFormat: made by a
  // newer version.
  static Result<std::unique_ptr<EmbeddedStore>> open(const std::filesystem::path& folder, bool read_only);

  std::string locator() const override { return folder_.string(); }
  Result<std::string> add(ByteView content) override;
  // Takes CIDs of both versions, of roots and of blocks inside a tree.
  Result<Bytes> get(std::string_view cid, std::size_t size_max) override;

  // Erases the file's blocks, overwritten on disk, but those that other files need. Its CID stays known: get() says
  // kPruned from then on, until it is added again. kNotFound: never was here.
  Result<void> remove(std::string_view cid);

 private:
  EmbeddedStore(std::filesystem::path folder, sqlite::Database database)
      : folder_(std::move(folder)), database_(std::move(database)) {}
  Result<bool> is_known_root(const Digest& digest);

  std::filesystem::path folder_;
  std::mutex mutex_;
  sqlite::Database database_;
};

// The store that `spec` names: a folder. The network stores (kubo:URL, cluster:URL) are kUsage in this version.
Result<std::unique_ptr<ports::ContentStore>> open_content_store(std::string_view spec, bool read_only);

}  // namespace glucoledger::content_store
