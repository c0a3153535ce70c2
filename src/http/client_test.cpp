// The client against the server of this room, and against proxies that the test plays.
#include "http/client.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "http/test_certificate.h"
#include "http/test_http_server.h"

namespace glucoledger::http {
namespace {

StreamedBody repeated(char letter, std::size_t size, bool tells_size) {
  const auto left = std::make_shared<std::size_t>(size);
  StreamedBody body;
  body.source = [letter, left](std::span<std::uint8_t> buffer) -> Result<std::size_t> {
    const std::size_t count = std::min(*left, buffer.size());
    std::fill_n(buffer.begin(), count, static_cast<std::uint8_t>(letter));
    *left -= count;
    return count;
  };
  if (tells_size) body.size = size;
  return body;
}

class ClientTest : public HttpServerTest {
 protected:
  Endpoint endpoint() const { return *locator::parse_endpoint(server_->url()); }
};

TEST_F(ClientTest, SendsAnyMethodPathAndHeader) {
  Client client(endpoint());
  for (int i = 0; i < 3; ++i) {
    const auto answer =
        client.call({.method = "POST", .target = "/whole?a=b", .headers = {{"X-Name", "me"}}, .body = "hi"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200u);
    EXPECT_EQ(answer->body, "hi|a=b|me|127.0.0.1");
    EXPECT_EQ(answer->header("x-answer"), "yes");
  }
  EXPECT_LE(metrics_.value("glucoledger_connections"), 1u) << "connections are kept";
  EXPECT_EQ(client.call({.method = "DELETE", .target = "/whole"})->status, 405u);
  EXPECT_EQ(client.call({.method = "HEAD", .target = "/later"})->body, "");
}

TEST_F(ClientTest, StreamsBothWays) {
  Client client(endpoint());
  constexpr std::size_t kSize = 5'000'000;
  for (const bool tells_size : {true, false}) {
    std::size_t received = 0;
    const auto answer = client.call({.method = "PUT",
                                     .target = "/parts",
                                     .body = repeated('z', kSize, tells_size),
                                     .answer_size_max = 0,
                                     .sink = [&](std::string_view bytes) -> Result<void> {
                                       received += bytes.size();
                                       return {};
                                     }});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200u);
    EXPECT_EQ(received, kSize);
  }
  const auto numbers = client.call({.target = "/numbers"});
  EXPECT_EQ(numbers->body, "0\n1\n2\n");
}

TEST_F(ClientTest, AnErrorOfAStreamEndsTheCall) {
  Client client(endpoint());
  StreamedBody broken;
  broken.source = [](std::span<std::uint8_t>) -> Result<std::size_t> { return fail(ErrorCode::kCorrupt, "torn"); };
  EXPECT_EQ(client.call({.method = "PUT", .target = "/parts", .body = broken}).error().code, ErrorCode::kCorrupt);
  const auto full = client.call({.target = "/numbers", .sink = [](std::string_view) -> Result<void> {
                                   return fail(ErrorCode::kFailed, "the disk is full");
                                 }});
  EXPECT_EQ(full.error().message, "the disk is full");
}

TEST_F(ClientTest, SendsFormsWithFiles) {
  Client client(endpoint());
  const std::vector<FormPart> form = {{"note", "", "", "a text"},
                                      {"file", "x.bin", "application/octet-stream", repeated('q', 100'000, true)}};
  const auto answer = client.call({.method = "PUT", .target = "/parts", .body = form});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_NE(answer->body.find("name=\"note\"\r\n\r\na text\r\n"), std::string::npos);
  EXPECT_NE(answer->body.find("name=\"file\"; filename=\"x.bin\"\r\n"), std::string::npos);
  EXPECT_NE(answer->body.find(std::string(100'000, 'q')), std::string::npos);
}

TEST_F(ClientTest, DoesNotFollowRedirects) {
  Client client(endpoint());
  const auto answer = client.call({.target = "/elsewhere"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302u);
  EXPECT_EQ(answer->header("Location"), "/numbers");
}

TEST_F(ClientTest, BoundsAnswers) {
  Client client(endpoint());
  const auto answer = client.call({.target = "/numbers", .answer_size_max = 5});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnreachable);
  EXPECT_NE(answer.error().message.find("larger than is allowed"), std::string::npos);
}

TEST_F(ClientTest, RefusesWhatWouldBreakOutOfItsLine) {
  Client client(endpoint());
  for (const Call& call : {Call{.method = "GET / HTTP/1.1\r\nX:"}, Call{.target = "/a b"}, Call{.target = "a"},
                           Call{.target = "/\r\n"}, Call{.headers = {{"X", "a\r\nY: b"}}}}) {
    EXPECT_EQ(client.call(call).error().code, ErrorCode::kUsage);
  }
}

TEST_F(ClientTest, EndsWhenItIsCancelled) {
  Client client(endpoint());
  base::CancelSource source;
  std::thread canceller([&] {
    while (metrics_.value("glucoledger_connections") == 0) std::this_thread::yield();
    source.trip();
  });
  StreamedBody endless;  // gives nothing new, and never ends
  endless.source = [](std::span<std::uint8_t> buffer) -> Result<std::size_t> {
    buffer.front() = 'x';
    return 1;
  };
  const auto answer = client.call({.method = "PUT", .target = "/parts", .body = endless}, source.token());
  canceller.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(client.call({}, source.token()).error().code, ErrorCode::kInterrupted);
}

TEST_F(ClientTest, TrustsByAFileOfCertificates) {
  const SecretFolder folder;
  ServerOptions options;
  options.tls = make_certificate(folder, "127.0.0.1");
  start(options);
  ClientOptions trusting;
  trusting.ca_file = options.tls->certificate.string();
  Client client(endpoint(), trusting);
  const auto answer = client.call({.target = "/later"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "later");

  Client stranger(endpoint());
  const auto distrusted = stranger.call({.target = "/later"});
  ASSERT_FALSE(distrusted);
  EXPECT_NE(distrusted.error().message.find("could not be trusted"), std::string::npos);
  EXPECT_EQ(distrusted.error().advice, stranger.options().trust_advice);
  EXPECT_EQ(distrusted.error().next_step, "");
  Endpoint other = endpoint();
  other.host = "localhost";
  const auto mistaken = Client(other, trusting).call({});
  ASSERT_FALSE(mistaken);
  EXPECT_NE(mistaken.error().message.find("for another host"), std::string::npos) << mistaken.error().message;
  Endpoint plain = endpoint();
  plain.is_tls = false;
  EXPECT_EQ(Client(plain).call({})->status, 400u);
  start({});
  Endpoint secure = endpoint();
  secure.is_tls = true;
  EXPECT_NE(Client(secure, trusting).call({}).error().next_step.find("http://"), std::string::npos);
}

TEST(ClientOptionsTest, ATokenDoesNotGoOutUnencrypted) {
  ClientOptions options;
  options.token = std::make_shared<const SecretBytes>(base::to_bytes("secret"));
  Client client(*locator::parse_endpoint("http://192.0.2.1:1"), options);
  EXPECT_EQ(client.call({.method = "POST"}).error().code, ErrorCode::kUsage);
}

// A proxy that takes one connection, keeps what it is asked, and answers with what it is told.
class OneProxy {
 public:
  explicit OneProxy(std::string reply) : reply_(std::move(reply)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<::sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<::sockaddr*>(&address), &size), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~OneProxy() { ::close(listener_); }
  const std::string& url() const { return url_; }
  std::string asked() {
    thread_.join();
    return asked_;
  }

 private:
  void serve() {
    const int connection = ::accept(listener_, nullptr, nullptr);
    std::array<char, 4096> buffer{};
    while (asked_.find("\r\n\r\n") == std::string::npos) {
      const auto size = ::recv(connection, buffer.data(), buffer.size(), 0);
      if (size <= 0) break;
      asked_.append(buffer.data(), static_cast<std::size_t>(size));
    }
    (void)!::send(connection, reply_.data(), reply_.size(), MSG_NOSIGNAL);
    ::close(connection);
  }
  std::string reply_;
  int listener_;
  std::string url_;
  std::string asked_;
  std::thread thread_;
};

class ProxyTest : public testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"http_proxy", "https_proxy", "no_proxy"}) ::unsetenv(name);
  }
};

TEST_F(ProxyTest, PlainHttpGoesThroughTheProxyOfTheEnvironment) {
  OneProxy proxy("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes");
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  Client client(*locator::parse_endpoint("http://store.invalid:5001"));
  const auto answer = client.call({.method = "POST", .target = "/api/v0/id", .body = "x"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "yes");
  EXPECT_TRUE(proxy.asked().starts_with("POST http://store.invalid:5001/api/v0/id HTTP/1.1\r\n"));
}

TEST_F(ProxyTest, TlsGoesThroughATunnelThatSeesNothing) {
  OneProxy proxy("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  ::setenv("https_proxy", proxy.url().c_str(), 1);
  ClientOptions options;
  options.token = std::make_shared<const SecretBytes>(base::to_bytes("secret"));
  Client client(*locator::parse_endpoint("https://node.invalid:443"), options);
  EXPECT_EQ(client.call({.target = "/private"}).error().code, ErrorCode::kUnreachable);
  const std::string asked = proxy.asked();
  EXPECT_TRUE(asked.starts_with("CONNECT node.invalid:443 HTTP/1.1\r\n")) << asked;
  EXPECT_EQ(asked.find("secret"), std::string::npos);
  EXPECT_EQ(asked.find("private"), std::string::npos);
}

TEST_F(ProxyTest, SomeHostsAndThisMachineNeedNone) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("no_proxy", "store.invalid", 1);
  const auto direct = Client(*locator::parse_endpoint("http://store.invalid:5001")).call({});
  EXPECT_NE(direct.error().message.find("resolve"), std::string::npos) << direct.error().message;
  OneProxy here("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(Client(*locator::parse_endpoint(here.url())).call({})->status, 200u);
  EXPECT_TRUE(here.asked().starts_with("GET / HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace glucoledger::http
