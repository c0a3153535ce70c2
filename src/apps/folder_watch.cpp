#include "apps/folder_watch.h"

#include <algorithm>

namespace glucoledger::apps {

Result<FolderWatch> FolderWatch::start(std::filesystem::path folder) {
  std::error_code ignored;
  if (std::filesystem::is_directory(folder, ignored)) return FolderWatch(std::move(folder));
  return fail(ErrorCode::kNotFound, folder.string() + " is no folder",
              "name the folder that new device files come into");
}

std::vector<std::string> FolderWatch::changed_files() {
  std::vector<std::string> ready;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    std::error_code ignored;
    if (!entry.is_regular_file(ignored) || entry.path().filename().string().starts_with(".")) continue;
    const Seen now{entry.file_size(ignored), entry.last_write_time(ignored)};
    auto& state = files_[entry.path().string()];
    if (state.last == now && !(state.taken == now)) {
      state.taken = now;
      ready.push_back(entry.path().string());
    }
    state.last = now;
  }
  std::sort(ready.begin(), ready.end());
  return ready;
}

}  // namespace glucoledger::apps
