// New and changed files of a folder, once they have stopped growing.
//
// Polls: a file counts once its size and time stayed the same from one look to the next. Hidden files do not count.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace glucoledger::apps {

class FolderWatch {
 public:
  static constexpr std::int64_t kIntervalMs = 300;  // between two looks

  // kNotFound: not a folder.
  static Result<FolderWatch> start(std::filesystem::path folder);
  // Each file once for each of its states, by name.
  std::vector<std::string> changed_files();
  // What could not be taken for a passing reason is given again.
  void try_again(const std::string& file) { files_[file].taken = {}; }

 private:
  struct Seen {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type time;
    bool operator==(const Seen&) const = default;
  };
  struct State {
    Seen last;
    Seen taken;
  };
  explicit FolderWatch(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path folder_;
  std::map<std::string, State> files_;
};

}  // namespace glucoledger::apps
