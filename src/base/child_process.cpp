#include "base/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <optional>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/process.h"

namespace glucoledger::base {
namespace {

constexpr int kStepMs = 20;
// What comes through the pipe: one of these, then the result, or the error's code, message and next step, each ended by
// 0.
constexpr std::uint8_t kDone = 1;
constexpr std::uint8_t kFailed = 2;

void write_failure(int descriptor, const Error& error) {
  Bytes bytes{kFailed, static_cast<std::uint8_t>(error.code)};
  for (const auto& text : {error.message, error.next_step}) {
    const auto part = as_bytes(text);
    bytes.insert(bytes.end(), part.begin(), part.end());
    bytes.push_back(0);
  }
  write_all(descriptor, bytes);
}

void limit(int resource, ::rlim_t size) {
  ::rlimit bound{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &bound) != 0) return;
  bound.rlim_cur = std::min(bound.rlim_max, size);
  ::setrlimit(static_cast<__rlimit_resource_t>(resource), &bound);
}

[[noreturn]] void work_as_child(int descriptor, const std::function<Result<SecretBytes>()>& work,
                                const ChildBounds& bounds) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, static_cast<::rlim_t>(bounds.time_ms / 1000 + 1));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (const auto size = address_space_size(); size > 0) limit(RLIMIT_AS, size + bounds.memory_size);
#endif
  try {
    const auto result = work();
    if (result) {
      write_all(descriptor, Bytes{kDone});
      write_all(descriptor, result->view());
    } else {
      write_failure(descriptor, result.error());
    }
  } catch (const std::exception&) {  // no memory: as if nothing had come
  }
  ::_exit(0);
}

// The child's process, which does not outlive this.
class Child {
 public:
  explicit Child(::pid_t id) : id_(id) {}
  ~Child() {
    ::kill(id_, SIGKILL);
    while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

 private:
  ::pid_t id_;
};

// All that comes until the other side ends; nothing where it is too much or does not come in time.
Result<std::optional<SecretBytes>> read_all(int descriptor, const ChildBounds& bounds, const CancelToken& cancel) {
  using Steady = std::chrono::steady_clock;
  const auto until = Steady::now() + std::chrono::milliseconds(bounds.time_ms);
  SecretBytes all(bounds.result_size_max + 1);
  std::size_t size = 0;
  while (Steady::now() < until) {
    GL_CHECK(cancel.check());
    ::pollfd pipe{descriptor, POLLIN, 0};
    if (::poll(&pipe, 1, kStepMs) <= 0) continue;
    const ssize_t count = ::read(descriptor, all.data() + size, all.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || size == all.size()) return std::nullopt;
    if (count == 0) return SecretBytes::copy_of(all.view().first(size));
    size += static_cast<std::size_t>(count);
  }
  return std::nullopt;
}

Error failure_from(ByteView bytes) {
  Error error{static_cast<ErrorCode>(bytes[0]), "", ""};
  const std::string_view texts = as_text(bytes.subspan(1));
  const auto end = texts.find('\0');
  error.message = texts.substr(0, end);
  if (end != texts.npos) error.next_step = texts.substr(end + 1, texts.find('\0', end + 1) - end - 1);
  return error;
}

}  // namespace

Result<SecretBytes> run_in_child(const std::function<Result<SecretBytes>()>& work, const ChildBounds& bounds,
                                 const Error& refusal, const CancelToken& cancel) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return tl::unexpected(system_error("cannot begin a process"));
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const ::pid_t id = ::fork();
  if (id < 0) return tl::unexpected(system_error("cannot begin a process"));
  if (id == 0) work_as_child(writing.value(), work, bounds);
  const Child child(id);
  writing = Descriptor();
  GL_TRY(all, read_all(reading.value(), bounds, cancel));
  if (!all || all->empty()) return tl::unexpected(refusal);
  const ByteView bytes = all->view();
  if (bytes.front() == kDone) return SecretBytes::copy_of(bytes.subspan(1));
  if (bytes.front() == kFailed && bytes.size() > 1) return tl::unexpected(failure_from(bytes.subspan(1)));
  return tl::unexpected(refusal);
}

}  // namespace glucoledger::base
