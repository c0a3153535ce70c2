#include "http/server.h"

#include <gtest/gtest.h>

#include "http/test_certificate.h"
#include "http/test_http_server.h"

namespace glucoledger::http {
namespace {

TEST_F(HttpServerTest, AHandlerSeesTheRequestAndSaysWhatComesBack) {
  const std::string answer = exchange_raw(
      port(), "POST /whole?a=b HTTP/1.1\r\nHost: x\r\nX-Name: me\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhi|a=b|me|127.0.0.1")) << answer;
  EXPECT_NE(answer.find("X-Answer: yes\r\n"), std::string::npos);
  EXPECT_NE(answer.find("Content-Type: text/plain\r\n"), std::string::npos);
  EXPECT_EQ(answer.find("Access-Control"), std::string::npos) << "only where the router says so";
}

TEST_F(HttpServerTest, ABodyIsReadAsItComes) {
  const std::string body(3'000'000, 'x');
  const std::string request =
      "PUT /parts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  EXPECT_TRUE(exchange_raw(port(), request).ends_with("\r\n\r\n" + body));
  EXPECT_TRUE(exchange_raw(port(),
                           "PUT /parts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n")
                  .ends_with("\r\n\r\nhello!"));
  EXPECT_TRUE(
      exchange_raw(port(), "PUT /parts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ends_with("\r\n\r\n"));
  EXPECT_TRUE(exchange_raw(port(), "PUT /parts HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
                  .starts_with("HTTP/1.1 413"));
  EXPECT_EQ(metrics_.value("glucoledger_request_memory_bytes"), 0u);
}

TEST_F(HttpServerTest, AnAnswerMayBeAStream) {
  const std::string answer = get("/numbers");
  EXPECT_NE(answer.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n2\r\n0\n\r\n2\r\n1\n\r\n2\r\n2\n\r\n0\r\n\r\n")) << answer;
  const RawConnection kept(port());  // and the connection goes on
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(kept.send("GET /numbers HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_TRUE(kept.receive("\r\n0\r\n\r\n").ends_with("2\n\r\n0\r\n\r\n"));
  }
  const std::string head = exchange_raw(port(), "HEAD /numbers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
}

// What would leave open where a request ends, or for whom it is.
TEST_F(HttpServerTest, RequestsThatMayBeReadInTwoWaysAreRefused) {
  const std::string begin = "POST /whole HTTP/1.1\r\n";
  const std::string body = "\r\n2\r\nhi\r\n0\r\n\r\n";
  EXPECT_TRUE(exchange_raw(port(), begin + "Host: x\r\nConnection: close\r\nTransfer-Encoding: Chunked\r\n" + body)
                  .starts_with("HTTP/1.1 200"));
  for (const char* fields :
       {"Host: x\r\nTransfer-Encoding: xchunked\r\n", "Host: x\r\nTransfer-Encoding: \"chunked\"\r\n",
        "Host: x\r\nTransfer-Encoding: chunked, identity\r\n", "Host: x\r\nTransfer-Encoding: gzip, chunked\r\n",
        "Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n", "Transfer-Encoding: chunked\r\n",
        "Host: x\r\nHost: y\r\nTransfer-Encoding: chunked\r\n"}) {
    const std::string answer = exchange_raw(port(), begin + fields + body);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400")) << fields << answer;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos) << fields;
  }
}

TEST_F(HttpServerTest, WhatFramesARequestIsBounded) {
  const std::string many(300'000, 'a');
  const std::string chunked = "POST /whole HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_TRUE(exchange_raw(port(), chunked + "1;" + many).starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(exchange_raw(port(), chunked + std::string(300'000, '0')).starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(exchange_raw(port(), chunked + "0\r\nX: " + many).starts_with("HTTP/1.1 400"));
  std::string wrapped = chunked;  // each byte in a wrapping of its own, that nobody may hold
  for (int i = 0; i < 100; ++i) wrapped += "1;" + std::string(2'000, 'a') + "\r\nx\r\n";
  EXPECT_TRUE(exchange_raw(port(), wrapped).starts_with("HTTP/1.1 413"));
  std::string fields = "GET /numbers HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 200; ++i) fields += "a:\r\n";
  EXPECT_TRUE(exchange_raw(port(), fields + "\r\n").starts_with("HTTP/1.1 431"));
  EXPECT_TRUE(exchange_raw(port(), "GET / HTTP/1.1\r\nX: " + many).starts_with("HTTP/1.1 431"));
  EXPECT_TRUE(exchange_raw(port(), "\x16\x03\x01").starts_with("HTTP/1.1 400")) << "TLS: without waiting for more";
  std::string empty_lines;
  for (int i = 0; i < 30'000; ++i) empty_lines += "\r\n";
  EXPECT_TRUE(exchange_raw(port(), empty_lines + "GET /numbers HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, WithoutTokenItAnswersOnlyUnderNamesOfItsOwn) {
  const auto status_under = [&](const std::string& host, const std::string& fields = "") {
    return exchange_raw(port(),
                        "GET /numbers HTTP/1.1\r\nConnection: close\r\nHost: " + host + "\r\n" + fields + "\r\n")
        .substr(9, 3);
  };
  for (const char* host : {"127.0.0.1:80", "[::1]:80", "::1", "localhost", "a.localhost:1", "ledger:14265", ""}) {
    EXPECT_EQ(status_under(host), "200") << host;
  }
  EXPECT_EQ(status_under("evil.example"), "421");
  EXPECT_EQ(status_under("evil.example:14265"), "421");
  ServerOptions options;
  options.names = {"ledger.clinic.example"};
  start(options);
  EXPECT_EQ(status_under("Ledger.Clinic.Example:443"), "200");
  EXPECT_EQ(status_under("evil.example"), "421");
}

TEST_F(HttpServerTest, AnAnswerMayComeLaterAndFromAnyThread) {
  EXPECT_TRUE(get("/later").ends_with("\r\n\r\nlater"));
  EXPECT_TRUE(get("/aside").ends_with("\r\n\r\naside"));
}

// As a ledger's thread does, which drops what it was given once the answer is on its way.
TEST_F(HttpServerTest, EndsAfterTheLastWhoHoldsAResponder) {
  std::weak_ptr<Responder> held;
  std::atomic<bool> stops = false;
  std::thread holder;
  router_.on_stop([&stops] { stops = true; });
  router_.add({.method = "GET", .path = "/held"}, [&](const Shared& responder) {
    held = responder;
    holder = std::thread([&stops, kept = responder]() mutable {
      kept->reply({200, "held", "text/plain"});
      while (!stops) std::this_thread::yield();
      for (int i = 0; i < 10'000; ++i) std::this_thread::yield();
      kept.reset();
    });
  });
  EXPECT_TRUE(get("/held").ends_with("\r\n\r\nheld"));
  server_.reset();
  EXPECT_TRUE(held.expired());
  holder.join();
}

TEST_F(HttpServerTest, WhatAHandlerThrowsBecomesAnAnswer) {
  EXPECT_TRUE(get("/throws").starts_with("HTTP/1.1 500"));
  EXPECT_TRUE(get("/throws-aside").starts_with("HTTP/1.1 500"));
  EXPECT_TRUE(get("/aside").starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ATokenOpensWhatNeedsOne) {
  EXPECT_TRUE(get("/secret").starts_with("HTTP/1.1 200")) << "there is no token";
  const SecretFolder folder;
  ServerOptions options;
  options.token = *TokenCheck::from_file(folder.write("token", "a-token-of-some-length", 0600));
  options.realm = "here";
  start(options);
  EXPECT_NE(get("/secret").find("WWW-Authenticate: Bearer realm=\"here\"\r\n"), std::string::npos);
  EXPECT_TRUE(get("/secret", "Authorization: Bearer a-token-of-some-length\r\n").ends_with("secret"));
  server_->set_token(*TokenCheck::from_file(folder.write("token", "another-token-of-some-length", 0600)));
  EXPECT_TRUE(get("/secret", "Authorization: Bearer a-token-of-some-length\r\n").starts_with("HTTP/1.1 401"));
}

TEST_F(HttpServerTest, RefusalsAreCountedByTheirStatus) {
  get("/nowhere");
  get("/teapot");
  exchange_raw(port(), "POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  const auto refused = [&](const std::string& status) {
    return metrics_.value("glucoledger_requests_refused_total", "status=\"" + status + "\"");
  };
  EXPECT_EQ(refused("404"), 1u);
  EXPECT_EQ(refused("413"), 1u);
  EXPECT_EQ(refused("other"), 1u);
  EXPECT_EQ(refused("401"), 0u);
}

}  // namespace
}  // namespace glucoledger::http
