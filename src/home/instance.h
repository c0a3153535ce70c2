// The second file by which a home notices that it may not be the only one with its keys.
//
// `instance` holds a random id, the machine's id, the identity of the files themselves, its own one among them, and how
// many signing transactions the database had when something last left. The database holds the same id and its own
// count. A copied folder has other files; of a home that was put back in place, over the files that stood there, this
// file says to be another one, since each writing makes a new one; a restored database, or one that lost its
// write-ahead log, has a smaller count. The database is written first, then this file, and only then a message leaves:
// so a count that is behind is always a database that went back. The file is written by who holds the signing lease; by
// who shares or revokes, which counts like a signing transaction, so that a database from before it is noticed; and by
// who finds that the two do not fit: who then ends the epochs and gives the database a new id in one transaction, and
// after it the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace glucoledger::home {

struct Instance {
  std::string id;       // random
  std::string machine;  // hash of the machine's id
  std::string files;    // inode and birth time of the database
  std::int64_t signings = 0;
  bool is_as_written = true;  // the file itself, not another one with its content; true where it does not tell
};

// Absent or unreadable content: nullopt.
std::optional<Instance> read_instance(const std::filesystem::path& folder);
Result<void> write_instance(const std::filesystem::path& folder, const Instance& instance);
// What the instance of this folder, here and now, would say of machine and files.
Instance present_instance(const std::filesystem::path& database, std::string id, std::int64_t signings);

}  // namespace glucoledger::home
