// One connection of a server: reads a request, has it answered, writes the answer, and again. Only the server's own
// files include it: Beast and Asio take long to compile.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http/connections.h"
#include "http/growing_body.h"
#include "http/server_shared.h"
#include "http/server_stream.h"

namespace glucoledger::http {

// Lives as long as an operation of it, or who is to answer it. Its functions run one after another, on its strand, but
// for those of Responder and Connection.
class ServerConnection final : public Responder,
                               public Connection,
                               public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(boost::asio::ip::tcp::socket socket, ServerShared& shared);
  ~ServerConnection() override;
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;
  void start();
  ServerStream::executor_type executor() { return stream_.get_executor(); }

  void close_where_it_waits() override;
  void look_at_stream() override { wake(); }
  void close() override;

  Request& request() override { return request_; }
  void reply(Reply reply) override;
  void reply(Reply head, std::unique_ptr<ReplyStream> stream, StreamLength length) override;
  void refuse(unsigned status, std::string_view reason) override;
  void wake() override;
  void read_body(TakePart take) override;
  void run_aside(std::function<void()> task) override;
  void when_gone(std::function<void()> gone) override;

 private:
  using ErrorNumber = boost::system::error_code;
  template <typename Body>
  using Parser = boost::beast::http::request_parser<Body>;
  struct Answer {
    Reply reply;
    std::unique_ptr<ReplyStream> stream;
    StreamLength length;
  };

  // For its client: then it may have to give way to another connection.
  void begin_to_wait();
  void stop_waiting();
  const Cors& cors() const;
  void refuse_plain_http();
  void read_header();
  void look_for_header();
  void parse_header();
  void refuse_unreadable(ErrorNumber error);
  // More than is held already.
  bool has_no_room_for(std::size_t size) const;
  void begin_request() { under_way_.emplace(shared_.requests, shared_.metrics.memory_size, presence_.peer()); }
  void refuse_now(unsigned status, std::string_view reason);
  Reply refusal(unsigned status, std::string_view reason);
  template <typename Body>
  void take_head(const boost::beast::http::request<Body>& head);
  void on_header();
  void look_at_origin();
  void prepare_body(const Route& route, std::size_t size);
  void read_whole_body();
  void read_part(const std::shared_ptr<TakePart>& take);
  void call_handler();
  void give(Answer answer);
  void write(Answer answer);
  void write_whole(Reply reply);
  bool is_read() const;
  bool goes_on() const;
  void finish(bool keeps);
  void watch(const std::shared_ptr<std::function<void()>>& gone);
  void linger();
  void shut_down();
  void discard();

  void begin_stream(Answer answer);
  void next_part();
  void write_part(std::string_view bytes, bool is_last);
  void write_out();
  void rest();
  void cut();

  ServerShared& shared_;
  const boost::asio::ip::address address_;
  const Connections::Presence presence_;  // goes after all that uses the server
  ServerStream stream_;
  std::string peer_;
  boost::beast::flat_buffer buffer_;
  std::size_t header_searched_ = 0;  // so much of the buffer holds no end of a header
  // The request: its head first, then its body after one of the other two, which takes over the head.
  std::optional<Parser<boost::beast::http::empty_body>> head_;
  std::optional<Parser<GrowingBody>> whole_;
  std::optional<Parser<boost::beast::http::buffer_body>> parts_;
  std::size_t body_wire_size_ = 0;  // with what frames it
  std::string part_;
  Request request_;
  const Router::Entry* entry_ = nullptr;
  bool keep_alive_ = false;  // as the client wishes
  Cors own_cors_;            // of a page that may do everything
  std::optional<boost::beast::http::response<boost::beast::http::empty_body>> continue_;
  std::optional<boost::beast::http::response<boost::beast::http::string_body>> reply_;
  std::optional<UnderWay> under_way_;
  std::optional<Connections::Place> place_;
  std::optional<Connections::Place> waiting_place_;
  std::optional<boost::asio::steady_timer> timer_;  // of watching for the client's end, or of a stream's heartbeat
  std::optional<Answer> early_;                     // given by the handler before it returned
  std::atomic<bool> is_answered_ = false;           // from any thread
  std::atomic<bool> is_woken_ = false;
  std::size_t discarded_ = 0;
  bool close_after_reply_ = false;

  // A streamed answer.
  std::unique_ptr<ReplyStream> source_;
  std::string out_;
  bool is_chunked_ = false;
  bool is_writing_ = false;
  bool has_ended_ = false;
  bool goes_on_after_stream_ = false;
};

}  // namespace glucoledger::http
