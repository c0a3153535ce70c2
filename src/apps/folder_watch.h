// New and changed files of a folder, once they have stopped growing.
//
// A file counts as soon as its writer closed it or it was moved here, where the system tells that (inotify); elsewhere,
// such as on network file systems, once its size and time stayed the same from one look to the next. Hidden files do
// not count.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace glucoledger::apps {

class FolderWatch {
 public:
  static constexpr std::int64_t kIntervalMs = 300;  // between two looks, at most

  // kNotFound: not a folder.
  static Result<FolderWatch> start(std::filesystem::path folder);
  // Each file once for each of its states, by name.
  std::vector<std::string> changed_files();
  // What could not be taken for a passing reason is given again.
  void try_again(const std::string& file) { files_[file].taken = {}; }
  // Until something happens in the folder, for an interval at most. True when interrupted.
  bool wait();

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
  class Notices;
  FolderWatch(std::filesystem::path folder, std::shared_ptr<Notices> notices)
      : folder_(std::move(folder)), notices_(std::move(notices)) {}

  std::filesystem::path folder_;
  std::shared_ptr<Notices> notices_;
  std::map<std::string, State> files_;
};

}  // namespace glucoledger::apps
