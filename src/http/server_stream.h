// A connection's bytes, plain or through TLS, as one type for Beast. Only server_connection.h includes it.
//
// Beast makes each operation a type of its own, and Asio would compile sockets and TLS anew under each of them. Here
// they end at functions that are compiled once, at the price of one small allocation a read or write.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/container/static_vector.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace glucoledger::http {

// Who is told that bytes were read or written, of whatever type. Called once, on the stream's executor.
class TransferHandler {
 public:
  template <typename Handler, typename = std::enable_if_t<!std::is_same_v<std::decay_t<Handler>, TransferHandler>>>
  explicit TransferHandler(Handler&& handler)
      : kept_(std::make_unique<Kept<std::decay_t<Handler>>>(std::forward<Handler>(handler))) {}

  void operator()(boost::system::error_code error, std::size_t size) {
    std::exchange(kept_, nullptr)->call(error, size);
  }

 private:
  struct Callable {
    virtual ~Callable() = default;
    virtual void call(boost::system::error_code error, std::size_t size) = 0;
  };
  template <typename Handler>
  struct Kept final : Callable {
    explicit Kept(Handler&& given) : handler(std::move(given)) {}
    explicit Kept(const Handler& given) : handler(given) {}
    void call(boost::system::error_code error, std::size_t size) override { handler(error, size); }
    Handler handler;
  };
  std::unique_ptr<Callable> kept_;
};

class ServerStream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;  // NOLINT(readability-identifier-naming): Asio's name

  explicit ServerStream(boost::asio::ip::tcp::socket socket) : tcp_(std::move(socket)) {}

  executor_type get_executor() { return tcp_.get_executor(); }
  boost::beast::tcp_stream& tcp() { return tcp_; }
  bool is_tls() const { return tls_ != nullptr; }

  using DoneHandler = std::function<void(boost::system::error_code)>;
  void async_handshake(boost::asio::ssl::context& context, DoneHandler handler);
  // TLS only: says that nothing more comes.
  void async_shutdown(DoneHandler handler);

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    read_some(first_of<boost::asio::mutable_buffer>(buffers), TransferHandler(std::forward<Handler>(handler)));
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    write_some(first_of<boost::asio::const_buffer>(buffers), TransferHandler(std::forward<Handler>(handler)));
  }

 private:
  using Tls = boost::beast::ssl_stream<boost::beast::tcp_stream&>;
  template <typename Buffer>
  using Some = boost::container::static_vector<Buffer, 16>;

  // To transfer some of what was given is all that is asked for.
  template <typename Buffer, typename Buffers>
  static Some<Buffer> first_of(const Buffers& buffers) {
    Some<Buffer> some;
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end && some.size() < some.capacity(); ++at) {
      if (const Buffer buffer = *at; buffer.size() > 0) some.push_back(buffer);
    }
    return some;
  }
  void read_some(const Some<boost::asio::mutable_buffer>& buffers, TransferHandler handler);
  void write_some(const Some<boost::asio::const_buffer>& buffers, TransferHandler handler);

  boost::beast::tcp_stream tcp_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace glucoledger::http
