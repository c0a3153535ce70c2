// How a connection writes an answer that comes in parts.
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>

#include "http/response_head.h"
#include "http/server_connection.h"

namespace glucoledger::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = beast::http;
using Milliseconds = std::chrono::milliseconds;

// RFC 9112, 7.1.
std::string chunk_of(std::string_view bytes) {
  std::array<char, 20> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  return std::string(size.data()).append(bytes).append("\r\n");
}

}  // namespace

void ServerConnection::begin_stream(Answer answer) {
  under_way_->hold(0);
  source_ = std::move(answer.stream);
  has_ended_ = false;
  goes_on_after_stream_ = !answer.length.until_close && goes_on();
  is_chunked_ = !answer.length.until_close && !answer.length.size;
  std::string framing;
  if (answer.length.size) framing = "Content-Length: " + std::to_string(*answer.length.size) + "\r\n";
  if (is_chunked_) framing = "Transfer-Encoding: chunked\r\n";
  if (!goes_on_after_stream_) framing += "Connection: close\r\n";
  const auto reason = wire::obsolete_reason(static_cast<wire::status>(answer.reply.status));
  out_ = stream_head(answer.reply, cors(), {reason.data(), reason.size()}, framing);
  if (request_.method == "HEAD") has_ended_ = true;
  if (!timer_) timer_.emplace(stream_.get_executor());
  write_out();
}

// From any thread.
void ServerConnection::wake() {
  if (is_woken_.exchange(true)) return;
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->is_woken_ = false;
    self->next_part();
  });
}

void ServerConnection::next_part() {
  if (!source_ || is_writing_ || has_ended_) return;
  try {
    if (shared_.stopping) {
      if (const auto farewell = source_->farewell()) return write_part(*farewell, true);
    }
    ReplyStream::Part part = source_->next();
    if (part.state == ReplyStream::State::kBroken) return cut();
    const bool is_last = part.state == ReplyStream::State::kEnds;
    if (is_last || !part.bytes.empty()) return write_part(part.bytes, is_last);
    if (part.state == ReplyStream::State::kMore) return wake();
    rest();
  } catch (...) {
    shared_.note_exception();
    cut();
  }
}

// Until somebody wakes the stream, or a heartbeat is due.
void ServerConnection::rest() {
  timer_->expires_after(Milliseconds(shared_.options.heartbeat_ms));
  timer_->async_wait([self = shared_from_this()](ErrorNumber cancelled) {
    if (cancelled || !self->source_ || self->is_writing_ || self->has_ended_) return;
    const std::string beat = self->source_->heartbeat();
    return beat.empty() ? self->rest() : self->write_part(beat, false);
  });
}

void ServerConnection::write_part(std::string_view bytes, bool is_last) {
  has_ended_ = is_last;
  out_.clear();
  if (!bytes.empty()) out_ = is_chunked_ ? chunk_of(bytes) : std::string(bytes);
  if (is_last && is_chunked_) out_ += "0\r\n\r\n";
  write_out();
}

void ServerConnection::write_out() {
  is_writing_ = true;
  timer_->cancel();
  begin_to_wait();
  stream_.tcp().expires_after(Milliseconds(shared_.options.body_ms));
  asio::async_write(stream_, asio::buffer(out_), [self = shared_from_this()](ErrorNumber error, std::size_t) {
    self->is_writing_ = false;
    self->stop_waiting();
    if (error == beast::error::timeout) ++self->shared_.metrics.connections_timed_out;
    if (error) return self->cut();
    if (!self->has_ended_) {
      self->stream_.tcp().expires_never();
      return self->next_part();
    }
    self->source_.reset();
    self->under_way_.reset();
    self->finish(self->goes_on_after_stream_ && !self->shared_.stopping);
  });
}

void ServerConnection::cut() {
  has_ended_ = true;
  source_.reset();
  under_way_.reset();
  stream_.tcp().close();
}

}  // namespace glucoledger::http
