#include "bench/node_load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <memory>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/limits.h"
#include "bench/measure.h"

namespace glucoledger::bench {
namespace {

constexpr std::size_t kHeaderMax = base::limits::kHttpResponseHeaderSizeMax;
constexpr std::size_t kReceiveBytes = 256 << 10;
constexpr std::size_t kErrorTextMax = 300;

// The status and the length of the body, once the header is whole. No chunks: nodes tell the length.
struct AnswerHeader {
  unsigned status = 0;
  std::size_t size = 0;  // of header and body
};
std::optional<AnswerHeader> parse_header(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  std::string header(text.substr(0, end));
  std::transform(header.begin(), header.end(), header.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  AnswerHeader answer;
  constexpr std::size_t kStatusAt = 9;  // after "http/1.1 "
  constexpr std::string_view kLength = "\r\ncontent-length:";
  const std::size_t length_at = header.find(kLength);
  if (header.size() < kStatusAt + 3 || length_at == std::string::npos) return AnswerHeader{};
  std::from_chars(header.data() + kStatusAt, header.data() + kStatusAt + 3, answer.status);
  const std::size_t digits = header.find_first_not_of(' ', length_at + kLength.size());
  std::size_t length = 0;
  if (digits != std::string::npos) std::from_chars(header.data() + digits, header.data() + header.size(), length);
  answer.size = end + 4 + length;
  return answer;
}

struct Connection {
  base::Descriptor socket;
  bool busy = false;
  LoadRequest request;
  std::string head;
  std::size_t sent = 0;
  Steady::time_point start;
  std::string received;  // the beginning of the answer; the rest is only counted
  std::size_t received_size = 0;
  std::optional<AnswerHeader> header;
};

class Load {
 public:
  Load(const LoadOptions& options, const NextRequest& next, const base::CancelToken& cancel)
      : options_(options), next_(next), cancel_(cancel) {
    figures_.kinds.resize(options.kinds);
  }

  Result<LoadFigures> run() {
    GL_CHECK(resolve());
    poll_ = base::Descriptor(epoll_create1(EPOLL_CLOEXEC));
    if (poll_.value() < 0) return tl::unexpected(base::system_error("cannot wait for connections"));
    for (std::size_t i = 0; i < options_.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>());
      GL_CHECK(open(*connections_.back()));
    }
    const double cpu_before = cpu_seconds(RUSAGE_THREAD);
    start_ = Steady::now();
    for (auto& connection : connections_) GL_CHECK(begin(*connection));
    while (busy_ > 0) GL_CHECK(wait());
    figures_.seconds = seconds_since(start_);
    figures_.cpu_seconds = cpu_seconds(RUSAGE_THREAD) - cpu_before;
    for (auto& kind : figures_.kinds) std::sort(kind.latency_us.begin(), kind.latency_us.end());
    return std::move(figures_);
  }

 private:
  Result<void> resolve() {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(options_.endpoint.port);
    if (getaddrinfo(options_.endpoint.host.c_str(), port.c_str(), &hints, &found) != 0 || found == nullptr) {
      return fail(ErrorCode::kUnreachable, "the node's name cannot be resolved");
    }
    address_.assign(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen);
    freeaddrinfo(found);
    return {};
  }

  Result<void> open(Connection& connection) {
    const auto* address = reinterpret_cast<const sockaddr*>(address_.data());
    connection.socket = base::Descriptor(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int descriptor = connection.socket.value();
    if (descriptor < 0 || connect(descriptor, address, static_cast<socklen_t>(address_.size())) != 0) {
      return fail(ErrorCode::kUnreachable, "the node takes no connection");
    }
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &connection;
    if (epoll_ctl(poll_.value(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
      return tl::unexpected(base::system_error("cannot wait for a connection"));
    }
    return {};
  }

  // The connection's next request, if there is one and it is not too late.
  Result<void> begin(Connection& connection) {
    connection.busy = false;
    if (seconds_since(start_) >= options_.seconds_max || cancel_.cancelled()) return {};
    auto request = next_();
    if (!request) return {};
    std::size_t size = 0;
    for (const auto part : request->parts) size += part.size();
    connection.request = *request;
    connection.head =
        "POST / HTTP/1.1\r\nHost: " + options_.endpoint.authority() +
        "\r\nContent-Type: application/json\r\nX-IOTA-API-Version: 1\r\nContent-Length: " + std::to_string(size) +
        "\r\n\r\n";
    connection.sent = 0;
    connection.received.clear();
    connection.received_size = 0;
    connection.header.reset();
    connection.busy = true;
    connection.start = Steady::now();
    ++busy_;
    return send(connection);
  }

  Result<void> send(Connection& connection) {
    const std::array<std::string_view, 4> pieces{connection.head, connection.request.parts[0],
                                                 connection.request.parts[1], connection.request.parts[2]};
    for (;;) {
      std::array<iovec, 4> vectors{};
      std::size_t count = 0;
      std::size_t skip = connection.sent;
      for (const auto piece : pieces) {
        const std::size_t gone = std::min(skip, piece.size());
        skip -= gone;
        if (gone == piece.size()) continue;
        vectors[count++] = {const_cast<char*>(piece.data() + gone), piece.size() - gone};
      }
      if (count == 0) return {};
      msghdr message{};
      message.msg_iov = vectors.data();
      message.msg_iovlen = count;
      const ssize_t written = sendmsg(connection.socket.value(), &message, MSG_NOSIGNAL);
      if (written < 0) return errno == EAGAIN ? Result<void>() : broken(connection);
      connection.sent += static_cast<std::size_t>(written);
    }
  }

  // All that has come; the next request follows the answer at once.
  Result<void> receive(Connection& connection) {
    for (;;) {
      const ssize_t count = recv(connection.socket.value(), buffer_.data(), buffer_.size(), 0);
      if (count < 0 && errno == EAGAIN) return {};
      if (count <= 0) return broken(connection);
      const auto size = static_cast<std::size_t>(count);
      connection.received_size += size;
      if (!connection.header || connection.header->status != 200) {
        connection.received.append(buffer_.data(), std::min(size, kHeaderMax));
      }
      if (!connection.header) {
        connection.header = parse_header(connection.received);
        if (connection.received.size() > kHeaderMax && !connection.header) return broken(connection);
        if (connection.header && connection.header->status == 0) return broken(connection);
      }
      if (connection.header && connection.received_size >= connection.header->size) return answered(connection);
    }
  }

  Result<void> answered(Connection& connection) {
    --busy_;
    auto& kind = figures_.kinds[connection.request.kind];
    if (connection.header->status == 200) {
      kind.latency_us.push_back(static_cast<std::uint32_t>(std::lround(seconds_since(connection.start) * 1e6)));
    } else {
      note_error(connection);
    }
    return begin(connection);
  }

  Result<void> broken(Connection& connection) {
    if (connection.busy) {
      --busy_;
      note_error(connection);
    }
    GL_CHECK(open(connection));
    return begin(connection);
  }

  void note_error(const Connection& connection) {
    ++figures_.kinds[connection.request.kind].errors;
    if (!figures_.first_error.empty()) return;
    const std::string_view text = connection.received;
    const std::size_t body = text.find("\r\n\r\n");
    figures_.first_error = body == std::string_view::npos
                               ? std::string("the connection broke")
                               : "status " + std::to_string(connection.header->status) + ": " +
                                     std::string(text.substr(body + 4, kErrorTextMax));
  }

  Result<void> wait() {
    std::array<epoll_event, 64> events;
    const int wait_ms = static_cast<int>(options_.answer_seconds_max * 1e3);
    const int count = epoll_wait(poll_.value(), events.data(), static_cast<int>(events.size()), wait_ms);
    if (count == 0) return fail(ErrorCode::kUnreachable, "the node has stopped answering");
    if (count < 0) return cancel_.cancelled() || errno != EINTR ? fail_waiting() : Result<void>();
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      auto& connection = *static_cast<Connection*>(event.data.ptr);
      if (!connection.busy) continue;
      if ((event.events & EPOLLOUT) != 0) GL_CHECK(send(connection));
      if (connection.busy && (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) GL_CHECK(receive(connection));
    }
    return {};
  }

  Result<void> fail_waiting() const {
    if (cancel_.cancelled()) return fail(ErrorCode::kInterrupted, "interrupted");
    return tl::unexpected(base::system_error("cannot wait for connections"));
  }

  const LoadOptions& options_;
  const NextRequest& next_;
  const base::CancelToken& cancel_;
  std::string address_;
  base::Descriptor poll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::string buffer_ = std::string(kReceiveBytes, '\0');
  std::size_t busy_ = 0;
  Steady::time_point start_;
  LoadFigures figures_;
};

}  // namespace

Result<LoadFigures> run_load(const LoadOptions& options, const NextRequest& next, const base::CancelToken& cancel) {
  return Load(options, next, cancel).run();
}

}  // namespace glucoledger::bench
