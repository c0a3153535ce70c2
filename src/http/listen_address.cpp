#include "http/listen_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>

namespace glucoledger::http {
namespace {

constexpr const char* kExample = "for example 127.0.0.1:14265, or [::1]:14265";

struct HostAndPort {
  std::string host;
  std::string port;
};

Result<HostAndPort> split(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  HostAndPort parts;
  if (colon != std::string::npos) {
    parts = {text.substr(0, colon), text.substr(colon + 1)};
    if (parts.host.starts_with('[') && parts.host.ends_with(']')) parts.host = parts.host.substr(1, colon - 2);
  }
  const bool is_number = !parts.port.empty() && parts.port.size() <= 5 &&
                         parts.port.find_first_not_of("0123456789") == std::string::npos &&
                         std::stoul(parts.port) <= 65'535;
  if (parts.host.empty() || !is_number) {
    return fail(ErrorCode::kUsage, "the address to listen on is not HOST:PORT", kExample);
  }
  return parts;
}

bool is_loopback(const ::sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const ::sockaddr_in*>(address);
    return (ntohl(v4->sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
  }
  const auto* v6 = reinterpret_cast<const ::sockaddr_in6*>(address);
  return std::memcmp(&v6->sin6_addr, &in6addr_loopback, sizeof in6addr_loopback) == 0;
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(const std::string& text) {
  GL_TRY(parts, split(text));
  ::addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  ::addrinfo* list = nullptr;
  std::array<char, NI_MAXHOST> numeric{};
  const int error = ::getaddrinfo(parts.host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<::addrinfo, decltype(&::freeaddrinfo)> found(error == 0 ? list : nullptr, &::freeaddrinfo);
  if (!found || ::getnameinfo(found->ai_addr, found->ai_addrlen, numeric.data(), numeric.size(), nullptr, 0,
                              NI_NUMERICHOST) != 0) {
    return fail(ErrorCode::kUsage, "the address to listen on cannot be resolved", kExample);
  }
  ListenAddress address;
  address.host = numeric.data();
  address.port = static_cast<std::uint16_t>(std::stoul(parts.port));
  address.is_loopback = http::is_loopback(found->ai_addr);
  address.is_v6 = found->ai_family == AF_INET6;
  return address;
}

bool ListenAddress::means_all() const {
  return host == "0.0.0.0" || host == "::";
}

std::string ListenAddress::url(bool tls, std::uint16_t taken_port) const {
  std::string reachable = host;
  if (means_all()) reachable = is_v6 ? "::1" : "127.0.0.1";
  if (is_v6) reachable = "[" + reachable + "]";
  return std::string(tls ? "https://" : "http://") + reachable + ":" + std::to_string(taken_port);
}

}  // namespace glucoledger::http
