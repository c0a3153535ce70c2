// The content store in a folder: blocks under true CIDs in one SQLite database.
//
// add() commits all blocks of a file in one transaction: what it returned survives power loss, and nothing of it is
// there where it did not return. Several processes may share the folder; who writes waits for the others' transactions
// (30 s at most), so a content should come from memory or a file. Blocks that files have in common are kept once, and
// until the last of those files goes. Memory: some MiB, for files of any size. Thread-safe.
// Source: ports/content_store.h; the formats: content_store/unixfs.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "content_store/unixfs.h"
#include "ports/content_store.h"
#include "sqlite/database.h"

namespace glucoledger::content_store {

class EmbeddedStore final : public ports::ContentStore {
 public:
  // `folder`: a locator of that kind (asserted). Makes folder and database where they are missing, but with
  // `read_only`: then kNotFound. kNewerFormat: made by a newer version. `cancel`: of the open store, too; once it is
  // cancelled no call waits for other processes any more, but for half a second.
  static Result<std::unique_ptr<EmbeddedStore>> open(const locator::Locator& folder, bool read_only,
                                                     const base::CancelToken& cancel = {});

  using ContentStore::add;
  using ContentStore::cid_of;
  using ContentStore::get;
  const locator::Locator& locator() const override { return locator_; }
  Result<std::string> cid_of(const base::ByteReader& content, const base::CancelToken& cancel = {}) override;
  Result<std::string> add(const base::ByteReader& content, const base::CancelToken& cancel = {}) override;
  // Takes CIDs of both versions, of roots and of blocks inside a tree.
  Result<void> get(std::string_view cid, std::uint64_t size_max, const base::ByteWriter& write,
                   const base::CancelToken& cancel = {}) override;
  // Overwrites the blocks on disk. The CID stays known: get() says kPruned from then on, until it is added again.
  // kUnreachable: removed, but another process that reads keeps the blocks in the log.
  Result<void> remove(std::string_view cid, const base::CancelToken& cancel = {}) override;
  // Of a block inside a tree it reads all that is below.
  Result<ports::FileStatus> stat(std::string_view cid, const base::CancelToken& cancel = {}) override;

 private:
  EmbeddedStore(locator::Locator folder, sqlite::Database database)
      : locator_(std::move(folder)), database_(std::move(database)) {}
  Result<Bytes> read_block(const Digest& root, const Digest& block) EXCLUDES(mutex_);
  // Nothing: never a root here; else whether it is one now.
  Result<std::optional<bool>> root_state(const Digest& digest) REQUIRES(mutex_);
  Result<void> truncate_log() REQUIRES(mutex_);

  locator::Locator locator_;
  base::Mutex mutex_;
  sqlite::Database database_ GUARDED_BY(mutex_);
};

}  // namespace glucoledger::content_store
