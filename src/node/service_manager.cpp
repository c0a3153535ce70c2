#include "node/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace glucoledger::node {

void notify_service_manager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  ::sockaddr_un address{};
  if (path == nullptr || (*path != '/' && *path != '@')) return;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  if (*path == '@') address.sun_path[0] = '\0';  // an abstract name
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const ::sockaddr*>(&address),
           static_cast<::socklen_t>(offsetof(::sockaddr_un, sun_path) + length));
  ::close(descriptor);
}

std::optional<std::int64_t> watchdog_interval_ms() {
  const char* interval_us = std::getenv("WATCHDOG_USEC");
  const char* process = std::getenv("WATCHDOG_PID");
  if (interval_us == nullptr || (process != nullptr && std::to_string(::getpid()) != process)) return std::nullopt;
  const std::int64_t interval_ms = std::strtoll(interval_us, nullptr, 10) / 1000 / 2;
  if (interval_ms <= 0) return std::nullopt;
  return interval_ms;
}

}  // namespace glucoledger::node
