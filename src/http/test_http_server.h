// For tests: a server with a few handlers of every kind.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/server.h"
#include "http/test_connection.h"

namespace glucoledger::http {

// Gives numbers, a line each.
class Numbers final : public ReplyStream {
 public:
  explicit Numbers(int count) : count_(count) {}
  Part next() override {
    if (given_ == count_) return {State::kEnds};
    return {State::kMore, std::to_string(given_++) + "\n"};
  }

 private:
  int count_;
  int given_ = 0;
};

class HttpServerTest : public testing::Test {
 protected:
  using Shared = std::shared_ptr<Responder>;
  void SetUp() override {
    add_routes();
    start({});
  }
  void TearDown() override {
    if (server_) server_->stop();
    for (std::thread& thread : threads_) thread.join();
  }
  void start(ServerOptions options) {
    server_.reset();
    options.listen = "127.0.0.1:0";
    auto server = Server::start(router_, metrics_, Log(LogLevel::kOff), options);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }

  // Reads all of a body part by part, then answers with it.
  static void echo(const Shared& responder, const std::shared_ptr<std::string>& all) {
    responder->read_body([responder, all](Result<Responder::BodyPart> part) {
      if (!part) return responder->refuse(part.error().code == ErrorCode::kInputRefused ? 413 : 400, "broken");
      *all += part->bytes;
      if (!part->is_last) return echo(responder, all);
      responder->reply({200, *all, "text/plain"});
    });
  }

  void add_routes() {
    router_.add({.method = "POST", .path = "/whole", .body = Route::Body::kWhole, .body_size_max = 1'000},
                [](const Shared& responder) {
                  const Request& request = responder->request();
                  responder->reply({200,
                                    request.body + "|" + std::string(request.query) + "|" +
                                        std::string(request.header("x-name")) + "|" + std::string(request.peer),
                                    "text/plain",
                                    {{"X-Answer", "yes"}}});
                });
    const Route parts{
        .method = "PUT", .path = "/parts", .body = Route::Body::kAsItComes, .body_size_max = std::size_t{10} << 20};
    router_.add(parts, [](const Shared& responder) { echo(responder, std::make_shared<std::string>()); });
    router_.add({.method = "GET", .path = "/numbers"}, [](const Shared& responder) {
      responder->reply({200, "", "text/plain"}, std::make_unique<Numbers>(3));
    });
    router_.add({.method = "GET", .path = "/later"}, [this](const Shared& responder) {
      threads_.emplace_back([responder] { responder->reply({200, "later", "text/plain"}); });
    });
    router_.add({.method = "GET", .path = "/aside"}, [](const Shared& responder) {
      responder->run_aside([responder] { responder->reply({200, "aside", "text/plain"}); });
    });
    router_.add({.method = "GET", .path = "/throws"}, [](const Shared&) { throw std::bad_alloc(); });
    router_.add({.method = "GET", .path = "/throws-aside"},
                [](const Shared& responder) { responder->run_aside([] { throw std::bad_alloc(); }); });
    router_.add({.method = "GET", .path = "/secret", .needs_token = true}, [](const Shared& responder) {
      responder->reply({200, "secret", "text/plain"});
    });
    router_.add({.method = "GET", .path = "/teapot"},
                [](const Shared& responder) { responder->refuse(418, "of no kind that is known"); });
    router_.add({.method = "GET", .path = "/elsewhere"}, [](const Shared& responder) {
      responder->reply({302, "", "text/plain", {{"Location", "/numbers"}}});
    });
  }

  std::uint16_t port() const { return port_of(server_->url()); }
  std::string get(const std::string& target, const std::string& fields = "") const {
    return exchange_raw(port(), "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n");
  }

  Router router_;
  Metrics metrics_;
  std::vector<std::thread> threads_;
  std::unique_ptr<Server> server_;
};

}  // namespace glucoledger::http
