#include "http/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <thread>
#include <vector>

#include "base/advice.h"
#include "base/process.h"
#include "http/descriptors.h"
#include "http/server_connection.h"

namespace glucoledger::http {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using ErrorNumber = boost::system::error_code;
using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kThreads = 2;  // move bytes and call handlers
constexpr auto kAcceptPause = Milliseconds(100);
constexpr auto kStopStep = Milliseconds(5);

// What a client can make the server hold for a connection that it does not answer yet, beside bodies: buffers, a
// header, and of TLS a handshake that is not through. Measured: 23 and 92 KiB.
constexpr std::size_t kPlainConnectionSize = std::size_t{24} << 10;
constexpr std::size_t kTlsConnectionSize = std::size_t{112} << 10;
constexpr std::size_t kConnectionsMin = 16;

// Half of the memory is the server's, of which bodies and answers take a quarter at most; the other half is left to
// what it serves.
std::size_t connections_that_fit(const ServerOptions& options, std::uint64_t memory_size, std::size_t memory_max) {
  const std::uint64_t rest = memory_size / 2 - memory_max;
  const std::size_t fit =
      std::max<std::size_t>(kConnectionsMin, rest / (options.tls ? kTlsConnectionSize : kPlainConnectionSize));
  return std::min(options.connections_max, fit);
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(const Router& router, Metrics& metrics, const Log& log, const ServerOptions& options)
      : shared_(router, metrics, log, options),
        works_until_stopped_(shared_.context.get_executor()),
        strand_(asio::make_strand(shared_.context)),
        acceptor_(strand_),
        pause_(strand_) {}
  ~Implementation() { stop(); }

  Result<void> listen(Prepared prepared) {
    if (prepared.tls) shared_.set_tls(std::move(prepared.tls));
    ErrorNumber error;
    const ListenAddress& address = prepared.port.address();
    acceptor_.assign(address.is_v6 ? Tcp::v6() : Tcp::v4(), prepared.port.release(), error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(ErrorCode::kFailed, "cannot listen on " + shared_.options.listen + ": " + error.message(),
                  Advice::kChoosePort);
    }
    url_ = address.url(shared_.options.tls.has_value(), acceptor_.local_endpoint().port());
    shared_.options.memory_max = prepared.memory_max;
    const std::size_t wanted = std::exchange(shared_.options.connections_max, prepared.connections_max);
    if (shared_.options.connections_max < wanted) {
      shared_.log.warning("fewer connections than wanted: the limit on open files or on memory is too low",
                          {{"wanted", wanted}, {"connections_max", shared_.options.connections_max}});
    }
    accept();
    for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { run(); });
    return {};
  }

  const std::string& url() const { return url_; }

  Result<void> reload_tls() {
    if (!shared_.options.tls) return {};
    GL_TRY(context, read_tls(*shared_.options.tls));
    shared_.set_tls(std::move(context));
    return {};
  }

  void set_token(const TokenCheck& token) { shared_.set_token(token); }

  void stop() {
    if (threads_.empty()) return;
    shared_.stopping = true;
    shared_.router.stop();
    asio::post(strand_, [this] {
      ErrorNumber ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    for (const auto& connection : shared_.connections.all()) connection->look_at_stream();
    const auto deadline = std::chrono::steady_clock::now() + Milliseconds(shared_.options.stop_ms);
    while (shared_.requests > 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(kStopStep);
    }
    // Whoever got a Responder may hold it for a moment longer than its answer takes: the last one to let go ends the
    // connection, in a thread of its own, and for that all of the server is still there.
    shared_.connections.close_all();
    shared_.connections.wait_until_none();
    shared_.aside.join();
    works_until_stopped_.reset();
    shared_.context.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void run() {
    while (true) {
      try {
        shared_.context.run();
        return;
      } catch (...) {  // the connection whose turn it was is gone
        shared_.note_exception();
      }
    }
  }

  void accept() {
    acceptor_.async_accept(asio::make_strand(shared_.context), [this](ErrorNumber error, Tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) {  // out of descriptors: others will end
        pause_.expires_after(kAcceptPause);
        pause_.async_wait([this](ErrorNumber cancelled) {
          if (!cancelled && acceptor_.is_open()) accept();
        });
        return;
      }
      try {
        take(std::move(socket));
      } catch (...) {  // out of memory: this one is gone, others may come
        shared_.note_exception();
      }
      accept();
    });
  }

  void take(Tcp::socket socket) {
    if (!make_room()) return;
    const auto connection = std::make_shared<ServerConnection>(std::move(socket), shared_);
    asio::post(connection->executor(), [connection] { connection->start(); });
  }

  // Whether there is room for one more connection: where there are too many, one gives way.
  bool make_room() {
    ServerMetrics& metrics = shared_.metrics;
    if (metrics.connections < shared_.options.connections_max) return true;
    ++metrics.connections_turned_away;
    const auto one = shared_.connections.one_to_give_way();
    if (!one) return false;
    one->close_where_it_waits();
    return true;
  }

  ServerShared shared_;
  asio::executor_work_guard<asio::io_context::executor_type> works_until_stopped_;
  asio::strand<asio::io_context::executor_type> strand_;  // of the next two
  Tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::vector<std::thread> threads_;
  std::string url_;
};

Server::Server(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Server::~Server() = default;

Result<Server::Prepared> Server::prepare(const ServerOptions& options) {
  TlsContext tls;
  if (options.tls) {
    GL_ASSIGN(tls, read_tls(*options.tls));
  }
  GL_TRY(port, TakenPort::take(options.listen));
  const std::uint64_t memory_size = base::memory_size_max();
  const auto memory_max = static_cast<std::size_t>(std::min<std::uint64_t>(options.memory_max, memory_size / 8));
  const std::size_t fit = connections_that_fit(options, memory_size, memory_max);
  return Prepared{std::move(port), std::move(tls), raise_descriptor_limit(fit, options.other_files), memory_max};
}

Result<std::unique_ptr<Server>> Server::start(const Router& router, Metrics& metrics, const Log& log,
                                              const ServerOptions& options, Prepared prepared) {
  auto implementation = std::make_unique<Implementation>(router, metrics, log, options);
  GL_CHECK(implementation->listen(std::move(prepared)));
  return std::unique_ptr<Server>(new Server(std::move(implementation)));
}

Result<std::unique_ptr<Server>> Server::start(const Router& router, Metrics& metrics, const Log& log,
                                              const ServerOptions& options) {
  GL_TRY(prepared, prepare(options));
  return start(router, metrics, log, options, std::move(prepared));
}

std::string Server::url() const {
  return implementation_->url();
}
Result<void> Server::reload_tls() {
  return implementation_->reload_tls();
}
void Server::set_token(const TokenCheck& token) {
  implementation_->set_token(token);
}
void Server::stop() {
  implementation_->stop();
}

}  // namespace glucoledger::http
