// What bad and slow clients get: an answer that says why, or the end of their connection, and never the node's time.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/process.h"
#include "ledger/bundle.h"
#include "node/test_server.h"

namespace glucoledger::node {
namespace {

using ledger::test_bundle;
using ledger::test_hash;
using nlohmann::json;

struct BadRequest {
  const char* kind;
  unsigned status;
  std::string bytes;
};

// The server's threads signal nothing to a test: it looks again and again.
void wait_until(const std::function<bool()>& is_so) {
  while (!is_so()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

std::string command(const json& request) {
  return http_post(request.dump());
}

std::vector<BadRequest> bad_requests() {
  const std::string trytes = test_bundle("BAD", 1)[0].trytes();
  const std::string hash(test_hash("BAD").trytes());
  const std::string deep = R"({"command":"getTips","x":)" + std::string(50'000, '[') + std::string(50'000, ']') + "}";
  const auto broadcast = [](const json& list) {
    return command({{"command", "broadcastTransactions"}, {"trytes", list}});
  };
  const json attach = {{"command", "attachToTangle"}, {"trunkTransaction", hash}, {"branchTransaction", hash}};
  const auto attach_with = [&](const char* field, const json& value) {
    json request = attach;
    request["trytes"] = json::array({trytes});
    request[field] = value;
    return command(request);
  };
  return {
      {"not HTTP", 400, "what is this\r\n\r\n"},
      {"an HTTP version that there is not", 400, "POST / HTTP/9.9\r\n\r\n"},
      {"a bad length", 400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n"},
      {"a method for no command", 405, "PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"},
      {"a path that there is not", 403, "POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"},
      {"a header without end", 431, "POST / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"},
      {"a body of 100 MB", 413, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"},
      {"a body of 100 MB in chunks", 413,
       "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5F5E100\r\n" + std::string(5 << 20, '{')},
      {"no body", 400, http_post("")},
      {"half a document", 400, http_post(R"({"command":)")},
      {"no UTF-8", 400, http_post("{\"command\":\"\xff\"}")},
      {"no object", 400, http_post("[1,2]")},
      {"a document nested without end", 400, http_post(deep)},
      {"no command", 400, http_post("{}")},
      {"a command that is no text", 400, http_post(R"({"command":7})")},
      {"an unknown command", 400, http_post(R"({"command":"launch"})")},
      {"a field of the wrong type", 400, command({{"command", "getTrytes"}, {"hashes", hash}})},
      {"a list of the wrong type", 400, command({{"command", "getTrytes"}, {"hashes", {1, 2}}})},
      {"a list that is too long", 400,
       command({{"command", "getTrytes"}, {"hashes", std::vector<std::string>(1'001, hash)}})},
      {"no hash", 400, command({{"command", "getTrytes"}, {"hashes", {"abc"}}})},
      {"a wrong checksum", 400, command({{"command", "findTransactions"}, {"addresses", {hash + "ABCDEFGHI"}}})},
      {"a tag that is too long", 400, command({{"command", "findTransactions"}, {"tags", {std::string(28, 'A')}}})},
      {"no transactions", 400, broadcast(json::array())},
      {"a transaction that is too short", 400, broadcast({trytes.substr(1)})},
      {"characters that are no trytes", 400, broadcast({trytes.substr(1) + "a"})},
      {"the transaction of 9s", 400, broadcast({std::string(2673, '9')})},
      {"no proof of work", 400, broadcast({trytes.substr(0, 2646) + std::string(27, 'A')})},
      {"a time that is to come", 400,
       broadcast({test_bundle("T", 1, {}, {}, "T", ledger::kTestTimeMs + 3'600'000)[0].trytes()})},
      {"a weight beyond the limit", 400, attach_with("minWeightMagnitude", 81)},
      {"a part of a bundle", 400, attach_with("trytes", json::array({test_bundle("PART", 2)[0].trytes()}))},
      {"a trunk that is no hash", 400, attach_with("trunkTransaction", "9")},
      {"a negative depth", 400, command({{"command", "getTransactionsToApprove"}, {"depth", -1}})},
      {"an unknown reference", 400,
       command({{"command", "getTransactionsToApprove"}, {"depth", 3}, {"reference", hash}})},
      {"a neighbor", 400, command({{"command", "addNeighbors"}, {"uris", {"tcp://10.0.0.1:15600"}}})},
      {"a position that is none", 400,
       "GET /events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: x\r\nConnection: close\r\n\r\n"},
  };
}

class HostileClients : public ServerTest {};

TEST_F(HostileClients, EveryBadRequestIsToldWhy) {
  const auto requests = bad_requests();
  ASSERT_GE(requests.size(), 24u);
  for (const BadRequest& request : requests) {
    const std::string answer = raw(request.bytes);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(request.status)))
        << request.kind << ": " << answer.substr(0, 300);
    const std::size_t body = answer.find("\r\n\r\n");
    ASSERT_NE(body, std::string::npos) << request.kind;
    const json document = json::parse(answer.substr(body + 4), nullptr, false);
    ASSERT_TRUE(document.is_object() && document["error"].is_string()) << request.kind << ": " << answer.substr(body);
    EXPECT_FALSE(document["error"].get<std::string>().empty()) << request.kind;
    EXPECT_LT(answer.size(), 1'000u) << request.kind;
  }
  EXPECT_TRUE(works());
}

TEST_F(HostileClients, SlowOnesLoseTheirConnection) {
  ServerOptions options;
  options.idle_ms = 50;
  options.body_ms = 50;
  start({}, options);
  EXPECT_EQ(raw("POST / HT"), "");  // returns: the server has closed
  EXPECT_EQ(raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"), "");
  EXPECT_TRUE(works());
}

TEST_F(HostileClients, AnAnswerThatNobodyReadsIsGivenUp) {
  ServerOptions options;
  options.body_ms = 100;
  start({}, options);
  const RawConnection connection(port());
  const int small = 4096;
  ::setsockopt(connection.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  const json request = {{"command", "getTrytes"},
                        {"hashes", std::vector<std::string>(1'000, std::string(test_hash("NONE").trytes()))}};
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(connection.send(http_post(request.dump(), "")));  // more than sockets hold
  wait_until([&] { return figure("glucoledger_connections_timed_out_total") > 0; });
  wait_until([&] { return figure("glucoledger_connections") == 0; });
  EXPECT_EQ(figure("glucoledger_request_memory_bytes"), 0u);
}

TEST_F(HostileClients, AnIdleConnectionGivesWay) {
  ServerOptions options;
  options.connections_max = 3;
  start({}, options);
  std::vector<std::unique_ptr<RawConnection>> idle;
  for (int i = 0; i < 3; ++i) {
    idle.push_back(std::make_unique<RawConnection>(port()));
    ASSERT_TRUE(idle.back()->send(http_post(R"({"command":"getTips"})", "")));
    idle.back()->receive("\"duration\"");
  }
  wait_until([&] { return works(); });  // the server has one for idle a moment after its answer came
  std::size_t open = 0;
  for (const auto& connection : idle) {
    if (!connection->send(http_post(R"({"command":"getTips"})", ""))) continue;
    open += connection->receive("\"duration\"").find("200") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(open, 2u);
}

TEST_F(HostileClients, ABodyBeyondWhatMayBeHeldIsPutOff) {
  ServerOptions options;
  options.memory_max = 100'000;
  start({}, options);
  EXPECT_TRUE(raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n").starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(works());
}

TEST_F(HostileClients, AnnouncedBodiesThatNeverComeTakeNoRoom) {
  std::vector<std::unique_ptr<RawConnection>> silent;
  for (int i = 0; i < 40; ++i) {
    silent.push_back(std::make_unique<RawConnection>(port()));
    ASSERT_TRUE(silent.back()->send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4194304\r\n\r\n{"));
  }
  const json large = {{"command", "getTips"}, {"padding", std::string(2'000'000, ' ')}};
  EXPECT_TRUE(raw(command(large)).starts_with("HTTP/1.1 200"));
  EXPECT_LT(figure("glucoledger_request_memory_bytes"), 1'000'000u);
}

TEST_F(HostileClients, APageOfAnotherOriginMayOnlyRead) {
  const auto asked_by = [&](const std::string& origin, const json& request) {
    return raw(
        http_post(request.dump(), "Connection: close\r\nContent-Type: text/plain\r\nOrigin: " + origin + "\r\n"));
  };
  const json store = {{"command", "storeTransactions"}, {"trytes", {test_bundle("PAGE", 1)[0].trytes()}}};
  const json read = {{"command", "getTips"}};
  EXPECT_TRUE(asked_by("http://evil.example", read).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(asked_by("http://evil.example", store).starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(asked_by("null", store).starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(asked_by("http://evil.example", {{"command", "interruptAttachingToTangle"}}).starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(asked_by("http://x", store).starts_with("HTTP/1.1 200")) << "its own origin: Host is x";
  EXPECT_EQ(get("/metrics", "Origin: http://evil.example\r\n").find("Access-Control"), std::string::npos);

  ServerOptions options;
  options.origins = {"https://wallet.example"};
  start({}, options);
  EXPECT_TRUE(asked_by("https://wallet.example", store).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(asked_by("http://evil.example", store).starts_with("HTTP/1.1 403"));
  EXPECT_NE(get("/metrics", "Origin: https://wallet.example\r\n").find("Allow-Origin: https://wallet.example\r\n"),
            std::string::npos);
}

TEST_F(HostileClients, AnswersBeyondWhatMayBeHeldArePutOff) {
  ServerOptions options;
  options.memory_max = 5'000'000;  // less than two answers
  start({}, options);
  const json request = {{"command", "getTrytes"},
                        {"hashes", std::vector<std::string>(1'000, std::string(test_hash("NONE").trytes()))}};
  const int small = 4096;
  std::vector<std::unique_ptr<RawConnection>> silent;  // they ask for more than sockets hold, and do not read
  const auto put_off = [&] { return get("/metrics").find(R"(refused_total{status="503"} 0)") == std::string::npos; };
  while (!put_off() && silent.size() < 8) {
    silent.push_back(std::make_unique<RawConnection>(port()));
    ::setsockopt(silent.back()->descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(silent.back()->send(http_post(request.dump(), "")));
  }
  wait_until(put_off);
  EXPECT_LE(figure("glucoledger_request_memory_bytes"), options.memory_max);
  EXPECT_TRUE(works());
}

TEST_F(HostileClients, AnIdleConnectionHoldsNothingOfItsLastAnswer) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps what is freed";
#endif
  start({}, {});
  const json request = {{"command", "getTrytes"},
                        {"hashes", std::vector<std::string>(300, std::string(test_hash("NONE").trytes()))}};
  constexpr std::size_t kConnections = 50;
  std::vector<std::unique_ptr<RawConnection>> idle;
  std::uint64_t after_few = 0;
  for (std::size_t i = 0; i < kConnections; ++i) {
    idle.push_back(std::make_unique<RawConnection>(port()));
    ASSERT_TRUE(idle.back()->send(http_post(request.dump(), "")));
    ASSERT_GT(idle.back()->receive("\"duration\"").size(), 300U * ledger::kTransactionTrytes);
    if (i == 5) after_few = base::resident_memory_size();
  }
  EXPECT_LT(base::resident_memory_size(), after_few + kConnections / 5 * 300 * ledger::kTransactionTrytes);
}

class ProofsOfWork : public ServerTest {
 protected:
  void SetUp() override {
    IriLimits limits;
    limits.attach_min_weight_magnitude_max = 22;
    ServiceOptions options;
    options.proofs_of_work_waiting_max = 1;
    start(limits, {}, options);
  }
  std::string endless() const {
    const auto prepared = ledger::prepare("A", test_hash("LONG"), "TEST", 1'542'883'200);
    const std::string hash(test_hash("TRUNK").trytes());
    return http_post(json{
        {"command", "attachToTangle"},
        {"trunkTransaction", hash},
        {"branchTransaction", hash},
        {"minWeightMagnitude", 22},
        {"trytes",
         *prepared}}.dump());
  }
  std::uint64_t count() const { return figure("glucoledger_proofs_of_work"); }
  void wait_for(std::uint64_t wanted) const {
    wait_until([&] { return count() == wanted; });
  }
  // What stands in the figures of those that were put off.
  std::string put_off() const {
    const std::string text = get("/metrics");
    const auto line = text.find(R"(refused_total{status="503"})");
    return text.substr(line, text.find('\n', line) - line);
  }
};

TEST_F(ProofsOfWork, EndWhenTheirRequesterIsGone) {
  RawConnection connection(port());
  ASSERT_TRUE(connection.send(endless()));
  wait_for(1);
  connection.close();
  wait_for(0);
  EXPECT_TRUE(works());
}

TEST_F(ProofsOfWork, AreBoundedAndInterrupted) {
  const RawConnection running(port());
  ASSERT_TRUE(running.send(endless()));
  wait_for(1);
  // Until the first one runs and no longer waits, a second one is put off.
  std::optional<RawConnection> waiting;
  while (count() != 2) {
    const std::string before = put_off();
    waiting.emplace(port());
    ASSERT_TRUE(waiting->send(endless()));
    wait_until([&] { return count() == 2 || put_off() != before; });
  }
  EXPECT_TRUE(raw(endless()).starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(works());  // beside them
  EXPECT_TRUE(raw(http_post(R"({"command":"interruptAttachingToTangle"})")).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(running.receive().starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(waiting->receive().starts_with("HTTP/1.1 400"));
}

TEST_F(ProofsOfWork, EndWithTheServer) {
  const RawConnection connection(port());
  ASSERT_TRUE(connection.send(endless()));
  wait_for(1);
  server_->stop();
  EXPECT_TRUE(connection.receive().starts_with("HTTP/1.1 400"));
}

}  // namespace
}  // namespace glucoledger::node
