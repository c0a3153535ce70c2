#include "http/endpoint.h"

#include <algorithm>
#include <charconv>

#include "base/limits.h"

namespace glucoledger::http {
namespace {

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65'535) {
    return fail(ErrorCode::kUsage, "a node's URL has no valid port", "write it as http://host:port");
  }
  return static_cast<std::uint16_t>(port);
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}
bool is_ipv6_character(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

}  // namespace

std::string Endpoint::authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Endpoint> parse_endpoint(std::string_view url) {
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kTls = "https://";
  Endpoint endpoint;
  endpoint.is_tls = url.starts_with(kTls);
  if (!endpoint.is_tls && !url.starts_with(kPlain)) {
    return fail(ErrorCode::kUsage, "a node's URL must start with http:// or https://",
                "write it as https://host:port, or as http://host:port for a node of this machine; several with commas "
                "and without spaces");
  }
  url.remove_prefix(endpoint.is_tls ? kTls.size() : kPlain.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  if (url.find('@') != std::string_view::npos) {
    return fail(ErrorCode::kUsage, "a node's URL must hold no user or password",
                "write it as https://host:port; a token goes into a file (--ledger-token-file)");
  }
  endpoint.port = endpoint.is_tls ? 443 : 80;
  std::size_t host_end = 0;
  bool host_valid = false;
  if (url.starts_with('[')) {
    host_end = std::min(url.find(']'), url.size());
    endpoint.host = url.substr(1, host_end == 0 ? 0 : host_end - 1);
    host_valid = host_end < url.size() && std::all_of(endpoint.host.begin(), endpoint.host.end(), is_ipv6_character);
    host_end += host_valid ? 1 : 0;
  } else {
    host_end = std::min(url.find(':'), url.size());
    endpoint.host = url.substr(0, host_end);
    host_valid = std::all_of(endpoint.host.begin(), endpoint.host.end(), is_host_character);
  }
  if (!host_valid || endpoint.host.empty() || endpoint.host.size() > base::limits::kHostLengthMax) {
    return fail(ErrorCode::kUsage, "a node's URL has no valid host, or a path behind it",
                "write it as http://host:port");
  }
  std::transform(endpoint.host.begin(), endpoint.host.end(), endpoint.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (host_end < url.size()) {
    if (url[host_end] != ':') {
      return fail(ErrorCode::kUsage, "a node's URL must not go on after the port", "write it as http://host:port");
    }
    GL_ASSIGN(endpoint.port, parse_port(url.substr(host_end + 1)));
  }
  return endpoint;
}

Result<std::vector<Endpoint>> parse_endpoints(std::string_view urls) {
  std::vector<Endpoint> endpoints;
  while (true) {
    const std::size_t comma = std::min(urls.find(','), urls.size());
    GL_TRY(endpoint, parse_endpoint(urls.substr(0, comma)));
    const bool known = std::any_of(endpoints.begin(), endpoints.end(),
                                   [&](const Endpoint& one) { return one.url() == endpoint.url(); });
    if (!known) endpoints.push_back(std::move(endpoint));
    if (endpoints.size() > base::limits::kEndpointsMax) {
      return fail(ErrorCode::kUsage, "more than " + std::to_string(base::limits::kEndpointsMax) + " nodes are named");
    }
    if (comma == urls.size()) return endpoints;
    urls.remove_prefix(comma + 1);
  }
}

std::string join_urls(const std::vector<Endpoint>& endpoints) {
  std::string urls;
  for (const Endpoint& endpoint : endpoints) {
    if (!urls.empty()) urls += ',';
    urls += endpoint.url();
  }
  return urls;
}

bool Endpoint::is_loopback() const {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

}  // namespace glucoledger::http
