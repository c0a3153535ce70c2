#include "bench/delay_proxy.h"

#include <array>
#include <boost/asio.hpp>
#include <chrono>
#include <deque>
#include <thread>
#include <vector>

namespace glucoledger::bench {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using TimeClock = std::chrono::steady_clock;
using ErrorOf = boost::system::error_code;

// One way of a connection: what is read waits for its time and is then written.
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  Lane(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to, TimeClock::duration delay,
       TimeClock::time_point not_before)
      : from_(std::move(from)), to_(std::move(to)), timer_(from_->get_executor()), delay_(delay), due_(not_before) {}

  void read() {
    from_->async_read_some(asio::buffer(buffer_), [self = shared_from_this()](ErrorOf error, std::size_t size) {
      if (error) {
        self->ended_ = true;
      } else {
        self->due_ = std::max(self->due_, TimeClock::now() + self->delay_);
        self->waiting_.push_back({self->due_, {self->buffer_.begin(), self->buffer_.begin() + size}});
      }
      if (!self->writing_) self->write();
      if (!error) self->read();
    });
  }

 private:
  struct Piece {
    TimeClock::time_point due;
    std::vector<char> bytes;
  };

  void write() {
    writing_ = !waiting_.empty();
    if (!writing_) {
      ErrorOf ignored;
      if (ended_) to_->shutdown(tcp::socket::shutdown_send, ignored);
      return;
    }
    timer_.expires_at(waiting_.front().due);
    timer_.async_wait([self = shared_from_this()](ErrorOf) {
      asio::async_write(*self->to_, asio::buffer(self->waiting_.front().bytes), [self](ErrorOf error, std::size_t) {
        self->waiting_.pop_front();
        if (error) self->waiting_.clear();
        self->write();
      });
    });
  }

  std::shared_ptr<tcp::socket> from_;
  std::shared_ptr<tcp::socket> to_;
  asio::steady_timer timer_;
  TimeClock::duration delay_;
  TimeClock::time_point due_;
  std::array<char, 64 * 1024> buffer_;
  std::deque<Piece> waiting_;
  bool writing_ = false;
  bool ended_ = false;
};

}  // namespace

struct DelayProxy::Implementation {
  Implementation(std::uint16_t port, std::chrono::milliseconds round_trip_time)
      : upstream(asio::ip::address_v4::loopback(), port), round_trip(round_trip_time) {}
  ~Implementation() {
    context.stop();
    if (thread.joinable()) thread.join();
  }

  void accept() {
    acceptor.async_accept([this](ErrorOf error, tcp::socket accepted) {
      if (error) return;
      auto client = std::make_shared<tcp::socket>(std::move(accepted));
      auto server = std::make_shared<tcp::socket>(context);
      ErrorOf refused;
      server->connect(upstream, refused);  // loopback: at once
      if (!refused) {
        ErrorOf ignored;
        client->set_option(tcp::no_delay(true), ignored);
        server->set_option(tcp::no_delay(true), ignored);
        const TimeClock::duration half = TimeClock::duration(round_trip) / 2;
        const auto now = TimeClock::now();
        std::make_shared<Lane>(client, server, half, now + round_trip + half)->read();
        std::make_shared<Lane>(server, client, half, now)->read();
      }
      accept();
    });
  }

  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  tcp::endpoint upstream;
  std::chrono::milliseconds round_trip;
  std::thread thread;
};

Result<std::unique_ptr<DelayProxy>> DelayProxy::start(std::uint16_t port, int round_trip_ms) {
  auto implementation = std::make_unique<Implementation>(port, std::chrono::milliseconds(round_trip_ms));
  auto& acceptor = implementation->acceptor;
  ErrorOf error;
  acceptor.open(tcp::v4(), error);
  if (!error) acceptor.bind({asio::ip::address_v4::loopback(), 0}, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error) return fail(ErrorCode::kFailed, "the delaying proxy cannot listen: " + error.message());
  implementation->accept();
  implementation->thread = std::thread([&context = implementation->context] {
    try {
      context.run();
    } catch (const std::exception&) {  // then nobody is answered any more, and the measurement fails
    }
  });
  return std::unique_ptr<DelayProxy>(new DelayProxy(std::move(implementation)));
}

DelayProxy::DelayProxy(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
DelayProxy::~DelayProxy() = default;

std::string DelayProxy::url() const {
  return "http://127.0.0.1:" + std::to_string(implementation_->acceptor.local_endpoint().port());
}

}  // namespace glucoledger::bench
