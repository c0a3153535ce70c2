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
#include "usecases/inbox.h"

namespace glucoledger::wiring {

class FolderWatch final : public usecases::Inbox {
 public:
  // kNotFound: not a folder.
  static Result<FolderWatch> start(std::filesystem::path folder);
  std::vector<std::string> changed_files() override;
  void try_again(const std::string& file) override { files_[file].taken = {}; }
  bool wait_ms(std::int64_t duration_ms, const base::CancelToken& cancel) override;

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

}  // namespace glucoledger::wiring
