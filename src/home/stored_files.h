// The sealed files of design B. A file has its row before its bytes leave the process, so that no sealed file can exist
// that the home cannot name.
//
//   adding -> stored -> orphan -> removed        (adding -> orphan: its message went elsewhere, or it must be made
//   anew)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "home/home.h"

namespace glucoledger::home {

struct StoredFile {
  std::int64_t id = 0;
  std::string cid;
  locator::Locator store;  // that has it
};

// For a message that waits in this epoch and has no file yet. Files that were begun for it earlier become orphans:
// their bytes cannot be made again. Nothing: the message does not wait there any more.
Result<std::optional<StoredFile>> begin_file(Transaction& transaction, std::int64_t message_id, std::int64_t epoch_id,
                                             std::string_view cid, const locator::Locator& store);
// The store has all of it: the message gets its CID. False: the file has become an orphan meanwhile.
Result<bool> mark_stored(Transaction& transaction, const StoredFile& file);
// To be removed from their stores.
Result<std::vector<StoredFile>> orphaned_files(Home& home);
Result<void> mark_removed(Transaction& transaction, const StoredFile& file);

}  // namespace glucoledger::home
