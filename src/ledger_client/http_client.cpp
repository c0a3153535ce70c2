#include "ledger_client/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

#include "base/interrupt.h"

namespace glucoledger::ledger_client {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;

constexpr std::size_t kIdleConnectionsMax = 8;
// Whether one that was idle for longer still leads to its node is found out sooner by a new one.
constexpr auto kIdleMax = std::chrono::seconds(30);
constexpr std::uint32_t kReplyHeaderSizeMax = 16 << 10;
constexpr auto kInterruptStep = std::chrono::milliseconds(50);

}  // namespace

struct HttpClient::Tls {
  asio::ssl::context context{asio::ssl::context::tls_client};
};

// One connection with a loop of its own: each step runs until it is done, out of time, or interrupted.
class HttpClient::Connection {
 public:
  // `tls`: nothing where the way is plain.
  Connection(const Endpoint& endpoint, std::shared_ptr<Tls> tls)
      : endpoint_(endpoint), resolver_(context_), socket_(context_), tls_(std::move(tls)) {
    if (tls_) tls_stream_ = std::make_unique<asio::ssl::stream<Tcp::socket&>>(socket_, tls_->context);
  }

  Result<void> connect(const HttpOptions& options) {
    const std::int64_t timeout_ms = options.connect_ms;
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
    return tls_stream_ ? shake_hands(options) : Result<void>();
  }

  // `nothing_came`: the peer closed before a byte of an answer, as it may with a kept connection.
  Result<HttpReply> exchange(const std::string& body, const HttpOptions& options, std::size_t size_max,
                             bool& nothing_came) {
    http::request<http::string_body> request(http::verb::post, "/", 11);
    request.set(http::field::host, endpoint_.authority());
    request.set(http::field::user_agent, "glucoledger/" GLUCOLEDGER_VERSION);
    request.set(http::field::content_type, "application/json");
    request.set("X-IOTA-API-Version", "1");
    if (options.token) request.set(http::field::authorization, "Bearer " + std::string(options.token->text()));
    request.keep_alive(true);
    request.body() = body;
    request.prepare_payload();

    http::response_parser<http::string_body> parser;
    parser.body_limit(size_max);
    parser.header_limit(kReplyHeaderSizeMax);
    boost::system::error_code result = asio::error::would_block;
    const auto converse = [&](auto& stream) {
      http::async_write(stream, request, [&](boost::system::error_code write_error, std::size_t) {
        if (write_error) {
          result = write_error;
          return;
        }
        http::async_read(stream, buffer_, parser,
                         [&](boost::system::error_code error, std::size_t) { result = error; });
      });
    };
    if (tls_stream_) {
      converse(*tls_stream_);
    } else {
      converse(socket_);
    }
    nothing_came = false;
    GL_CHECK(run_until_done(options.request_ms));
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
  // The certificate must name the host, or its address.
  Result<void> shake_hands(const HttpOptions& options) {
    boost::system::error_code result;
    tls_stream_->set_verify_mode(asio::ssl::verify_peer, result);
    tls_stream_->set_verify_callback(asio::ssl::host_name_verification(endpoint_.host), result);
    asio::ip::make_address(endpoint_.host, result);
    if (result) SSL_set_tlsext_host_name(tls_stream_->native_handle(), endpoint_.host.c_str());
    result = asio::error::would_block;
    tls_stream_->async_handshake(asio::ssl::stream_base::client,
                                 [&](boost::system::error_code error) { result = error; });
    GL_CHECK(run_until_done(options.connect_ms));
    if (!result) return {};
    return handshake_failed(result, options);
  }

  tl::unexpected<Error> handshake_failed(const boost::system::error_code& error, const HttpOptions& options) const {
    const long verified = SSL_get_verify_result(tls_stream_->native_handle());
    if (verified == X509_V_OK) {
      auto failed = unreachable("does not speak TLS with this program (" + error.message() + ")");
      const bool is_plain = ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_WRONG_VERSION_NUMBER;
      if (is_plain) failed.value().next_step = "if it speaks plain HTTP, begin its URL with http://";
      return failed;
    }
    // Where only the host does not fit, Asio says no and OpenSSL has no reason of its own.
    const bool names_other = verified == X509_V_ERR_UNSPECIFIED;
    auto failed =
        unreachable(std::string("could not be trusted: ") +
                    (names_other ? "its certificate is for another host" : X509_verify_cert_error_string(verified)));
    failed.value().next_step = options.trust_hint;
    if (names_other) failed.value().next_step = "name the host as its certificate does, or have one made for this name";
    if (verified == X509_V_ERR_CERT_HAS_EXPIRED) {
      failed.value().next_step = "its operator renews the certificate; or set this machine's clock";
    }
    return failed;
  }

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
  std::shared_ptr<Tls> tls_;
  std::unique_ptr<asio::ssl::stream<Tcp::socket&>> tls_stream_;  // over the socket
  boost::beast::flat_buffer buffer_;
  bool reusable_ = false;
};

struct HttpClient::Idle {
  std::unique_ptr<Connection> connection;
  std::chrono::steady_clock::time_point since;
};

namespace {

Result<void> trust(asio::ssl::context& context, const std::string& ca_file) {
  boost::system::error_code error;
  if (ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(ca_file, error);
  }
  if (!error) return {};
  return fail(ErrorCode::kInputRefused, "the certificates to trust cannot be read: " + error.message(),
              "name a file of PEM certificates with --ledger-ca");
}

}  // namespace

Result<void> check_certificates(const std::string& ca_file) {
  asio::ssl::context context{asio::ssl::context::tls_client};
  return trust(context, ca_file);
}

HttpClient::HttpClient(Endpoint endpoint, HttpOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)) {}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpClient::Connection>> HttpClient::connect() {
  if (options_.token && !endpoint_.is_tls && !endpoint_.is_loopback()) {
    return fail(ErrorCode::kUsage, "a token does not go over an unencrypted connection", "use an https:// URL");
  }
  std::shared_ptr<Tls> tls;
  if (endpoint_.is_tls) {
    const std::lock_guard lock(mutex_);
    if (!tls_) {
      auto fresh = std::make_shared<Tls>();
      boost::system::error_code ignored;
      fresh->context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, ignored);
      GL_CHECK(trust(fresh->context, options_.ca_file));
      tls_ = std::move(fresh);
    }
    tls = tls_;
  }
  auto connection = std::make_unique<Connection>(endpoint_, std::move(tls));
  const auto connected = connection->connect(options_);
  if (connected) return connection;
  const std::lock_guard lock(mutex_);
  tls_.reset();  // the file of trusted certificates may be another one by then
  return tl::unexpected(connected.error());
}

std::unique_ptr<HttpClient::Connection> HttpClient::take_idle() {
  const std::lock_guard lock(mutex_);
  const auto oldest = std::chrono::steady_clock::now() - kIdleMax;
  std::erase_if(idle_, [&](const Idle& idle) { return idle.since < oldest; });
  if (idle_.empty()) return nullptr;
  auto connection = std::move(idle_.back().connection);
  idle_.pop_back();
  return connection;
}

void HttpClient::keep(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleConnectionsMax) idle_.push_back({std::move(connection), std::chrono::steady_clock::now()});
}

Result<HttpReply> HttpClient::post_json(const std::string& body, std::size_t response_size_max) {
  auto connection = take_idle();
  const bool kept = connection != nullptr;
  bool nothing_came = false;
  Result<HttpReply> reply;
  if (kept) reply = connection->exchange(body, options_, response_size_max, nothing_came);
  if (!kept || (!reply && nothing_came)) {
    GL_ASSIGN(connection, connect());
    reply = connection->exchange(body, options_, response_size_max, nothing_came);
  }
  if (reply && connection->reusable()) keep(std::move(connection));
  return reply;
}

}  // namespace glucoledger::ledger_client
