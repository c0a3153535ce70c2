#include "node/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <thread>

namespace glucoledger::node {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using ErrorNumber = boost::system::error_code;

constexpr std::size_t kWorkers = 3;
constexpr std::uint32_t kHeaderSizeMax = 8 << 10;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr auto kStopWait = std::chrono::milliseconds(500);
constexpr auto kLingerTime = std::chrono::seconds(2);
constexpr std::size_t kLingerSizeMax = std::size_t{64} << 20;

// What all connections of a server share.
struct Shared {
  Shared(IriApi& iri_api, const ServerOptions& server_options) : api(iri_api), options(server_options) {}
  IriApi& api;
  ServerOptions options;
  std::atomic<std::size_t> connections = 0;
  std::atomic<std::size_t> requests = 0;  // being answered
  std::atomic<std::size_t> proofs_of_work = 0;
  asio::io_context context{1};
  asio::thread_pool workers{kWorkers};
  asio::thread_pool proof_of_work{1};
};

// One connection: reads a request, has it answered, writes the answer, and again. Lives as long as an operation of it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++shared_.connections;
    ErrorNumber ignored;
    stream_.socket().set_option(Tcp::no_delay(true), ignored);
  }
  ~Session() { --shared_.connections; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void read_header() {
    parser_.emplace();
    parser_->header_limit(kHeaderSizeMax);
    parser_->body_limit(shared_.api.limits().body_size_max);
    stream_.expires_after(std::chrono::milliseconds(shared_.options.idle_ms));
    http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
      if (error) return self->refuse_unreadable(error);
      self->on_header();
    });
  }

 private:
  using Reply = http::response<http::string_body>;

  void refuse_unreadable(ErrorNumber error) {
    if (error == http::error::body_limit) return refuse(413, "Request Entity Too Large");
    if (error == http::error::header_limit) return refuse(431, "Request Header Fields Too Large");
    const bool is_bad_http = error.category() == http::make_error_code(http::error::bad_method).category() &&
                             error != http::error::end_of_stream && error != http::error::partial_message;
    if (is_bad_http) return refuse(400, "Bad Request: this is not HTTP");
  }

  // Answers without having read the body: the connection cannot go on.
  void refuse(unsigned status, std::string_view reason) {
    close_after_reply_ = true;
    write(error_reply(status, reason));
  }

  void on_header() {
    const auto& request = parser_->get();
    if (request.method() == http::verb::options) return write({204, ""});
    if (request.method() != http::verb::post) return refuse(405, "Method Not Allowed: send commands by POST");
    if (request.target() != "/") return refuse(403, "Forbidden: commands are posted to /");
    stream_.expires_after(std::chrono::milliseconds(shared_.options.body_ms));
    if (!beast::iequals(request[http::field::expect], "100-continue")) return read_body();
    continue_.emplace(http::status::continue_, 11);
    http::async_write(stream_, *continue_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
      if (!error) self->read_body();
    });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
      if (error) return self->refuse_unreadable(error);
      self->stream_.expires_never();
      ++self->shared_.requests;
      asio::post(self->shared_.workers, [self] { self->answer(); });
    });
  }

  // On a worker's thread; proof of work goes on to its own.
  void answer() {
    auto request = IriRequest::parse(parser_->get().body());
    parser_->get().body() = {};
    if (!request) return reply(error_reply(400, request.error().message));
    if (!(work_of(request->command()) == IriWork::kProofOfWork)) return reply(guarded(*request));
    if (shared_.proofs_of_work.fetch_add(1) >= shared_.options.proofs_of_work_waiting_max) {
      --shared_.proofs_of_work;
      return reply(error_reply(503, "too many proofs of work are waiting: repeat later, or do it yourself"));
    }
    asio::post(shared_.proof_of_work,
               [self = shared_from_this(), kept = std::make_shared<IriRequest>(std::move(*request))] {
                 IriReply answered = self->guarded(*kept);
                 --self->shared_.proofs_of_work;
                 self->reply(std::move(answered));
               });
  }

  IriReply guarded(const IriRequest& request) {
    try {
      return shared_.api.handle(request);
    } catch (const std::exception&) {
      return error_reply(500, "out of memory, or an internal error");
    }
  }

  void reply(IriReply answered) {
    asio::post(shared_.context, [self = shared_from_this(), kept = std::move(answered)]() mutable {
      self->write(std::move(kept));
      --self->shared_.requests;
    });
  }

  void write(IriReply answered) {
    const auto& request = parser_->get();
    reply_ = Reply(http::status::ok, 11);
    reply_.result(answered.status);
    reply_.set(http::field::server, "glucoledger/" GLUCOLEDGER_VERSION);
    reply_.set(http::field::access_control_allow_origin, "*");
    if (answered.status == 204) {
      reply_.set(http::field::access_control_allow_headers, "Content-Type, X-IOTA-API-Version");
      reply_.set(http::field::access_control_allow_methods, "POST, OPTIONS");
      reply_.set(http::field::allow, "OPTIONS, POST");
    } else {
      reply_.set(http::field::content_type, "application/json; charset=UTF-8");
    }
    if (answered.status == 405) reply_.set(http::field::allow, "OPTIONS, POST");
    if (request.method() != http::verb::head) reply_.body() = std::move(answered.body);
    // An OPTIONS request may announce a body that was not read.
    const bool whole = parser_->is_done();
    reply_.keep_alive(whole && !close_after_reply_ && request.keep_alive());
    if (answered.status != 204) reply_.prepare_payload();
    stream_.expires_after(std::chrono::milliseconds(shared_.options.body_ms));
    http::async_write(stream_, reply_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
      if (error) return;
      const bool goes_on = self->reply_.keep_alive();
      self->reply_ = {};
      return goes_on ? self->read_header() : self->linger();
    });
  }

  // Takes what the client still sends, for a while: closing at once would destroy the answer on its way.
  void linger() {
    ErrorNumber error;
    stream_.socket().shutdown(Tcp::socket::shutdown_send, error);
    if (error) return;
    stream_.expires_after(kLingerTime);
    discard();
  }
  void discard() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(16 << 10),
                            [self = shared_from_this()](ErrorNumber error, std::size_t size) {
                              self->discarded_ += size;
                              if (!error && self->discarded_ < kLingerSizeMax) self->discard();
                            });
  }

  beast::tcp_stream stream_;
  Shared& shared_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::empty_body>> continue_;
  Reply reply_;
  bool close_after_reply_ = false;
  std::size_t discarded_ = 0;
};

struct HostAndPort {
  std::string host;
  std::string port;
};

Result<HostAndPort> split_listen(const std::string& text) {
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
    return fail(ErrorCode::kUsage, "the address to listen on is not HOST:PORT", "for example 127.0.0.1:14265");
  }
  return parts;
}

Result<Tcp::endpoint> resolve_loopback(const std::string& listen) {
  GL_TRY(parts, split_listen(listen));
  ErrorNumber error;
  asio::io_context context;
  Tcp::resolver resolver(context);
  const auto found = resolver.resolve(parts.host, parts.port, Tcp::resolver::passive, error);
  if (error || found.empty()) {
    return fail(ErrorCode::kUsage, "the address to listen on cannot be resolved", "for example 127.0.0.1:14265");
  }
  const Tcp::endpoint endpoint = found.begin()->endpoint();
  if (endpoint.address().is_loopback()) return endpoint;
  return fail(ErrorCode::kUsage, "this node has no authentication yet, and listens on loopback only",
              "use --listen 127.0.0.1:14265; let others in by a tunnel (ssh -L) or a proxy that authenticates them");
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(IriApi& api, const ServerOptions& options)
      : shared_(api, options), acceptor_(shared_.context), pause_(shared_.context) {}
  ~Implementation() { stop(); }

  Result<void> listen() {
    GL_TRY(endpoint, resolve_loopback(shared_.options.listen));
    ErrorNumber error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(ErrorCode::kFailed, "cannot listen on " + shared_.options.listen + ": " + error.message(),
                  "end what uses the port, or choose another (--listen HOST:PORT; port 0 takes a free one)");
    }
    const bool is_v6 = endpoint.address().is_v6();
    const std::string host = endpoint.address().to_string();
    url_ = "http://" + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(acceptor_.local_endpoint().port());
    accept();
    thread_ = std::thread([this] { shared_.context.run(); });
    return {};
  }

  const std::string& url() const { return url_; }

  void stop() {
    if (!thread_.joinable()) return;
    shared_.api.stop();
    asio::post(shared_.context, [this] {
      ErrorNumber ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    const auto deadline = std::chrono::steady_clock::now() + kStopWait;
    while (shared_.requests > 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    shared_.context.stop();
    thread_.join();
    shared_.workers.join();
    shared_.proof_of_work.join();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](ErrorNumber error, Tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) {  // out of descriptors: others will end
        pause_.expires_after(kAcceptPause);
        pause_.async_wait([this](ErrorNumber cancelled) {
          if (!cancelled && acceptor_.is_open()) accept();
        });
        return;
      }
      if (shared_.connections < shared_.options.connections_max) {
        std::make_shared<Session>(std::move(socket), shared_)->read_header();
      }
      accept();
    });
  }

  Shared shared_;
  Tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::thread thread_;
  std::string url_;
};

Server::Server(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Server::~Server() = default;

Result<void> Server::check_listen(const std::string& listen) {
  GL_CHECK(resolve_loopback(listen));
  return {};
}

Result<std::unique_ptr<Server>> Server::start(IriApi& api, const ServerOptions& options) {
  auto implementation = std::make_unique<Implementation>(api, options);
  GL_CHECK(implementation->listen());
  return std::unique_ptr<Server>(new Server(std::move(implementation)));
}

std::string Server::url() const {
  return implementation_->url();
}
void Server::stop() {
  implementation_->stop();
}

}  // namespace glucoledger::node
