// What is answered to a request whatever carries it: routes, refusals and figures.
#include "node/service.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "ledger/test_bundles.h"
#include "ledger_store/tangle.h"
#include "node/response_head.h"

namespace glucoledger::node {
namespace {

class ServiceTest : public testing::Test {
 protected:
  Service::Opening open(std::string_view method, std::string_view target) {
    return service_.open({method, target, {}});
  }
  std::string metrics() { return open("GET", "/metrics").reply.body; }
  bool counts(const std::string& line) { return ("\n" + metrics()).find("\n" + line + "\n") != std::string::npos; }

  const ledger::FixedClock clock_;
  std::unique_ptr<ledger_store::Tangle> tangle_ = ledger_store::Tangle::in_memory(ledger::kTestWeight, clock_);
  IriApi api_{*tangle_, clock_};
  Service service_{api_, *tangle_};
};

TEST_F(ServiceTest, CountsRefusalsByTheirStatus) {
  EXPECT_TRUE(counts("glucoledger_requests_refused_total{status=\"401\"} 0"));
  const auto storing = IriRequest::parse(R"({"command":"storeTransactions"})");
  ASSERT_TRUE(storing);
  for (int i = 0; i < 3; ++i) {
    const auto refusal = service_.refusal(*storing, false);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 401u);
  }
  EXPECT_FALSE(service_.refusal(*storing, true));
  EXPECT_EQ(open("GET", "/nowhere").reply.status, 403u);
  EXPECT_EQ(open("GET", "/").reply.status, 405u);
  EXPECT_EQ(open("POST", "/health").reply.status, 405u);
  service_.refuse(418, "of no kind that is known");
  for (const char* line : {"{status=\"401\"} 3", "{status=\"403\"} 1", "{status=\"405\"} 2", "{status=\"503\"} 0",
                           "{status=\"other\"} 1"}) {
    EXPECT_TRUE(counts(std::string("glucoledger_requests_refused_total") + line)) << line << "\n" << metrics();
  }
}

TEST_F(ServiceTest, TellsHowManyTransactionsWait) {
  EXPECT_TRUE(counts("glucoledger_ledger_waiting_transactions 0"));
  const auto nowhere = ledger::test_hash("NOWHERE");
  ASSERT_TRUE(tangle_->submit_without_milestone(ledger::test_bundle("WAITING", 2, nowhere, nowhere)));
  EXPECT_TRUE(counts("glucoledger_ledger_waiting_transactions 2"));
  EXPECT_TRUE(counts("glucoledger_ledger_transactions 2"));
}

// Each family of figures begins with what it is; Prometheus and its users read that.
TEST_F(ServiceTest, SaysWhatEachFigureIs) {
  service_.handle(*IriRequest::parse(R"({"command":"getNodeInfo"})"), std::chrono::steady_clock::now());
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
  EXPECT_GE(families.size(), 15u);
}

TEST_F(ServiceTest, TakesNoQueryOfEventsThatItDoesNotKnow) {
  for (const char* target : {"/events?x=1&after=0-0", "/events?from=0", "/events?After=0-0",
                             "/events?after=", "/events?after", "/events?after=0-0&after=1-0", "/events?after=0-0&x"}) {
    const auto opening = open("GET", target);
    EXPECT_EQ(opening.next, Service::Next::kReply) << target;
    EXPECT_EQ(opening.reply.status, 400u) << target;
    EXPECT_NE(opening.reply.body.find("after=SEQUENCE-MILESTONE"), std::string::npos) << opening.reply.body;
  }
  for (const char* target : {"/events", "/events?"}) {
    const auto opening = open("GET", target);
    EXPECT_EQ(opening.next, Service::Next::kStreamEvents) << target;
    EXPECT_EQ(opening.events_after, "") << target;
  }
  EXPECT_EQ(open("GET", "/events?after=12-3").events_after, "12-3");
}

TEST(Preflight, AllowsWhatABrowserSends) {
  std::string allowed;
  for (const auto& [name, value] : header_fields({204, ""}, "/")) {
    if (name == "Access-Control-Allow-Headers") allowed = value;
  }
  for (const char* field : {"Content-Type", "X-IOTA-API-Version", "Authorization", "Last-Event-ID"}) {
    EXPECT_NE(allowed.find(field), std::string::npos) << allowed;
  }
}

}  // namespace
}  // namespace glucoledger::node
