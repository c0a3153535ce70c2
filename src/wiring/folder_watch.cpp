#include "wiring/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "base/descriptor.h"

namespace glucoledger::wiring {

// What the system tells of finished files. Where it tells nothing, there are simply no notices.
class FolderWatch::Notices {
 public:
  explicit Notices(const std::filesystem::path& folder) : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (descriptor_.value() >= 0)
      ::inotify_add_watch(descriptor_.value(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO);
  }

  // Names of files that were finished since the last time.
  std::set<std::string> take() {
    std::set<std::string> names;
    alignas(inotify_event) std::array<char, 4096> events;
    while (descriptor_.value() >= 0) {
      const auto size = ::read(descriptor_.value(), events.data(), events.size());
      if (size <= 0) break;
      for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
        inotify_event event{};
        std::memcpy(&event, events.data() + at, sizeof(event));
        if (event.len > 0) names.emplace(events.data() + at + sizeof(event));
        at += sizeof(event) + event.len;
      }
    }
    return names;
  }

  void wait(std::int64_t wait_ms) const {
    pollfd events{descriptor_.value(), POLLIN, 0};  // a descriptor below 0 is left out
    ::poll(&events, 1, static_cast<int>(wait_ms));
  }

 private:
  base::Descriptor descriptor_;
};

Result<FolderWatch> FolderWatch::start(std::filesystem::path folder) {
  std::error_code ignored;
  if (std::filesystem::is_directory(folder, ignored)) {
    auto notices = std::make_shared<Notices>(folder);
    return FolderWatch(std::move(folder), std::move(notices));
  }
  return fail(ErrorCode::kNotFound, folder.string() + " is no folder",
              "name the folder that new device files come into");
}

std::vector<std::string> FolderWatch::changed_files() {
  const auto finished = notices_->take();
  std::vector<std::string> ready;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    std::error_code ignored;
    const auto name = entry.path().filename().string();
    if (!entry.is_regular_file(ignored) || name.starts_with(".")) continue;
    const Seen now{entry.file_size(ignored), entry.last_write_time(ignored)};
    auto& state = files_[entry.path().string()];
    // One that was written or moved here may have the size and the time of what it replaced.
    if (finished.contains(name) || (state.last == now && !(state.taken == now))) {
      state.taken = now;
      ready.push_back(entry.path().string());
    }
    state.last = now;
  }
  std::sort(ready.begin(), ready.end());
  return ready;
}

// A signal ends the system's wait.
bool FolderWatch::wait_ms(std::int64_t duration_ms, const base::CancelToken& cancel) {
  if (!cancel.cancelled()) notices_->wait(duration_ms);
  return cancel.cancelled();
}

}  // namespace glucoledger::wiring
