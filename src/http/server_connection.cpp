#include "http/server_connection.h"

#include <poll.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "http/response_head.h"

namespace glucoledger::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = beast::http;
namespace limits = base::limits;
using Tcp = asio::ip::tcp;
using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kBufferKept = 4 << 10;  // takes a request with one transaction
constexpr std::size_t kBufferMax = 64 << 10;  // so much is read at once
constexpr std::size_t kAlwaysTaken = limits::kTransactionRequestSizeMax;
constexpr auto kHandshakeTime = std::chrono::seconds(10);
constexpr auto kDisconnectPoll = Milliseconds(250);
constexpr auto kLingerTime = std::chrono::seconds(2);

// The connection whose handler this thread is in: its answer needs no queue.
thread_local const ServerConnection* handled_here = nullptr;

std::string_view text(const beast::string_view& view) {
  return {view.data(), view.size()};
}

bool is_plain_http(const boost::system::error_code& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
}

}  // namespace

ServerConnection::ServerConnection(Tcp::socket socket, ServerShared& shared)
    : shared_(shared), presence_(shared.connections), stream_(std::move(socket)) {
  ++shared_.metrics.connections;
  ErrorNumber error;
  stream_.tcp().socket().set_option(Tcp::no_delay(true), error);
  const Tcp::endpoint peer = stream_.tcp().socket().remote_endpoint(error);
  if (!error) peer_ = peer.address().to_string();
}

ServerConnection::~ServerConnection() {
  leave_idle();
  if (place_) shared_.connections.leave(*place_);
  --shared_.metrics.connections;
}

void ServerConnection::start() {
  place_ = shared_.connections.enter(shared_from_this());
  auto tls = shared_.tls();
  if (!tls) return read_header();
  stream_.tcp().expires_after(kHandshakeTime);
  stream_.async_handshake(*tls, [self = shared_from_this(), tls](ErrorNumber error) {
    if (!error) return self->read_header();
    ++self->shared_.metrics.handshakes_failed;
    if (is_plain_http(error)) self->refuse_plain_http();
  });
}

void ServerConnection::close_when_idle() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->idle_place_) self->stream_.tcp().close();
  });
}

void ServerConnection::close() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->timer_) self->timer_->cancel();
    self->has_ended_ = true;
    self->source_.reset();
    self->stream_.tcp().close();  // ends what is under way with an error
  });
}

void ServerConnection::leave_idle() {
  if (idle_place_) shared_.connections.leave_idle(*idle_place_);
  idle_place_.reset();
}

void ServerConnection::refuse_plain_http() {
  const auto refusal_text = std::make_shared<const std::string>(plain_http_refusal());
  stream_.tcp().expires_after(kLingerTime);
  asio::async_write(stream_.tcp(), asio::buffer(*refusal_text),
                    [self = shared_from_this(), refusal_text](ErrorNumber error, std::size_t) {
                      if (!error) self->shut_down();
                    });
}

// ---- Reading

void ServerConnection::read_header() {
  under_way_.reset();
  if (shared_.stopping) return;
  if (buffer_.capacity() > kBufferKept) buffer_.shrink_to_fit();
  buffer_.reserve(kBufferKept);
  whole_.reset();
  parts_.reset();
  request_ = {};
  entry_ = nullptr;
  keep_alive_ = false;
  head_.emplace();
  head_->header_limit(limits::kHttpRequestHeaderSizeMax);
  head_->body_limit(boost::none);  // the route's, once it is known
  stream_.tcp().expires_after(Milliseconds(shared_.options.idle_ms));
  idle_place_ = shared_.connections.enter_idle(weak_from_this());
  wire::async_read_header(stream_, buffer_, *head_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
    self->leave_idle();
    if (error) return self->refuse_unreadable(error);
    self->on_header();
  });
}

void ServerConnection::refuse_unreadable(ErrorNumber error) {
  if (error == beast::error::timeout) ++shared_.metrics.connections_timed_out;
  if (error == wire::error::body_limit) return refuse_now(413, "Request Entity Too Large");
  if (error == wire::error::header_limit) return refuse_now(431, "Request Header Fields Too Large");
  const bool is_bad_http = error.category() == wire::make_error_code(wire::error::bad_method).category() &&
                           error != wire::error::end_of_stream && error != wire::error::partial_message;
  if (is_bad_http) return refuse_now(400, "Bad Request: this is not HTTP");
  under_way_.reset();
}

bool ServerConnection::has_no_room_for(std::size_t size) const {
  return size > kAlwaysTaken && shared_.metrics.memory_size + size > shared_.options.memory_max;
}

Reply ServerConnection::refusal(unsigned status, std::string_view reason) {
  shared_.metrics.count_refusal(status);
  if (shared_.log.writes(LogLevel::kDebug)) shared_.log.debug("request refused", {{"status", status}});
  return entry_ != nullptr ? entry_->route.refusal(status, reason) : error_reply(status, reason);
}

// Answers without having read the body: the connection cannot go on.
void ServerConnection::refuse_now(unsigned status, std::string_view reason) {
  is_answered_ = true;
  close_after_reply_ = true;
  write_whole(refusal(status, reason));
}

template <typename Body>
void ServerConnection::take_head(const wire::request<Body>& head) {
  const std::string_view target = text(head.target());
  const std::size_t question_mark = target.find('?');
  request_.method = text(head.method_string());
  request_.path = target.substr(0, question_mark);
  if (question_mark != std::string_view::npos) request_.query = target.substr(question_mark + 1);
  request_.peer = peer_;
  request_.is_tls = stream_.is_tls();
  request_.headers.clear();
  for (const auto& field : head) request_.headers.push_back({text(field.name_string()), text(field.value())});
  keep_alive_ = head.keep_alive();
}

void ServerConnection::on_header() {
  begin_request();
  is_answered_ = false;
  take_head(head_->get());
  request_.is_authenticated = shared_.allows(request_.header("Authorization"));
  Router::Match match = shared_.router.match(request_.method, request_.path);
  entry_ = match.entry;
  if (entry_ == nullptr) {
    is_answered_ = true;
    if (match.reply->status >= 400) shared_.metrics.count_refusal(match.reply->status);
    return write_whole(std::move(*match.reply));
  }
  const Route& route = entry_->route;
  if (route.needs_token && !request_.is_authenticated) {
    return refuse_now(401, "Unauthorized: this needs the header Authorization: Bearer TOKEN");
  }
  if (route.body == Route::Body::kNone) return call_handler();
  const auto announced = head_->content_length();
  const std::size_t size = announced ? *announced : is_read() ? 0 : route.body_size_max;
  if (size > route.body_size_max) return refuse_now(413, "Request Entity Too Large");
  if (has_no_room_for(route.body == Route::Body::kWhole ? size : kBufferMax)) {
    return refuse_now(503, "too much is being sent to this server: repeat later");
  }
  prepare_body(route, size);
  stream_.tcp().expires_after(Milliseconds(shared_.options.body_ms));
  if (!equal_but_for_case(request_.header("Expect"), "100-continue")) {
    return route.body == Route::Body::kWhole ? read_whole_body() : call_handler();
  }
  continue_.emplace(wire::status::continue_, 11);
  wire::async_write(stream_, *continue_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
    if (error) return;
    return self->entry_->route.body == Route::Body::kWhole ? self->read_whole_body() : self->call_handler();
  });
}

void ServerConnection::prepare_body(const Route& route, std::size_t size) {
  const bool is_authenticated = request_.is_authenticated;
  if (route.body == Route::Body::kWhole) {
    under_way_->hold(size);
    if (size > kBufferKept) buffer_.reserve(std::min(size, kBufferMax));
    whole_.emplace(std::move(*head_));
    whole_->body_limit(route.body_size_max);
    take_head(whole_->get());
  } else {
    under_way_->hold(kBufferMax);
    parts_.emplace(std::move(*head_));
    parts_->body_limit(route.body_size_max);
    take_head(parts_->get());
  }
  head_.reset();
  request_.is_authenticated = is_authenticated;
}

void ServerConnection::read_whole_body() {
  wire::async_read(stream_, buffer_, *whole_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
    if (error) return self->refuse_unreadable(error);
    self->request_.body = std::move(self->whole_->get().body());
    self->call_handler();
  });
}

bool ServerConnection::is_read() const {
  if (whole_) return whole_->is_done();
  if (parts_) return parts_->is_done();
  return head_ && head_->is_done();
}

void ServerConnection::read_body(TakePart take) {
  asio::post(stream_.get_executor(), [self = shared_from_this(), kept = std::make_shared<TakePart>(std::move(take))] {
    self->read_part(kept);
  });
}

void ServerConnection::read_part(const std::shared_ptr<TakePart>& take) {
  if (!parts_ || parts_->is_done()) return (*take)(BodyPart{"", true});
  part_.resize(kBufferMax);
  auto& body = parts_->get().body();
  body.data = part_.data();
  body.size = part_.size();
  body.more = true;
  stream_.tcp().expires_after(Milliseconds(shared_.options.body_ms));
  wire::async_read_some(stream_, buffer_, *parts_, [self = shared_from_this(), take](ErrorNumber error, std::size_t) {
    if (error && error != wire::error::need_buffer) {
      if (error == beast::error::timeout) ++self->shared_.metrics.connections_timed_out;
      self->close_after_reply_ = true;
      const bool is_too_large = error == wire::error::body_limit;
      return (*take)(is_too_large ? fail(ErrorCode::kInputRefused, "the body is larger than is taken")
                                  : fail(ErrorCode::kUnreachable, "the client broke off: " + error.message()));
    }
    self->part_.resize(self->part_.size() - self->parts_->get().body().size);
    const bool is_last = self->parts_->is_done();
    if (self->part_.empty() && !is_last) return self->read_part(take);
    self->stream_.tcp().expires_never();
    (*take)(BodyPart{std::move(self->part_), is_last});
  });
}

// ---- Having it answered

void ServerConnection::call_handler() {
  if (entry_->route.body != Route::Body::kAsItComes) stream_.tcp().expires_never();
  const auto self = shared_from_this();
  handled_here = this;
  bool has_failed = false;
  try {
    entry_->handler(self);
  } catch (...) {
    shared_.note_exception();
    has_failed = true;
  }
  handled_here = nullptr;
  if (early_) {
    Answer answer = std::move(*early_);
    early_.reset();
    return write(std::move(answer));
  }
  if (!has_failed || is_answered_.exchange(true)) return;
  write_whole(refusal(500, kInternalError));
}

void ServerConnection::give(Answer answer) {
  if (is_answered_.exchange(true)) return;
  if (handled_here == this) {
    early_ = std::move(answer);
    return;
  }
  // Functions of the standard library copy what they hold.
  const auto kept = std::make_shared<Answer>(std::move(answer));
  shared_.replies.add([self = shared_from_this(), kept] {
    asio::dispatch(self->stream_.get_executor(), [self, kept] {
      if (self->timer_) self->timer_->cancel();
      self->write(std::move(*kept));
    });
  });
}

void ServerConnection::reply(Reply reply) {
  give({std::move(reply), nullptr, {}});
}
void ServerConnection::reply(Reply head, std::unique_ptr<ReplyStream> stream, StreamLength length) {
  give({std::move(head), std::move(stream), length});
}
void ServerConnection::refuse(unsigned status, std::string_view reason) {
  give({refusal(status, reason), nullptr, {}});
}

void ServerConnection::run_aside(std::function<void()> task) {
  asio::post(shared_.aside, [self = shared_from_this(), task = std::move(task)] {
    try {
      task();
    } catch (...) {
      self->shared_.note_exception();
      self->refuse(500, kInternalError);
    }
  });
}

void ServerConnection::when_gone(std::function<void()> gone) {
  asio::post(stream_.get_executor(), [self = shared_from_this(), kept = std::make_shared<std::function<void()>>(
                                                                     std::move(gone))] { self->watch(kept); });
}

// Only a hint from the socket: nothing is read.
void ServerConnection::watch(const std::shared_ptr<std::function<void()>>& gone) {
  if (is_answered_) return;
  if (!timer_) timer_.emplace(stream_.get_executor());
  timer_->expires_after(kDisconnectPoll);
  timer_->async_wait([self = shared_from_this(), gone](ErrorNumber /*cancelled*/) {
    if (self->is_answered_) return;
    auto& tcp = self->stream_.tcp().socket();
    ::pollfd socket = {tcp.native_handle(), POLLRDHUP, 0};
    if (!tcp.is_open() || ::poll(&socket, 1, 0) > 0) return (*gone)();
    self->watch(gone);
  });
}

// ---- Answering

void ServerConnection::write(Answer answer) {
  if (answer.stream) return begin_stream(std::move(answer));
  write_whole(std::move(answer.reply));
}

// Not where a body was announced and not read.
bool ServerConnection::goes_on() const {
  return is_read() && !close_after_reply_ && !shared_.stopping && keep_alive_;
}

void ServerConnection::write_whole(Reply answered) {
  if (!under_way_) begin_request();
  under_way_->hold(0);
  if (has_no_room_for(answered.body.size())) {
    answered = refusal(503, "too many answers are on their way: repeat later, or ask for less");
  }
  under_way_->hold(answered.body.size());
  reply_.emplace(static_cast<wire::status>(answered.status), 11);
  reply_->set(wire::field::date, http_date());
  for (const auto& [name, value] : header_fields(answered, shared_.router.cors(), shared_.challenge)) {
    reply_->set(beast::string_view(name.data(), name.size()), beast::string_view(value.data(), value.size()));
  }
  const bool is_head = request_.method == "HEAD";  // told the size of what GET gets
  if (is_head) reply_->content_length(answered.body.size());
  reply_->keep_alive(goes_on());
  if (!is_head) reply_->body() = std::move(answered.body);
  if (answered.status != 204 && !is_head) reply_->prepare_payload();
  stream_.tcp().expires_after(Milliseconds(shared_.options.body_ms));
  wire::async_write(stream_, *reply_, [self = shared_from_this()](ErrorNumber error, std::size_t) {
    const bool keeps = self->reply_->keep_alive();
    self->reply_.reset();  // an idle connection holds none of it
    self->under_way_.reset();
    if (error == beast::error::timeout) ++self->shared_.metrics.connections_timed_out;
    if (!error) self->finish(keeps);
  });
}

void ServerConnection::finish(bool keeps) {
  return keeps ? read_header() : linger();
}

// Takes what the client still sends, for a while: closing at once would destroy the answer on its way.
void ServerConnection::linger() {
  stream_.tcp().expires_after(kLingerTime);
  if (!stream_.is_tls()) return shut_down();
  stream_.async_shutdown([self = shared_from_this()](ErrorNumber error) {
    if (!error) self->shut_down();
  });
}

void ServerConnection::shut_down() {
  ErrorNumber error;
  stream_.tcp().socket().shutdown(Tcp::socket::shutdown_send, error);
  if (!error) discard();
}

void ServerConnection::discard() {
  buffer_.clear();
  stream_.tcp().async_read_some(buffer_.prepare(16 << 10),
                                [self = shared_from_this()](ErrorNumber error, std::size_t size) {
                                  self->discarded_ += size;
                                  if (!error && self->discarded_ < limits::kHttpDiscardedSizeMax) self->discard();
                                });
}

}  // namespace glucoledger::http
