// Where a server is: a host, a port, and whether the way there is encrypted. A URL never holds a user, a password or a
// token.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace glucoledger::http {

struct Endpoint {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;
  bool is_tls = false;
  std::string authority() const;  // host:port, an IPv6 address in brackets
  std::string url() const { return (is_tls ? "https://" : "http://") + authority(); }
  bool is_loopback() const;  // certainly this machine
};

// "http[s]://host[:port][/]"; the port is 80 or 443 when absent. kUsage for another scheme, a path, a user or a
// password.
Result<Endpoint> parse_endpoint(std::string_view url);

// "URL[,URL...]", and the same text from endpoints: lower-case host, port always written. Who is named twice counts
// once.
Result<std::vector<Endpoint>> parse_endpoints(std::string_view urls);
std::string join_urls(const std::vector<Endpoint>& endpoints);

}  // namespace glucoledger::http
