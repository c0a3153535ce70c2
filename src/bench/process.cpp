#include "bench/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "bench/measure.h"

namespace glucoledger::bench {

Result<Process> Process::start(const std::vector<std::string>& arguments, bool quiet) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return tl::unexpected(base::system_error("a pipe for the bench"));
  std::vector<std::string> words = {"glucoledger"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  if (quiet) ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t process = -1;
  errno = ::posix_spawn(&process, "/proc/self/exe", &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (process > 0) return Process(process, ends[0]);
  ::close(ends[0]);
  return tl::unexpected(base::system_error("a process for the bench"));
}

Process::Process(Process&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      output_(std::exchange(other.output_, -1)),
      text_(std::move(other.text_)) {}

Process::~Process() {
  if (process_ < 0) return;
  ::kill(process_, SIGTERM);
  ::close(output_);
  ::waitpid(process_, nullptr, 0);
}

std::optional<std::string> Process::line(int wait_ms, const base::CancelToken& cancel) {
  const auto end = Steady::now() + std::chrono::milliseconds(wait_ms);
  while (true) {
    if (const auto length = text_.find('\n'); length != std::string::npos) {
      std::string line = text_.substr(0, length);
      text_.erase(0, length + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Steady::now()).count();
    pollfd wait{output_, POLLIN, 0};
    if (cancel.cancelled() || left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) <= 0) return std::nullopt;
    std::array<char, 4096> piece;
    const auto size = ::read(output_, piece.data(), piece.size());
    if (size <= 0) return std::nullopt;
    text_.append(piece.data(), static_cast<std::size_t>(size));
  }
}

Result<std::string> node_url(Process& node, int wait_ms, const base::CancelToken& cancel) {
  const auto line = node.line(wait_ms, cancel);
  const auto told = line ? nlohmann::json::parse(*line, nullptr, false) : nlohmann::json();
  if (told.is_object() && told.contains("url") && told["url"].is_string()) return told["url"].get<std::string>();
  return fail(ErrorCode::kFailed, "the node did not start");
}

}  // namespace glucoledger::bench
