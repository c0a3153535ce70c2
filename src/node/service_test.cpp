// What is answered to a request whatever carries it: routes, refusals and figures.
#include "node/service.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "base/durations.h"
#include "http/fake_responder.h"
#include "http/response_head.h"
#include "ledger/test_bundles.h"
#include "ledger_store/tangle.h"

namespace glucoledger::node {
namespace {

class ServiceTest : public testing::Test {
 protected:
  http::FakeResponder::Answer ask(std::string_view method, std::string_view target, std::string body = "",
                                  bool is_authenticated = true) {
    return http::ask(service_.router(), {method, target, std::move(body), is_authenticated});
  }
  std::string metrics() { return ask("GET", "/metrics").reply.body; }
  bool counts(const std::string& line) { return ("\n" + metrics()).find("\n" + line + "\n") != std::string::npos; }

  ledger::FixedClock clock_{};
  std::unique_ptr<ledger_store::Tangle> tangle_ = ledger_store::Tangle::in_memory(ledger::kTestWeight, clock_);
  IriApi api_{*tangle_, clock_};
  Service service_{api_, *tangle_};
};

TEST_F(ServiceTest, RefusesWhatItDoesNotServe) {
  const std::string storing = R"({"command":"storeTransactions"})";
  EXPECT_EQ(ask("POST", "/", storing, false).reply.status, 401u);
  EXPECT_NE(ask("POST", "/", storing, true).reply.status, 401u);
  EXPECT_EQ(ask("GET", "/nowhere").reply.status, 403u);
  EXPECT_EQ(ask("GET", "/").reply.status, 405u);
  EXPECT_EQ(ask("POST", "/health").reply.status, 405u);
  EXPECT_EQ(ask("HEAD", "/events").reply.status, 405u);
}

TEST_F(ServiceTest, TellsHowManyTransactionsWait) {
  EXPECT_TRUE(counts("glucoledger_ledger_waiting_transactions 0"));
  const auto nowhere = ledger::test_hash("NOWHERE");
  ASSERT_TRUE(tangle_->submit_without_milestone(ledger::test_bundle("WAITING", 2, nowhere, nowhere)));
  EXPECT_TRUE(counts("glucoledger_ledger_waiting_transactions 2"));
  EXPECT_TRUE(counts("glucoledger_ledger_transactions 2"));
}

TEST_F(ServiceTest, SaysWhenItsClockMayBeWrong) {
  const auto health = [this] { return ask("GET", "/health").reply; };
  EXPECT_EQ(health().body.find("warning"), std::string::npos);
  // An hour behind the clocks of others.
  const auto bundle = ledger::test_bundle("AHEAD", 1, {}, {}, "P", ledger::kTestTimeMs + base::kHourMs);
  const auto refused = api_.handle(R"({"command":"storeTransactions","trytes":[")" + bundle[0].trytes() + "\"]}");
  EXPECT_EQ(refused.status, 400u);
  EXPECT_NE(refused.body.find("it is 2018-11-22T11:40:00Z, the ledger's time 2018-11-22T10:40:00Z"), std::string::npos)
      << refused.body;
  EXPECT_EQ(health().status, 200u);
  EXPECT_NE(health().body.find("2018-11-22T10:40:00Z, may be behind"), std::string::npos) << health().body;
  EXPECT_NE(health().body.find("60 min later"), std::string::npos) << health().body;
  clock_.now += base::kHourMs;
  EXPECT_EQ(health().body.find("warning"), std::string::npos) << "set right";
  // Set back behind what the ledger has seen.
  ASSERT_TRUE(tangle_->issue_milestone(true));
  clock_.now -= base::kHourMs;
  EXPECT_NE(health().body.find("at least 60 min behind the ledger's time"), std::string::npos) << health().body;
  ASSERT_TRUE(tangle_->issue_milestone(true));
  EXPECT_NE(health().body.find("at least 10 min behind the ledger's time"), std::string::npos) << health().body;
}

// Each family of figures begins with what it is; Prometheus and its users read that.
TEST_F(ServiceTest, SaysWhatEachFigureIs) {
  ask("POST", "/", R"({"command":"getNodeInfo"})");
  ASSERT_TRUE(tangle_->issue_milestone(true));
  std::set<std::string> families;
  std::string helped;
  std::istringstream lines(metrics());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, what, name, rest;
    words >> hash >> what >> name;
    std::getline(words, rest);
    if (hash != "#") {
      const std::string sample = line.substr(0, line.find_first_of("{ "));
      EXPECT_TRUE(sample.starts_with(helped)) << line;
      continue;
    }
    if (what == "HELP") {
      EXPECT_TRUE(families.insert(name).second) << name;
      EXPECT_TRUE(rest.ends_with('.') && rest.size() > 10) << line;
      helped = name;
    } else {
      EXPECT_EQ(what, "TYPE");
      EXPECT_EQ(name, helped) << line;
    }
  }
  EXPECT_GE(families.size(), 12u);
}

TEST_F(ServiceTest, TakesNoQueryOfEventsThatItDoesNotKnow) {
  for (const char* target : {"/events?x=1&after=0-0", "/events?from=0", "/events?After=0-0",
                             "/events?after=", "/events?after", "/events?after=0-0&after=1-0", "/events?after=0-0&x"}) {
    const auto answer = ask("GET", target);
    EXPECT_FALSE(answer.stream) << target;
    EXPECT_EQ(answer.reply.status, 400u) << target;
    EXPECT_NE(answer.reply.body.find("after=SEQUENCE-MILESTONE"), std::string::npos) << answer.reply.body;
  }
  for (const char* target : {"/events", "/events?", "/events?after=0-0"}) {
    const auto answer = ask("GET", target);
    ASSERT_TRUE(answer.stream) << target;
    EXPECT_EQ(answer.stream->next().bytes, ": events follow\n\n") << target;
  }
  EXPECT_NE(ask("GET", "/events?after=12-3").stream->next().bytes.find("event: reset"), std::string::npos);
}

TEST(Preflight, AllowsWhatABrowserSends) {
  std::string allowed;
  const ledger::FixedClock clock;
  const auto tangle = ledger_store::Tangle::in_memory(ledger::kTestWeight, clock);
  IriApi api(*tangle, clock);
  const Service service(api, *tangle);
  const http::Reply reply{204, "", "", {}};
  for (const auto& [name, value] : http::header_fields(reply, service.router().cors(), "")) {
    if (name == "Access-Control-Allow-Headers") allowed = value;
  }
  for (const char* field : {"Content-Type", "X-IOTA-API-Version", "Authorization", "Last-Event-ID"}) {
    EXPECT_NE(allowed.find(field), std::string::npos) << allowed;
  }
}

}  // namespace
}  // namespace glucoledger::node
