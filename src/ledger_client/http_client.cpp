#include "ledger_client/http_client.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <functional>

#include "base/interrupt.h"

namespace glucoledger::ledger_client {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;

constexpr std::size_t kIdleConnectionsMax = 8;
constexpr std::size_t kEndpointsMax = 16;
constexpr std::uint32_t kReplyHeaderSizeMax = 16 << 10;
constexpr auto kInterruptStep = std::chrono::milliseconds(50);

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
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) {
    return fail(ErrorCode::kUsage, "a node's URL must start with http://",
                "write it as http://host:port; for a node elsewhere use a tunnel (ssh -L), as this is not encrypted");
  }
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  if (url.find('@') != std::string_view::npos) {
    return fail(ErrorCode::kUsage, "a node's URL must hold no user or password", "write it as http://host:port");
  }
  Endpoint endpoint;
  endpoint.port = 80;
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
  if (!host_valid || endpoint.host.empty() || endpoint.host.size() > 253) {
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
    endpoints.push_back(std::move(endpoint));
    if (endpoints.size() > kEndpointsMax) {
      return fail(ErrorCode::kUsage, "more than " + std::to_string(kEndpointsMax) + " nodes are named");
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

// One TCP connection with a loop of its own: each step runs until it is done, out of time, or interrupted.
class HttpClient::Connection {
 public:
  explicit Connection(const Endpoint& endpoint) : endpoint_(endpoint), resolver_(context_), socket_(context_) {}

  Result<void> connect(std::int64_t timeout_ms) {
    boost::system::error_code result = asio::error::would_block;
    resolver_.async_resolve(
        endpoint_.host, std::to_string(endpoint_.port),
        [&](boost::system::error_code error, const Tcp::resolver::results_type& found) {
          if (error) {
            result = error;
            return;
          }
          asio::async_connect(socket_, found, [&](boost::system::error_code e, const Tcp::endpoint&) { result = e; });
        });
    GL_CHECK(run_until_done(timeout_ms));
    if (result) return unreachable("does not answer (" + result.message() + ")");
    boost::system::error_code ignored;
    socket_.set_option(Tcp::no_delay(true), ignored);
    return {};
  }

  // `nothing_came`: the peer closed before a byte of an answer, as it may with a kept connection.
  Result<HttpReply> exchange(const std::string& body, std::size_t size_max, std::int64_t timeout_ms,
                             bool& nothing_came) {
    http::request<http::string_body> request(http::verb::post, "/", 11);
    request.set(http::field::host, endpoint_.authority());
    request.set(http::field::user_agent, "glucoledger/" GLUCOLEDGER_VERSION);
    request.set(http::field::content_type, "application/json");
    request.set("X-IOTA-API-Version", "1");
    request.keep_alive(true);
    request.body() = body;
    request.prepare_payload();

    http::response_parser<http::string_body> parser;
    parser.body_limit(size_max);
    parser.header_limit(kReplyHeaderSizeMax);
    boost::system::error_code result = asio::error::would_block;
    http::async_write(socket_, request, [&](boost::system::error_code write_error, std::size_t) {
      if (write_error) {
        result = write_error;
        return;
      }
      http::async_read(socket_, buffer_, parser, [&](boost::system::error_code error, std::size_t) { result = error; });
    });
    nothing_came = false;
    GL_CHECK(run_until_done(timeout_ms));
    if (result) {
      nothing_came = !parser.got_some() && buffer_.size() == 0;
      if (result == http::error::body_limit) return unreachable("gave an answer larger than is allowed");
      return unreachable("broke off (" + result.message() + ")");
    }
    reusable_ = parser.get().keep_alive() && buffer_.size() == 0;
    return HttpReply{parser.get().result_int(), std::move(parser.get().body())};
  }

  bool reusable() const { return reusable_; }

 private:
  tl::unexpected<Error> unreachable(const std::string& what) const {
    return fail(ErrorCode::kUnreachable, "the node at " + endpoint_.authority() + " " + what,
                "check that it runs and that the address is right, then repeat");
  }

  Result<void> run_until_done(std::int64_t timeout_ms) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    context_.restart();
    while (!context_.stopped()) {
      const bool late = std::chrono::steady_clock::now() >= deadline;
      if (!late && !base::interrupted()) {
        context_.run_for(kInterruptStep);
        continue;
      }
      resolver_.cancel();
      boost::system::error_code ignored;
      socket_.close(ignored);
      context_.run();  // the handlers refer to locals of the caller: they must have run
      if (late) return unreachable("did not answer within " + std::to_string(timeout_ms / 1000) + " s");
      return fail(ErrorCode::kInterrupted, "interrupted while waiting for the node");
    }
    return {};
  }

  Endpoint endpoint_;
  asio::io_context context_{1};
  Tcp::resolver resolver_;
  Tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  bool reusable_ = false;
};

HttpClient::HttpClient(Endpoint endpoint, HttpTimeouts timeouts)
    : endpoint_(std::move(endpoint)), timeouts_(timeouts) {}
HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Connection> HttpClient::take_idle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void HttpClient::keep(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleConnectionsMax) idle_.push_back(std::move(connection));
}

Result<HttpReply> HttpClient::post_json(const std::string& body, std::size_t response_size_max) {
  auto connection = take_idle();
  const bool kept = connection != nullptr;
  bool nothing_came = false;
  Result<HttpReply> reply;
  if (kept) reply = connection->exchange(body, response_size_max, timeouts_.request_ms, nothing_came);
  if (!kept || (!reply && nothing_came)) {
    connection = std::make_unique<Connection>(endpoint_);
    GL_CHECK(connection->connect(timeouts_.connect_ms));
    reply = connection->exchange(body, response_size_max, timeouts_.request_ms, nothing_came);
  }
  if (reply && connection->reusable()) keep(std::move(connection));
  return reply;
}

}  // namespace glucoledger::ledger_client
