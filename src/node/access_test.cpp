// Who may do what at a node, and TLS: over a certificate that the test makes.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>

#include "http/test_certificate.h"
#include "node/test_server.h"

namespace glucoledger::node {
namespace {

constexpr const char* kToken = "a-token-of-some-length";

// Sends a request through TLS; the server's name in its certificate, a line, and the answer. Empty when refused.
std::string ask_by_tls(std::uint16_t port, const std::string& request, int version_max = TLS1_3_VERSION) {
  const RawConnection connection(port);
  SSL_CTX* context = ::SSL_CTX_new(::TLS_client_method());
  SSL_CTX_set_max_proto_version(context, version_max);
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  ::SSL_CTX_set_security_level(context, 0);
  SSL* tls = ::SSL_new(context);
  ::SSL_set_fd(tls, connection.descriptor());
  std::string answer;
  if (::SSL_connect(tls) == 1) {
    X509* certificate = ::SSL_get1_peer_certificate(tls);
    std::array<char, 64> name{};
    ::X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
    ::X509_free(certificate);
    answer = std::string(name.data()) + "\n";
    EXPECT_GT(::SSL_write(tls, request.data(), static_cast<int>(request.size())), 0);
    std::array<char, 4096> buffer{};
    for (int size = 1; size > 0;) {
      size = ::SSL_read(tls, buffer.data(), buffer.size());
      if (size > 0) answer.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }
  ::SSL_free(tls);
  ::SSL_CTX_free(context);
  return answer;
}

class AccessToServer : public ServerTest {
 protected:
  void SetUp() override { start({}, options()); }
  ServerOptions options() const {
    ServerOptions options;
    options.token = *http::TokenCheck::from_file(folder_.write("token", kToken, 0600));
    return options;
  }
  std::string ask(const std::string& body, const std::string& fields) const {
    return raw(http_post(body, "Connection: close\r\n" + fields));
  }
  const http::SecretFolder folder_{};
  const std::string bearer_ = std::string("Authorization: Bearer ") + kToken + "\r\n";
};

TEST_F(AccessToServer, ReadingIsForEveryone) {
  for (const char* name :
       {"getNodeInfo", "getNodeAPIConfiguration", "getTips", "getTransactionsToApprove", "findTransactions",
        "getTrytes", "getInclusionStates", "checkConsistency", "getNeighbors", "getMissingTransactions"}) {
    const std::string answer = ask(R"({"command":")" + std::string(name) + "\"}", "");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << name << answer;
  }
  EXPECT_TRUE(get("/health").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(get("/metrics").starts_with("HTTP/1.1 200"));
}

TEST_F(AccessToServer, EverythingElseNeedsTheToken) {
  for (const char* name : {"attachToTangle", "interruptAttachingToTangle", "storeTransactions", "broadcastTransactions",
                           "addNeighbors", "removeNeighbors"}) {
    const std::string body = R"({"command":")" + std::string(name) + "\"}";
    for (const char* fields : {"", "Authorization: Bearer another-token-of-some-length\r\n"}) {
      const std::string answer = ask(body, fields);
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 401")) << name;
      EXPECT_NE(answer.find("WWW-Authenticate: Bearer"), std::string::npos);
      EXPECT_EQ(answer.find(kToken), std::string::npos);
    }
    EXPECT_FALSE(ask(body, bearer_).starts_with("HTTP/1.1 401")) << name;
  }
}

TEST_F(AccessToServer, TlsFromVersion12) {
  ServerOptions options;
  options.tls = http::make_certificate(folder_, "first");
  start({}, options);
  EXPECT_TRUE(server_->url().starts_with("https://"));
  const std::string request = http_post(R"({"command":"getNodeInfo"})");
  EXPECT_TRUE(ask_by_tls(port(), request).starts_with("first\nHTTP/1.1 200"));
  EXPECT_TRUE(ask_by_tls(port(), request, TLS1_2_VERSION).starts_with("first\nHTTP/1.1 200"));
  EXPECT_EQ(ask_by_tls(port(), request, TLS1_1_VERSION), "");
  EXPECT_EQ(raw(request).find("HTTP/1.1 200"), std::string::npos);  // plain HTTP

  http::make_certificate(folder_, "second");
  ASSERT_TRUE(server_->reload_tls());
  EXPECT_TRUE(ask_by_tls(port(), request).starts_with("second\nHTTP/1.1 200"));
  folder_.write("tls.crt", "broken", 0644);
  EXPECT_FALSE(server_->reload_tls());
  EXPECT_TRUE(ask_by_tls(port(), request).starts_with("second\nHTTP/1.1 200"));
  EXPECT_GE(figure("glucoledger_tls_handshakes_failed_total"), 2u);
}

TEST_F(AccessToServer, PlainHttpToATlsPortIsToldSo) {
  ServerOptions options;
  options.tls = http::make_certificate(folder_, "node");
  start({}, options);
  for (const std::string& request :
       {http_post(R"({"command":"getNodeInfo"})"), std::string("GET /health HTTP/1.0\r\n\r\n"),
        http_post(std::string(100'000, 'x'))}) {
    const std::string answer = raw(request);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
    EXPECT_NE(answer.find("this port speaks https"), std::string::npos) << answer;
  }
  EXPECT_EQ(raw("nothing that is known\r\n\r\n").find("HTTP"), std::string::npos);
}

}  // namespace
}  // namespace glucoledger::node
