// POST of JSON over plain HTTP/1.1, bounded in time and size; connections are kept and used again.
//
// Thread-safe: each call takes an idle connection or opens one. A kept connection that turns out closed is opened anew
// once; nothing else is repeated here. kUnreachable: no connection, no answer in time, not HTTP. kInterrupted: the
// person asked to stop. Boost.Beast stays in http_client.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace glucoledger::ledger_client {

struct Endpoint {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string authority() const;  // host:port, an IPv6 address in brackets
  std::string url() const { return "http://" + authority(); }
};

// "http://host[:port][/]"; the port is 80 when absent. kUsage for another scheme, a path, a user or a password.
Result<Endpoint> parse_endpoint(std::string_view url);

// "URL[,URL...]", and the same text from endpoints: lower-case host, port always written.
Result<std::vector<Endpoint>> parse_endpoints(std::string_view urls);
std::string join_urls(const std::vector<Endpoint>& endpoints);

struct HttpReply {
  unsigned status = 0;
  std::string body;
};

struct HttpTimeouts {
  std::int64_t connect_ms = 5'000;
  std::int64_t request_ms = 30'000;
};

class HttpClient {
 public:
  explicit HttpClient(Endpoint endpoint, HttpTimeouts timeouts = {});
  ~HttpClient();
  const Endpoint& endpoint() const { return endpoint_; }
  // Answers larger than `response_size_max` are kUnreachable.
  Result<HttpReply> post_json(const std::string& body, std::size_t response_size_max);

 private:
  class Connection;
  std::unique_ptr<Connection> take_idle();
  void keep(std::unique_ptr<Connection> connection);

  Endpoint endpoint_;
  HttpTimeouts timeouts_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace glucoledger::ledger_client
