#include "node/server.h"

#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "node/connections.h"
#include "node/descriptors.h"
#include "node/dispatcher.h"
#include "node/event_feed.h"
#include "node/http_stream.h"
#include "node/response_head.h"

namespace glucoledger::node {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using ErrorNumber = boost::system::error_code;
using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kThreads = 2;         // move bytes and answer reading commands
constexpr std::size_t kJudgingThreads = 2;  // judge the transactions of large requests
constexpr std::uint32_t kHeaderSizeMax = 8 << 10;
constexpr std::size_t kBufferKept = 4 << 10;  // takes a request with one transaction
constexpr std::size_t kBufferMax = 64 << 10;  // so much is read at once
constexpr auto kHandshakeTime = std::chrono::seconds(10);
constexpr auto kAcceptPause = Milliseconds(100);
constexpr auto kDisconnectPoll = Milliseconds(250);
constexpr auto kLingerTime = std::chrono::seconds(2);
constexpr std::size_t kLingerSizeMax = std::size_t{64} << 20;
constexpr std::size_t kEventsAtOnce = 256;

// What all connections of a server share.
struct Shared {
  Shared(Service& with_service, ledger_store::Replica& with_tangle, const ServerOptions& with_options, bool is_loopback)
      : service(with_service),
        tangle(with_tangle),
        options(with_options),
        dispatcher(service,
                   {[this](auto task) { asio::post(context, std::move(task)); },
                    [this](auto task) { asio::post(judging, std::move(task)); }},
                   options.proofs_of_work_waiting_max,
                   is_loopback ? options.proofs_of_work_waiting_max : options.proofs_of_work_waiting_max / 2 + 1) {}
  std::shared_ptr<asio::ssl::context> current_tls() {
    const std::lock_guard lock(tls_mutex);
    return tls;
  }

  Service& service;
  ledger_store::Replica& tangle;
  ServerOptions options;
  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> requests = 0;  // begun and not yet answered, event streams too
  Connections connections;
  std::mutex tls_mutex;
  std::shared_ptr<asio::ssl::context> tls;  // nothing for plain HTTP

  // Last, as they hold sessions, which use the rest.
  asio::io_context context{static_cast<int>(kThreads)};
  Dispatcher dispatcher;
  asio::thread_pool judging{kJudgingThreads};
};

// One connection: reads a request, has it answered, writes the answer, and again. Lives as long as an operation of it.
// Its functions run one after another, on its strand, but for those that say otherwise.
class Session final : public Connection, public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++metrics().connections;
    ErrorNumber ignored;
    stream_.tcp().socket().set_option(Tcp::no_delay(true), ignored);
  }
  ~Session() override {
    leave_idle();
    if (is_event_stream_) --metrics().event_streams;
    --metrics().connections;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() {
    auto tls = shared_.current_tls();
    if (!tls) return read_header();
    stream_.tcp().expires_after(kHandshakeTime);
    stream_.async_handshake(*tls, [self = shared_from_this(), tls](ErrorNumber error) {
      if (!error) return self->read_header();
      ++self->metrics().handshakes_failed;
      if (is_plain_http(error)) self->refuse_plain_http();
    });
  }

  HttpStream::executor_type executor() { return stream_.get_executor(); }
  void close_when_idle() override {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      if (self->idle_place_) self->stream_.tcp().close();
    });
  }
  void reply(Reply answered) override {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this(), kept = std::move(answered)]() mutable {
      if (self->timer_) self->timer_->cancel();
      self->write(std::move(kept));
    });
  }
  void look_for_events() override {
    asio::post(stream_.get_executor(), [self = shared_from_this()] { self->send_events(); });
  }
  std::string peer() override {
    ErrorNumber error;
    const Tcp::endpoint endpoint = stream_.tcp().socket().remote_endpoint(error);
    return error ? "" : endpoint.address().to_string();
  }

 private:
  static std::string_view text(const beast::string_view& view) { return {view.data(), view.size()}; }
  Metrics& metrics() { return shared_.service.metrics(); }

  void leave_idle() {
    if (idle_place_) shared_.connections.leave_idle(*idle_place_);
    idle_place_.reset();
  }

  static bool is_plain_http(ErrorNumber error) {
    return error.category() == asio::error::get_ssl_category() &&
           ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
  }
  void refuse_plain_http() {
    const auto refusal = std::make_shared<const std::string>(plain_http_refusal());
    stream_.tcp().expires_after(kLingerTime);
    asio::async_write(stream_.tcp(), asio::buffer(*refusal),
                      [self = shared_from_this(), refusal](ErrorNumber error, std::size_t) {
                        if (!error) self->shut_down();
                      });
  }

  void read_header() {
    under_way_.reset();
    if (shared_.stopping) return;
    if (buffer_.capacity() > kBufferKept) buffer_.shrink_to_fit();
    buffer_.reserve(kBufferKept);
    parser_.emplace();
    parser_->header_limit(kHeaderSizeMax);
    parser_->body_limit(shared_.service.api().limits().body_size_max);
    stream_.tcp().expires_after(Milliseconds(shared_.options.idle_ms));
    idle_place_ = shared_.connections.enter_idle(weak_from_this());
    http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
      self->leave_idle();
      if (error) return self->refuse_unreadable(error);
      self->on_header();
    });
  }

  void refuse_unreadable(ErrorNumber error) {
    if (error == beast::error::timeout) ++metrics().connections_timed_out;
    if (error == http::error::body_limit) return refuse(413, "Request Entity Too Large");
    if (error == http::error::header_limit) return refuse(431, "Request Header Fields Too Large");
    const bool is_bad_http = error.category() == http::make_error_code(http::error::bad_method).category() &&
                             error != http::error::end_of_stream && error != http::error::partial_message;
    if (is_bad_http) return refuse(400, "Bad Request: this is not HTTP");
    under_way_.reset();
  }

  bool has_no_room_for(std::size_t size) {
    return size > kSmallSize && metrics().memory_size + size > shared_.options.memory_max;
  }

  void begin_request() { under_way_.emplace(shared_.requests, metrics().memory_size); }

  // Answers without having read the body: the connection cannot go on.
  void refuse(unsigned status, std::string_view reason) {
    close_after_reply_ = true;
    write(shared_.service.refuse(status, reason));
  }

  void on_header() {
    begin_request();
    const auto& request = parser_->get();
    Service::Opening opening = shared_.service.open(
        {text(request.method_string()), text(request.target()), text(request[http::field::authorization])});
    may_do_everything_ = opening.may_do_everything;
    if (opening.next == Service::Next::kReply) {
      // What may still come of a body is not read.
      close_after_reply_ = opening.reply.status >= 400 && !parser_->is_done();
      return write(std::move(opening.reply));
    }
    if (opening.next == Service::Next::kStreamEvents) {
      const std::string_view resumed = text(request["Last-Event-ID"]);
      return begin_events(resumed.empty() ? opening.events_after : resumed);
    }
    const auto announced = parser_->content_length();
    const std::size_t size = announced ? *announced : shared_.service.api().limits().body_size_max;
    if (has_no_room_for(size)) {
      return refuse(503, "too much is being sent to this node: repeat later");
    }
    under_way_->hold(size);
    if (size > kBufferKept) buffer_.reserve(std::min(size, kBufferMax));
    stream_.tcp().expires_after(Milliseconds(shared_.options.body_ms));
    if (!beast::iequals(request[http::field::expect], "100-continue")) return read_body();
    continue_.emplace(http::status::continue_, 11);
    http::async_write(stream_, *continue_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
      if (!error) self->read_body();
    });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
      if (error) return self->refuse_unreadable(error);
      self->stream_.tcp().expires_never();
      self->answer();
    });
  }

  void answer() {
    auto outcome =
        shared_.dispatcher.dispatch(shared_from_this(), std::move(parser_->get().body()), may_do_everything_);
    if (outcome.reply) return write(std::move(*outcome.reply));
    if (outcome.cancel) watch_for_disconnect(outcome.cancel);
  }

  // A proof of work whose requester is gone is given up. Only a hint from the socket: nothing is read.
  void watch_for_disconnect(const std::shared_ptr<std::atomic<bool>>& cancel) {
    if (!timer_) timer_.emplace(stream_.get_executor());
    timer_->expires_after(kDisconnectPoll);
    timer_->async_wait([self = shared_from_this(), cancel](ErrorNumber stopped) {
      if (stopped) return;
      ::pollfd socket = {self->stream_.tcp().socket().native_handle(), POLLRDHUP, 0};
      if (::poll(&socket, 1, 0) > 0) {
        *cancel = true;
      } else {
        self->watch_for_disconnect(cancel);
      }
    });
  }

  void write(Reply answered) {
    if (!under_way_) begin_request();
    under_way_->hold(0);
    if (has_no_room_for(answered.body.size())) {
      answered = shared_.service.refuse(503, "too many answers are on their way: repeat later, or ask for less");
    }
    under_way_->hold(answered.body.size());
    const auto& request = parser_->get();
    reply_.emplace(static_cast<http::status>(answered.status), 11);
    reply_->set(http::field::date, http_date());
    for (const auto& [name, value] : header_fields(answered, text(request.target()))) reply_->set(name, value);
    const bool is_head = request.method() == http::verb::head;  // told the size of what GET gets
    if (is_head) reply_->content_length(answered.body.size());
    if (!is_head) reply_->body() = std::move(answered.body);
    // An OPTIONS request may announce a body that was not read.
    reply_->keep_alive(parser_->is_done() && !close_after_reply_ && !shared_.stopping && request.keep_alive());
    if (answered.status != 204 && !is_head) reply_->prepare_payload();
    stream_.tcp().expires_after(Milliseconds(shared_.options.body_ms));
    http::async_write(stream_, *reply_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
      const bool goes_on = self->reply_->keep_alive();
      self->reply_.reset();  // an idle connection holds none of it
      self->under_way_.reset();
      if (error == beast::error::timeout) ++self->metrics().connections_timed_out;
      if (error) return;
      return goes_on ? self->read_header() : self->linger();
    });
  }

  // Takes what the client still sends, for a while: closing at once would destroy the answer on its way.
  void linger() {
    stream_.tcp().expires_after(kLingerTime);
    if (!stream_.is_tls()) return shut_down();
    stream_.async_shutdown([self = shared_from_this()](ErrorNumber error) {
      if (!error) self->shut_down();
    });
  }
  void shut_down() {
    ErrorNumber error;
    stream_.tcp().socket().shutdown(Tcp::socket::shutdown_send, error);
    if (!error) discard();
  }
  void discard() {
    buffer_.clear();
    stream_.tcp().async_read_some(buffer_.prepare(16 << 10),
                                  [self = shared_from_this()](ErrorNumber error, std::size_t size) {
                                    self->discarded_ += size;
                                    if (!error && self->discarded_ < kLingerSizeMax) self->discard();
                                  });
  }

  void begin_events(std::string_view after) {
    auto start = start_events(shared_.tangle, after);
    if (!start) return refuse(start.error().code == ErrorCode::kInputRefused ? 400 : 500, start.error().message);
    if (metrics().event_streams.fetch_add(1) >= shared_.options.event_streams_max) {
      --metrics().event_streams;
      return refuse(503, "too many event streams are open");
    }
    is_event_stream_ = true;
    position_ = start->position;
    shared_.connections.add_event_stream(weak_from_this());
    event_text_ = event_stream_head() + start->text;
    timer_.emplace(stream_.get_executor());
    write_events();
  }

  void send_events() {
    if (writing_events_ || events_ended_) return;
    if (shared_.stopping) return end_events("the node stops");
    const ledger::Position before = position_;
    auto text = read_events(shared_.tangle, position_, kEventsAtOnce);
    if (!text) return end_events(text.error().message);
    event_text_ = std::move(*text);
    if (!event_text_.empty()) return write_events();
    if (position_ != before) return look_for_events();  // all of these were pruned
    timer_->expires_after(Milliseconds(shared_.options.heartbeat_ms));
    timer_->async_wait([self = shared_from_this()](ErrorNumber cancelled) {
      if (cancelled || self->writing_events_ || self->events_ended_) return;
      self->event_text_ = ":\n\n";
      self->write_events();
    });
  }

  void end_events(const std::string& reason) {
    events_ended_ = true;
    event_text_ = node::event_text("end", error_reply(503, reason).body);
    write_events();
  }

  void write_events() {
    writing_events_ = true;
    timer_->cancel();
    stream_.tcp().expires_after(Milliseconds(shared_.options.body_ms));
    asio::async_write(stream_, asio::buffer(event_text_), [self = shared_from_this()](ErrorNumber error, std::size_t) {
      self->writing_events_ = false;
      if (error == beast::error::timeout) ++self->metrics().connections_timed_out;
      if (error || self->events_ended_) {
        self->events_ended_ = true;
        self->under_way_.reset();
        if (!error) self->linger();
        return;
      }
      self->stream_.tcp().expires_never();
      self->send_events();
    });
  }

  HttpStream stream_;
  Shared& shared_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::empty_body>> continue_;
  std::optional<http::response<http::string_body>> reply_;
  std::optional<UnderWay> under_way_;
  std::optional<Connections::IdlePlace> idle_place_;
  std::optional<asio::steady_timer> timer_;  // of a proof of work, or of an event stream's heartbeat
  std::string event_text_;
  ledger::Position position_;
  std::size_t discarded_ = 0;
  bool may_do_everything_ = false;
  bool close_after_reply_ = false;
  bool is_event_stream_ = false;
  bool writing_events_ = false;
  bool events_ended_ = false;
};

}  // namespace

class Server::Implementation {
 public:
  Implementation(Service& service, ledger_store::Replica& tangle, const ServerOptions& options,
                 const ListenAddress& address)
      : shared_(service, tangle, options, address.is_loopback),
        strand_(asio::make_strand(shared_.context)),
        acceptor_(strand_),
        pause_(strand_) {}
  ~Implementation() { stop(); }

  Result<void> listen(Prepared prepared) {
    if (prepared.tls) use_tls(std::move(prepared.tls));
    ErrorNumber error;
    const ListenAddress& address = prepared.port.address();
    acceptor_.assign(address.is_v6 ? Tcp::v6() : Tcp::v4(), prepared.port.release(), error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(ErrorCode::kFailed, "cannot listen on " + shared_.options.listen + ": " + error.message(),
                  "end what uses the port, or choose another (--listen HOST:PORT)");
    }
    url_ = address.url(shared_.options.tls.has_value(), acceptor_.local_endpoint().port());
    const std::size_t wanted = std::exchange(shared_.options.connections_max, prepared.connections_max);
    if (shared_.options.connections_max < wanted) {
      shared_.service.log().warning("fewer connections than wanted: the limit on open files is too low",
                                    {{"wanted", wanted}, {"connections_max", shared_.options.connections_max}});
    }
    subscription_ = shared_.tangle.subscribe([this](const ledger_store::Commit& commit) {
      shared_.service.metrics().count_commit(commit.after.sequence - commit.before.sequence, commit.duration);
      wake_streams();
    });
    accept();
    for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { run(); });
    return {};
  }

  const std::string& url() const { return url_; }

  Result<void> reload_tls() {
    if (!shared_.options.tls) return {};
    GL_TRY(context, read_tls(*shared_.options.tls));
    use_tls(std::move(context));
    return {};
  }

  void stop() {
    if (threads_.empty()) return;
    shared_.stopping = true;
    shared_.dispatcher.stop_proofs_of_work();
    asio::post(strand_, [this] {
      ErrorNumber ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    wake_streams();
    const auto deadline = std::chrono::steady_clock::now() + Milliseconds(shared_.options.stop_ms);
    while (shared_.requests > 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(Milliseconds(5));
    }
    subscription_.reset();
    shared_.context.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    shared_.judging.join();
    shared_.dispatcher.wait();
  }

 private:
  void use_tls(TlsContext context) {
    const std::lock_guard lock(shared_.tls_mutex);
    shared_.tls = std::make_shared<asio::ssl::context>(context.release());
  }

  void run() {
    while (true) {
      try {
        shared_.context.run();
        return;
      } catch (const std::exception&) {  // the connection whose turn it was is gone
        shared_.service.log().error("out of memory, or an internal error");
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
      if (make_room()) {
        const auto session = std::make_shared<Session>(std::move(socket), shared_);
        asio::post(session->executor(), [session] { session->start(); });
      }
      accept();
    });
  }

  // Whether there is room for one more connection: where there are too many, the longest idle one gives way.
  bool make_room() {
    Metrics& metrics = shared_.service.metrics();
    if (metrics.connections < shared_.options.connections_max) return true;
    ++metrics.connections_turned_away;
    const auto oldest = shared_.connections.longest_idle();
    if (!oldest) return false;
    oldest->close_when_idle();
    return true;
  }

  // From any thread: streams look for events soon; once for many commits.
  void wake_streams() {
    if (shared_.service.metrics().event_streams == 0 || waking_.exchange(true)) return;
    asio::post(shared_.context, [this] {
      waking_ = false;
      for (const auto& stream : shared_.connections.event_streams()) stream->look_for_events();
    });
  }

  Shared shared_;
  asio::strand<asio::io_context::executor_type> strand_;  // of the next two
  Tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::vector<std::thread> threads_;
  std::atomic<bool> waking_ = false;
  ledger_store::Replica::Subscription subscription_;
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
  // The ledger is opened next, and takes of the files what it may.
  return Prepared{std::move(port), std::move(tls), raise_descriptor_limit(options.connections_max)};
}

Result<std::unique_ptr<Server>> Server::start(Service& service, ledger_store::Replica& tangle,
                                              const ServerOptions& options, Prepared prepared) {
  auto implementation = std::make_unique<Implementation>(service, tangle, options, prepared.port.address());
  GL_CHECK(implementation->listen(std::move(prepared)));
  return std::unique_ptr<Server>(new Server(std::move(implementation)));
}

Result<std::unique_ptr<Server>> Server::start(Service& service, ledger_store::Replica& tangle,
                                              const ServerOptions& options) {
  GL_TRY(prepared, prepare(options));
  return start(service, tangle, options, std::move(prepared));
}

std::string Server::url() const {
  return implementation_->url();
}
Result<void> Server::reload_tls() {
  return implementation_->reload_tls();
}
void Server::stop() {
  implementation_->stop();
}

}  // namespace glucoledger::node
