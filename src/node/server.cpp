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
#include <condition_variable>
#include <ctime>
#include <list>
#include <optional>
#include <thread>
#include <vector>

#include "node/descriptors.h"
#include "node/event_feed.h"
#include "node/http_stream.h"
#include "node/listen_address.h"
#include "node/proof_of_work_queue.h"

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
constexpr std::size_t kSmallSize = 8 << 10;   // bodies and answers up to here are taken however much is held
constexpr std::size_t kBufferKept = 4 << 10;  // takes a request with one transaction
constexpr std::size_t kBufferMax = 64 << 10;  // so much is read at once
constexpr auto kHandshakeTime = std::chrono::seconds(10);
constexpr auto kAcceptPause = Milliseconds(100);
constexpr auto kDisconnectPoll = Milliseconds(250);
constexpr auto kLingerTime = std::chrono::seconds(2);
constexpr std::size_t kLingerSizeMax = std::size_t{64} << 20;
constexpr std::size_t kEventsAtOnce = 256;

class Session;

// Answers that come from a thread which must not wait: the context's threads take them up, all that are there at once.
class Replies {
 public:
  explicit Replies(asio::io_context& context) : context_(context) {}
  void expect();
  void add(std::shared_ptr<Session> session, Reply reply);
  // Until all that are expected were added.
  void wait();

 private:
  void deliver();

  asio::io_context& context_;
  std::mutex mutex_;
  std::condition_variable none_expected_;
  std::size_t expected_ = 0;
  std::vector<std::pair<std::shared_ptr<Session>, Reply>> added_;  // to be delivered by a handler that was posted
};

// What all connections of a server share.
struct Shared {
  Shared(Service& with_service, storage::Tangle& with_tangle, const ServerOptions& with_options, bool is_loopback)
      : service(with_service),
        tangle(with_tangle),
        options(with_options),
        proof_of_work(options.proofs_of_work_waiting_max,
                      is_loopback ? options.proofs_of_work_waiting_max : options.proofs_of_work_waiting_max / 2 + 1) {}
  Service& service;
  storage::Tangle& tangle;
  ServerOptions options;
  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> requests = 0;  // begun and not yet answered, event streams too

  std::mutex mutex;          // guards the next three
  std::list<Session*> idle;  // those that wait for a request, the longest first
  std::list<std::weak_ptr<Session>> streams;
  std::shared_ptr<asio::ssl::context> tls;

  // Last, as they hold sessions, which use the rest.
  asio::io_context context{static_cast<int>(kThreads)};
  Replies replies{context};
  asio::thread_pool judging{kJudgingThreads};
  ProofOfWorkQueue proof_of_work;
};

// Counts a request that is under way, and the memory that its body or answer takes.
class UnderWay {
 public:
  explicit UnderWay(Shared& shared) : shared_(shared) { ++shared_.requests; }
  ~UnderWay() {
    hold(0);
    --shared_.requests;
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  void hold(std::size_t size) {
    auto& all = shared_.service.metrics().memory_size;
    all += size;
    all -= size_;
    size_ = size;
  }

 private:
  Shared& shared_;
  std::size_t size_ = 0;
};

// One connection: reads a request, has it answered, writes the answer, and again. Lives as long as an operation of it.
// Its functions run one after another, on its strand, but for those that say otherwise.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++metrics().connections;
    ErrorNumber ignored;
    stream_.tcp().socket().set_option(Tcp::no_delay(true), ignored);
  }
  ~Session() {
    leave_idle();
    if (is_event_stream_) --metrics().event_streams;
    --metrics().connections;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() {
    std::shared_ptr<asio::ssl::context> tls;
    {
      const std::lock_guard lock(shared_.mutex);
      tls = shared_.tls;
    }
    if (!tls) return read_header();
    stream_.tcp().expires_after(kHandshakeTime);
    stream_.async_handshake(*tls, [self = shared_from_this(), tls](ErrorNumber error) {
      if (!error) return self->read_header();
      ++self->metrics().handshakes_failed;
    });
  }

  HttpStream::executor_type executor() { return stream_.get_executor(); }
  // From any thread.
  void close_when_idle() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      if (self->idle_place_) self->stream_.tcp().close();
    });
  }
  // From any thread: the answer to what it waits for.
  void reply(Reply answered) {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this(), kept = std::move(answered)]() mutable {
      if (self->timer_) self->timer_->cancel();
      self->write(std::move(kept));
    });
  }
  // From any thread: there may be new events.
  void wake() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] { self->send_events(); });
  }

 private:
  Metrics& metrics() { return shared_.service.metrics(); }

  void enter_idle() {
    const std::lock_guard lock(shared_.mutex);
    idle_place_ = shared_.idle.insert(shared_.idle.end(), this);
  }
  void leave_idle() {
    if (!idle_place_) return;
    const std::lock_guard lock(shared_.mutex);
    shared_.idle.erase(*idle_place_);
    idle_place_.reset();
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
    enter_idle();
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

  // Answers without having read the body: the connection cannot go on.
  void refuse(unsigned status, std::string_view reason) {
    close_after_reply_ = true;
    write(shared_.service.refuse(status, reason));
  }

  void on_header() {
    under_way_.emplace(shared_);
    const auto& request = parser_->get();
    const auto text = [](const beast::string_view& view) { return std::string_view(view.data(), view.size()); };
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
    if (size > kSmallSize && metrics().memory_size + size > shared_.options.memory_max) {
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
    const auto received = std::chrono::steady_clock::now();
    const std::size_t body_size = parser_->get().body().size();
    auto request = IriRequest::parse(parser_->get().body());
    parser_->get().body() = {};
    Service& service = shared_.service;
    if (!request) return write(service.refuse(400, request.error().message));
    if (auto refusal = service.refusal(*request, may_do_everything_)) return write(std::move(*refusal));
    const IriWork work = work_of(request->command());
    if (request->command() == IriCommand::kInterruptAttachingToTangle) shared_.proof_of_work.cancel_all();
    if (work == IriWork::kReading || work == IriWork::kManaging) return write(service.handle(*request, received));
    auto kept = std::make_shared<IriRequest>(std::move(*request));
    if (work == IriWork::kProofOfWork) return queue_proof_of_work(std::move(kept), received);
    if (body_size <= kSmallSize) return store(*kept, received);
    asio::post(shared_.judging, [self = shared_from_this(), kept, received] { self->store(*kept, received); });
  }

  // From any thread.
  void store(const IriRequest& request, Service::Time received) {
    shared_.replies.expect();
    shared_.service.store(request, received, [&shared = shared_, self = shared_from_this()](Reply answered) mutable {
      shared.replies.add(std::move(self), std::move(answered));
    });
  }

  void queue_proof_of_work(std::shared_ptr<IriRequest> request, Service::Time received) {
    ErrorNumber error;
    const Tcp::endpoint peer = stream_.tcp().socket().remote_endpoint(error);
    auto cancel = std::make_shared<std::atomic<bool>>(false);
    ++metrics().proofs_of_work;
    const auto work = [self = shared_from_this(), request, received, cancel] {
      Reply answered = self->shared_.service.handle(*request, received, cancel.get());
      --self->metrics().proofs_of_work;
      self->shared_.replies.expect();
      self->shared_.replies.add(self, std::move(answered));
    };
    if (!shared_.proof_of_work.add(error ? "" : peer.address().to_string(), {cancel, work})) {
      --metrics().proofs_of_work;
      return write(shared_.service.refuse(503, "too many proofs of work are waiting: repeat later, or do it yourself"));
    }
    watch_for_disconnect(cancel);
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

  void set_fields(const Reply& answered) {
    reply_.result(answered.status);
    reply_.set(http::field::server, "glucoledger/" GLUCOLEDGER_VERSION);
    reply_.set(http::field::date, date());
    reply_.set(http::field::access_control_allow_origin, "*");
    if (answered.status == 204) {
      reply_.set(http::field::access_control_allow_headers, "Content-Type, X-IOTA-API-Version, Authorization");
      reply_.set(http::field::access_control_allow_methods, "GET, POST, OPTIONS");
      reply_.set(http::field::access_control_max_age, "86400");
    } else {
      reply_.set(http::field::content_type, answered.content_type);
    }
    const bool is_command = parser_->get().target() == "/";
    if (answered.status == 204 || answered.status == 405) {
      reply_.set(http::field::allow, is_command ? "OPTIONS, POST" : "OPTIONS, GET, HEAD");
    }
    if (answered.status == 401) reply_.set(http::field::www_authenticate, "Bearer realm=\"glucoledger node\"");
    if (answered.status == 503) reply_.set(http::field::retry_after, "1");
  }

  static std::string date() {
    std::array<char, 40> text{};
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
  }

  void write(Reply answered) {
    if (!under_way_) under_way_.emplace(shared_);
    under_way_->hold(answered.body.size());
    const auto& request = parser_->get();
    reply_ = http::response<http::string_body>(http::status::ok, 11);
    set_fields(answered);
    if (request.method() != http::verb::head) reply_.body() = std::move(answered.body);
    // An OPTIONS request may announce a body that was not read.
    reply_.keep_alive(parser_->is_done() && !close_after_reply_ && !shared_.stopping && request.keep_alive());
    if (answered.status != 204) reply_.prepare_payload();
    stream_.tcp().expires_after(Milliseconds(shared_.options.body_ms));
    http::async_write(stream_, reply_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
      const bool goes_on = self->reply_.keep_alive();
      self->reply_ = {};
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
    const auto latest = shared_.tangle.latest_position();
    if (!latest) return refuse(500, latest.error().message);
    const auto asked = after.empty() ? std::optional(*latest) : parse_event_id(after);
    if (!asked) return refuse(400, "the position of events is SEQUENCE-MILESTONE, as an event's id gave it");
    if (metrics().event_streams.fetch_add(1) >= shared_.options.event_streams_max) {
      --metrics().event_streams;
      return refuse(503, "too many event streams are open");
    }
    is_event_stream_ = true;
    const bool is_ahead = asked->sequence > latest->sequence || asked->milestone > latest->milestone;
    position_ = is_ahead ? *latest : *asked;
    {
      const std::lock_guard lock(shared_.mutex);
      shared_.streams.push_back(weak_from_this());
    }
    event_text_ = "HTTP/1.1 200 OK\r\nServer: glucoledger/" GLUCOLEDGER_VERSION
                  "\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                  "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n: events follow\n\n";
    if (is_ahead) event_text_ += node::event_text("reset", R"({"reason":"the ledger is not as long as that"})");
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
    if (position_ != before) return wake();  // all of these were pruned
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
  http::response<http::string_body> reply_;
  std::optional<UnderWay> under_way_;
  std::optional<std::list<Session*>::iterator> idle_place_;
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

void Replies::expect() {
  const std::lock_guard lock(mutex_);
  ++expected_;
}

void Replies::add(std::shared_ptr<Session> session, Reply reply) {
  const std::lock_guard lock(mutex_);
  added_.emplace_back(std::move(session), std::move(reply));
  if (added_.size() == 1) asio::post(context_, [this] { deliver(); });
  if (--expected_ == 0) none_expected_.notify_all();
}

void Replies::deliver() {
  decltype(added_) taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(added_);
  }
  for (auto& [session, reply] : taken) session->reply(std::move(reply));
}

void Replies::wait() {
  std::unique_lock lock(mutex_);
  none_expected_.wait(lock, [this] { return expected_ == 0; });
}

Result<std::shared_ptr<asio::ssl::context>> read_tls(const TlsFiles& files) {
  GL_CHECK(check_secret_file(files.key));
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  ErrorNumber error;
  context->use_certificate_chain_file(files.certificate.string(), error);
  if (error) {
    return fail(ErrorCode::kUsage, "the TLS certificate cannot be read: " + error.message(),
                "--tls-certificate takes a PEM file with the certificate first");
  }
  context->use_private_key_file(files.key.string(), asio::ssl::context::pem, error);
  if (error || ::SSL_CTX_check_private_key(context->native_handle()) != 1) {
    return fail(ErrorCode::kUsage, "the TLS key cannot be read, or does not fit the certificate",
                "--tls-key takes the certificate's key as a PEM file without a passphrase");
  }
  return context;
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(Service& service, storage::Tangle& tangle, const ServerOptions& options, ListenAddress address)
      : address_(std::move(address)),
        shared_(service, tangle, options, address_.is_loopback),
        acceptor_(asio::make_strand(shared_.context)),
        pause_(acceptor_.get_executor()) {}
  ~Implementation() { stop(); }

  Result<void> listen() {
    if (shared_.options.tls) GL_CHECK(reload_tls());
    ErrorNumber error;
    const Tcp::endpoint endpoint(asio::ip::make_address(address_.host, error), address_.port);
    if (!error) acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(ErrorCode::kFailed, "cannot listen on " + shared_.options.listen + ": " + error.message(),
                  "end what uses the port, or choose another (--listen HOST:PORT; port 0 takes a free one)");
    }
    url_ = address_.url(shared_.options.tls.has_value(), acceptor_.local_endpoint().port());
    const std::size_t wanted = shared_.options.connections_max;
    shared_.options.connections_max = raise_descriptor_limit(wanted);
    if (shared_.options.connections_max < wanted) {
      shared_.service.log().warning("fewer connections than wanted: the limit on open files is too low",
                                    {{"wanted", wanted}, {"connections_max", shared_.options.connections_max}});
    }
    subscription_ = shared_.tangle.subscribe([this](const storage::Commit& commit) {
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
    const std::lock_guard lock(shared_.mutex);
    shared_.tls = std::move(context);
    return {};
  }

  void stop() {
    if (threads_.empty()) return;
    shared_.stopping = true;
    shared_.service.api().stop();
    shared_.proof_of_work.stop();
    asio::post(acceptor_.get_executor(), [this] {
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
    shared_.replies.wait();
  }

 private:
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
    std::shared_ptr<Session> oldest;
    {
      const std::lock_guard lock(shared_.mutex);
      if (!shared_.idle.empty()) oldest = shared_.idle.front()->weak_from_this().lock();
    }
    if (!oldest) return false;
    oldest->close_when_idle();
    return true;
  }

  // From any thread: streams look for events soon; once for many commits.
  void wake_streams() {
    if (shared_.service.metrics().event_streams == 0 || waking_.exchange(true)) return;
    asio::post(shared_.context, [this] {
      waking_ = false;
      std::vector<std::shared_ptr<Session>> awake;
      {
        const std::lock_guard lock(shared_.mutex);
        std::erase_if(shared_.streams, [](const auto& stream) { return stream.expired(); });
        for (const auto& stream : shared_.streams) {
          if (auto session = stream.lock()) awake.push_back(std::move(session));
        }
      }
      for (const auto& session : awake) session->wake();
    });
  }

  ListenAddress address_;
  Shared shared_;
  Tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::vector<std::thread> threads_;
  std::atomic<bool> waking_ = false;
  storage::Tangle::Subscription subscription_;
  std::string url_;
};

Server::Server(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Server::~Server() = default;

Result<void> Server::check_tls(const ServerOptions& options) {
  if (options.tls) GL_CHECK(read_tls(*options.tls));
  return {};
}

Result<std::unique_ptr<Server>> Server::start(Service& service, storage::Tangle& tangle, const ServerOptions& options) {
  GL_TRY(address, ListenAddress::parse(options.listen));
  auto implementation = std::make_unique<Implementation>(service, tangle, options, std::move(address));
  GL_CHECK(implementation->listen());
  return std::unique_ptr<Server>(new Server(std::move(implementation)));
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
