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
constexpr std::size_t kSharesOfMemory = 2;  // so that who has one leaves room for others
constexpr const char* kNoRoomForBody = "too much is being sent to this server: repeat later";

// The connection whose handler this thread is in: its answer needs no queue.
thread_local const ServerConnection* handled_here = nullptr;

std::string_view text(const beast::string_view& view) {
  return {view.data(), view.size()};
}

asio::ip::address address_of(const Tcp::socket& socket) {
  boost::system::error_code error;
  const Tcp::endpoint peer = socket.remote_endpoint(error);
  return error ? asio::ip::address() : peer.address();
}

// What counts as one client: an IPv4 address, or the 64 bits of an IPv6 network that one site has to itself.
std::string share_of(const asio::ip::address& address) {
  if (!address.is_v6()) return address.to_string();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), std::uint8_t{0});
  return asio::ip::address_v6(bytes).to_string();
}

// An empty line; also one that bare line feeds make, so that these are refused at once.
bool has_header_end(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('\n') || rest.starts_with("\r\n")) return true;
  }
  return false;
}

std::size_t lines_of_header(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  return static_cast<std::size_t>(
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(end, text.size())), '\n'));
}

// A page whose name an attacker lets point here (DNS rebinding) names a host of the attacker's, which has a dot.
bool is_own_name(std::string_view host, const std::vector<std::string>& names) {
  if (const std::size_t port = host.rfind(':'); port != host.npos && host.find(']', port) == host.npos) {
    host = host.substr(0, port);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  (void)asio::ip::make_address(host, error);
  const auto is_it = [&](const std::string& name) { return equal_but_for_case(name, host); };
  return !error || host.find('.') == host.npos || host.ends_with(".localhost") ||
         std::any_of(names.begin(), names.end(), is_it);
}

// What would leave open where the request ends, or for whom it is (RFC 9112, 3.2 and 6); nothing where all is well.
template <typename Fields>
const char* fault_of(const wire::header<true, Fields>& head) {
  const bool is_1_1 = head.version() == 11;
  if (head.count(wire::field::host) > 1 || (is_1_1 && head.count(wire::field::host) == 0)) {
    return "Bad Request: a request has one Host";
  }
  const std::size_t encodings = head.count(wire::field::transfer_encoding);
  if (encodings == 0) return nullptr;
  const bool is_chunked = encodings == 1 && equal_but_for_case(text(head[wire::field::transfer_encoding]), "chunked");
  if (!is_chunked) return "Bad Request: the only Transfer-Encoding that is taken is chunked";
  if (!is_1_1 || head.count(wire::field::content_length) > 0) return "Bad Request: chunked, or of a length, not both";
  return nullptr;
}

bool is_plain_http(const boost::system::error_code& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
}

}  // namespace

ServerConnection::ServerConnection(Tcp::socket socket, ServerShared& shared)
    : shared_(shared),
      address_(address_of(socket)),
      presence_(shared.connections, share_of(address_)),
      stream_(std::move(socket)),
      buffer_(kBufferMax + limits::kHttpRequestHeaderSizeMax) {
  ++shared_.metrics.connections;
  ErrorNumber error;
  stream_.tcp().socket().set_option(Tcp::no_delay(true), error);
  peer_ = address_.to_string();
}

ServerConnection::~ServerConnection() {
  stop_waiting();
  if (place_) shared_.connections.leave(*place_);
  --shared_.metrics.connections;
}

void ServerConnection::start() {
  place_ = shared_.connections.enter(shared_from_this());
  auto tls = shared_.tls();
  if (!tls) return read_header();
  begin_to_wait();
  stream_.tcp().expires_after(kHandshakeTime);
  stream_.async_handshake(*tls, [self = shared_from_this(), tls](ErrorNumber error) {
    if (!error) return self->read_header();
    ++self->shared_.metrics.handshakes_failed;
    if (is_plain_http(error)) self->refuse_plain_http();
  });
}

void ServerConnection::close_where_it_waits() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->waiting_place_) self->stream_.tcp().close();
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

void ServerConnection::begin_to_wait() {
  stop_waiting();
  waiting_place_ = shared_.connections.begin_to_wait(presence_.peer(), weak_from_this());
}

void ServerConnection::stop_waiting() {
  if (waiting_place_) shared_.connections.stop_waiting(presence_.peer(), *waiting_place_);
  waiting_place_.reset();
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
  own_cors_ = {};
  keep_alive_ = false;
  head_.emplace();
  head_->header_limit(limits::kHttpRequestHeaderSizeMax);
  head_->body_limit(boost::none);  // the route's, once it is known
  header_searched_ = 0;
  begin_to_wait();
  stream_.tcp().expires_after(Milliseconds(shared_.options.idle_ms));
  look_for_header();
}

// Nothing is made of a header before all of it is here, and the number of its fields known.
void ServerConnection::look_for_header() {
  std::string_view held(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  std::size_t empty_lines = 0;  // as some clients send behind a body (RFC 9112, 2.2)
  while (held.substr(empty_lines).starts_with("\r\n")) empty_lines += 2;
  if (empty_lines > 0) header_searched_ = 0;
  buffer_.consume(empty_lines);
  held.remove_prefix(empty_lines);
  const bool is_begun_as_http = held.empty() || (held.front() >= 'A' && held.front() <= 'z');  // not by TLS, say
  if (!is_begun_as_http || has_header_end(held.substr(header_searched_))) return parse_header();
  if (held.size() >= limits::kHttpRequestHeaderSizeMax) return refuse_now(431, "Request Header Fields Too Large");
  header_searched_ = held.size() - std::min<std::size_t>(held.size(), 2);
  const std::size_t free = std::max(buffer_.capacity() - buffer_.size(), kBufferKept / 4);
  stream_.async_read_some(buffer_.prepare(free), [self = shared_from_this()](ErrorNumber error, std::size_t size) {
    if (error) return self->refuse_unreadable(error);
    self->buffer_.commit(size);
    self->look_for_header();
  });
}

void ServerConnection::parse_header() {
  const std::string_view held(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  if (lines_of_header(held) > limits::kHttpHeaderLinesMax) return refuse_now(431, "Request Header Fields Too Many");
  ErrorNumber error;
  buffer_.consume(head_->put(buffer_.data(), error));
  if (error) return refuse_unreadable(error);
  if (!head_->is_header_done()) return refuse_unreadable(wire::error::need_more);
  on_header();
}

void ServerConnection::refuse_unreadable(ErrorNumber error) {
  if (error == beast::error::timeout) ++shared_.metrics.connections_timed_out;
  if (error == wire::error::body_limit) return refuse_now(413, "Request Entity Too Large");
  if (error == wire::error::header_limit) return refuse_now(431, "Request Header Fields Too Large");
  const bool is_bad_http = error.category() == wire::make_error_code(wire::error::bad_method).category() &&
                           error != wire::error::end_of_stream && error != wire::error::partial_message;
  if (is_bad_http) return refuse_now(400, "Bad Request: this is not HTTP");
  under_way_.reset();
  stop_waiting();
}

// In all, and of one address, which others are not to want for; what is small is always taken.
bool ServerConnection::has_no_room_for(std::size_t size) const {
  const std::size_t held = under_way_ ? under_way_->held() : 0;
  if (size <= kAlwaysTaken) return false;
  return shared_.metrics.memory_size + size > shared_.options.memory_max + held ||
         presence_.peer().memory_size + size > shared_.options.memory_max / kSharesOfMemory + held;
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

// What a page asks is told by its browser.
void ServerConnection::look_at_origin() {
  const std::string_view origin = request_.header("Origin");
  if (origin.empty()) return;
  const auto& origins = shared_.options.origins;
  const bool is_allowed = std::find(origins.begin(), origins.end(), origin) != origins.end();
  if (is_allowed) {
    own_cors_ = shared_.router.cors();
    own_cors_.origins = origin;
  }
  const bool is_same = origin == std::string(request_.is_tls ? "https://" : "http://").append(request_.header("Host"));
  request_.is_foreign_page = shared_.is_open() && !is_allowed && !is_same;
}

const Cors& ServerConnection::cors() const {
  static const Cors kNone;
  if (!own_cors_.origins.empty()) return own_cors_;
  return entry_ != nullptr && !entry_->route.is_for_pages ? kNone : shared_.router.cors();
}

void ServerConnection::on_header() {
  begin_request();
  is_answered_ = false;
  if (const char* fault = fault_of(head_->get())) return refuse_now(400, fault);
  take_head(head_->get());
  request_.is_authenticated = shared_.allows(request_.header("Authorization"));
  if (shared_.is_open() && !is_own_name(request_.header("Host"), shared_.options.names)) {
    return refuse_now(421, "Misdirected Request: this server does not answer under that name");
  }
  look_at_origin();
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
    return refuse_now(503, kNoRoomForBody);
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
  body_wire_size_ = 0;
  if (route.body == Route::Body::kWhole) {
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
}

// Memory is counted as bytes come: what is announced takes none.
void ServerConnection::read_whole_body() {
  std::string& body = whole_->get().body();
  if (whole_->is_done()) {
    request_.body = std::move(body);
    return call_handler();
  }
  if (has_no_room_for(body.capacity())) return refuse_now(503, kNoRoomForBody);
  // Chunks may wrap a body in more than it is.
  if (body_wire_size_ > 2 * entry_->route.body_size_max + kBufferMax) return refuse_unreadable(wire::error::body_limit);
  under_way_->hold(body.capacity());
  wire::async_read_some(stream_, buffer_, *whole_, [self = shared_from_this()](ErrorNumber error, std::size_t size) {
    if (error) return self->refuse_unreadable(error);
    self->body_wire_size_ += size;
    self->read_whole_body();
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
  begin_to_wait();
  wire::async_read_some(stream_, buffer_, *parts_, [self = shared_from_this(), take](ErrorNumber error, std::size_t) {
    self->stop_waiting();
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
  stop_waiting();
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
  for (const auto& [name, value] : header_fields(answered, cors(), shared_.challenge)) {
    reply_->set(beast::string_view(name.data(), name.size()), beast::string_view(value.data(), value.size()));
  }
  const bool is_head = request_.method == "HEAD";  // told the size of what GET gets
  if (is_head) reply_->content_length(answered.body.size());
  reply_->keep_alive(goes_on());
  if (!is_head) reply_->body() = std::move(answered.body);
  if (answered.status != 204 && !is_head) reply_->prepare_payload();
  stream_.tcp().expires_after(Milliseconds(shared_.options.body_ms));
  begin_to_wait();
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
  begin_to_wait();
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
