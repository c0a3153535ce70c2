// The commands and errors of a legacy node's recorded answers, and where ours does better on purpose.
#include "node/iri_api.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <time.h>

#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "crypto/kerl.h"
#include "ledger/test_bundles.h"
#include "ledger_store/tangle.h"

namespace glucoledger::node {
namespace {

using ledger::FixedClock;
using ledger::test_bundle;
using ledger::test_hash;
using nlohmann::json;

std::string text(const ledger::Hash& hash) {
  return std::string(hash.trytes());
}

class IriApiTest : public testing::Test {
 protected:
  json ask(const json& request, unsigned status = 200) { return ask_text(request.dump(), status); }
  json ask_text(const std::string& body, unsigned status) {
    const IriReply reply = api_.handle(std::string_view(body));
    EXPECT_EQ(reply.status, status) << body.substr(0, 200) << "\n" << reply.body.substr(0, 200);
    json answer = json::parse(reply.body, nullptr, false);
    EXPECT_TRUE(answer.is_object()) << reply.body;
    if (status == 200) {
      EXPECT_TRUE(answer["duration"].is_number_integer()) << reply.body.substr(0, 200);
    } else {
      EXPECT_TRUE(answer["error"].is_string() && !answer["error"].get<std::string>().empty()) << reply.body;
      EXPECT_EQ(answer.size(), 1u);
    }
    return answer;
  }
  std::string refusal(const json& request) { return ask(request, 400)["error"].get<std::string>(); }

  std::vector<ledger::Transaction> broadcast(std::vector<ledger::Transaction> bundle) {
    json trytes = json::array();
    for (const auto& transaction : bundle) trytes.push_back(transaction.trytes());
    ask({{"command", "broadcastTransactions"}, {"trytes", trytes}});
    return bundle;
  }

  FixedClock clock_;
  std::unique_ptr<ledger_store::Tangle> tangle_ = ledger_store::Tangle::in_memory(ledger::kTestWeight, clock_);
  IriApi api_{*tangle_, clock_};
};

TEST_F(IriApiTest, TellsAboutTheNodeWithTheFieldsThatClientsKnow) {
  const json info = ask({{"command", "getNodeInfo"}});
  for (const char* name : {"appName", "appVersion", "latestMilestone", "latestSolidSubtangleMilestone",
                           "coordinatorAddress", "networkId"}) {
    EXPECT_TRUE(info[name].is_string()) << name;
  }
  for (const char* name : {"latestMilestoneIndex", "latestSolidSubtangleMilestoneIndex", "milestoneStartIndex",
                           "lastSnapshottedMilestoneIndex", "neighbors", "time", "tips", "transactionsToRequest"}) {
    EXPECT_TRUE(info[name].is_number_unsigned() || info[name].is_number_integer()) << name;
  }
  EXPECT_EQ(info["isSynced"], true);
  EXPECT_EQ(info["confirmsData"], true);
  EXPECT_EQ(info["minWeightMagnitude"], ledger::kTestWeight);
  EXPECT_EQ(info["networkId"].get<std::string>().size(), 32u);
  EXPECT_EQ(info["features"], json::parse(R"(["RemotePOW","WereAddressesSpentFrom"])"));
  EXPECT_EQ(info["time"], ledger::kTestTimeMs);
  const ledger::Parameters& parameters = tangle_->parameters();
  EXPECT_EQ(info["maxDepth"], parameters.tip_depth_max);
  EXPECT_EQ(info["maxBundleTransactions"], 64);
  EXPECT_EQ(info["maxWaitingTransactions"], 100'000);
  EXPECT_EQ(info["maxWaitingMs"], 86'400'000);
  EXPECT_EQ(info["maxTimestampAheadMs"], parameters.timestamp_future_max_ms);
  EXPECT_EQ(info["retentionMs"], 0);
  EXPECT_EQ(info["duplicateWindowMs"], 0);
  const json limits = ask({{"command", "getNodeAPIConfiguration"}});
  EXPECT_EQ(limits["maxRequestsList"], 1000);
  EXPECT_EQ(limits["maxGetTrytes"], 1000);
  EXPECT_EQ(limits["maxFindTransactions"], 10'000);
}

TEST_F(IriApiTest, RefusesWhatIsNoRequest) {
  EXPECT_NE(ask_text("", 400)["error"].get<std::string>().find("command is unknown"), std::string::npos);
  ask_text("{}", 400);
  ask_text("[]", 400);
  ask_text("5", 400);
  ask_text("{\"command\":", 400);
  ask_text("{\"command\":5}", 400);
  ask_text("{\"command\":null}", 400);
  ask_text("{\"command\":\"fooBar\"}", 400);
  ask_text("\xff\xfe", 400);
  ask_text("{\"command\":\"\xff\"}", 400);
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_NE(ask_text("{\"command\":\"getNodeInfo\",\"x\":" + deep, 400)["error"].get<std::string>().find("nested"),
            std::string::npos);
}

TEST_F(IriApiTest, TakesCommandsInAnyCaseAndUnknownFields) {
  ask({{"command", "GETNODEAPICONFIGURATION"}});
  EXPECT_EQ(ask({{"command", "getTrytes"}, {"hashes", json::array()}, {"foo", 1}})["trytes"], json::array());
  EXPECT_EQ(ask({{"command", "getTrytes"}})["trytes"], json::array());
}

TEST_F(IriApiTest, StoresFindsAndHandsOut) {
  const auto bundle = broadcast(test_bundle("FINDME", 2));
  const std::string tail = text(bundle[0].hash());
  const std::string head = text(bundle[1].hash());
  const auto found = [&](const json& fields) {
    json request = fields;
    request["command"] = "findTransactions";
    return ask(request)["hashes"].get<std::vector<std::string>>();
  };
  const std::vector<std::string> both = {tail, head};
  const auto sorted = [](std::vector<std::string> list) {
    std::sort(list.begin(), list.end());
    return list;
  };
  EXPECT_EQ(sorted(found({{"addresses", {text(test_hash("FINDME"))}}})), sorted(both));
  EXPECT_EQ(sorted(found({{"bundles", {text(bundle[0].bundle())}}})), sorted(both));
  EXPECT_EQ(sorted(found({{"tags", {"TEST"}}})), sorted(both));
  EXPECT_EQ(sorted(found({{"addresses", {text(test_hash("FINDME")), text(test_hash("OTHER"))}}})), sorted(both));
  EXPECT_EQ(found({{"approvees", {head}}}), std::vector<std::string>{tail});
  EXPECT_TRUE(found({{"addresses", {text(test_hash("OTHER"))}}}).empty());
  EXPECT_TRUE(found({{"addresses", {text(test_hash("OTHER"))}}, {"tags", {"TEST"}}}).empty());
  EXPECT_TRUE(found({{"addresses", {text(test_hash("FINDME"))}}, {"bundles", {tail}}}).empty());
  EXPECT_TRUE(found(json::object()).empty());
  EXPECT_TRUE(found({{"addresses", json::array()}}).empty());

  const json trytes = ask({{"command", "getTrytes"}, {"hashes", {head, text(test_hash("NOWHERE")), tail}}})["trytes"];
  EXPECT_EQ(trytes, json({bundle[1].trytes(), std::string(2673, '9'), bundle[0].trytes()}));
  broadcast(bundle);  // known ones are taken again
  EXPECT_EQ(found({{"addresses", {text(test_hash("FINDME"))}}}).size(), 2u);
  ask({{"command", "storeTransactions"}, {"trytes", {bundle[0].trytes()}}});
}

TEST_F(IriApiTest, AcceptsAnAddressWithItsChecksumOnly) {
  broadcast(test_bundle("CHECKED", 1));
  const ledger::Hash address = test_hash("CHECKED");
  const std::string checksum(crypto::kerl_hash(address.trits()).trytes().substr(72));
  const json answer = ask({{"command", "findTransactions"}, {"addresses", {text(address) + checksum}}});
  EXPECT_EQ(answer["hashes"].size(), 1u);
  EXPECT_EQ(ask({{"command", "getBalances"}, {"addresses", {text(address) + checksum}}})["balances"], json({"0"}));
  refusal({{"command", "findTransactions"}, {"addresses", {text(address) + "ABCDEFGHI"}}});
  refusal({{"command", "getTrytes"}, {"hashes", {text(address) + checksum}}});
}

TEST_F(IriApiTest, RefusesFieldsOfTheWrongKind) {
  const std::string good = text(test_hash("GOOD"));
  for (const char* field : {"addresses", "bundles", "approvees", "tags"}) {
    for (const json& bad :
         {json("abc"), json(5), json({5}), json({"abc"}), json::array({json::array()}), json::object()}) {
      refusal({{"command", "findTransactions"}, {field, bad}});
    }
  }
  refusal({{"command", "findTransactions"}, {"tags", {std::string(28, 'A')}}});
  refusal({{"command", "getTrytes"}, {"hashes", good}});
  refusal({{"command", "getTrytes"}, {"hashes", {"abc"}}});
  refusal({{"command", "getInclusionStates"}, {"transactions", {"abc"}}});
  refusal({{"command", "getBalances"}, {"addresses", {"ABC"}}});
  refusal({{"command", "getBalances"}});
  refusal({{"command", "getBalances"}, {"addresses", {good}}, {"threshold", "100"}});
  refusal({{"command", "wereAddressesSpentFrom"}, {"addresses", json::array()}});
  refusal({{"command", "checkConsistency"}, {"tails", {"abc"}}});
  const std::vector<std::string> many(1001, good);
  EXPECT_NE(refusal({{"command", "getTrytes"}, {"hashes", many}}).find("1000"), std::string::npos);
  EXPECT_NE(refusal({{"command", "findTransactions"}, {"addresses", many}}).find("1000"), std::string::npos);
}

TEST_F(IriApiTest, RefusesTransactionsThatBreakARule) {
  const auto send = [&](const json& trytes) {
    return refusal({{"command", "broadcastTransactions"}, {"trytes", trytes}});
  };
  const std::string good = test_bundle("RULES", 1)[0].trytes();
  send(json::array());
  send({good.substr(1)});
  send({good + "9"});
  send({good.substr(1) + "a"});
  send({std::string(2673, '9')});
  std::string weak = good;
  do {  // the nonce changed until the proof of work is gone
    const std::size_t next = crypto::kTryteAlphabet.find(weak[2672]) + 1;
    weak[2672] = crypto::kTryteAlphabet[next % crypto::kTryteAlphabet.size()];
  } while (crypto::weight_magnitude(ledger::Transaction::from_trytes(weak)->hash()) >= ledger::kTestWeight);
  send({weak});
  const std::int64_t hour_ms = 3'600'000;
  const auto at = [&](std::int64_t time_ms) { return test_bundle("TIME", 1, {}, {}, "T", time_ms)[0].trytes(); };
  send({at(ledger::kTestTimeMs + hour_ms)});
  ask({{"command", "broadcastTransactions"}, {"trytes", {at(ledger::kTestTimeMs - hour_ms)}}});
  // All or none: the good one that came with a bad one is not here.
  send({good, weak});
  EXPECT_TRUE(ask({{"command", "findTransactions"}, {"addresses", {text(test_hash("RULES"))}}})["hashes"].empty());
}

TEST_F(IriApiTest, AnErrorTextIsShortAndPrintable) {
  const std::string reason = refusal({{"command", "findTransactions"}, {"addresses", {std::string(50'000, '\x01')}}});
  EXPECT_LT(reason.size(), 200u);
  for (const char c : reason) EXPECT_TRUE(c >= ' ' && c <= '~');
}

TEST_F(IriApiTest, ConfirmsWithAMilestone) {
  const auto bundle = broadcast(test_bundle("CONFIRM", 2));
  const std::string tail = text(bundle[0].hash());
  const auto states = [&](const json& tips) {
    json request = {{"command", "getInclusionStates"}, {"transactions", {tail, text(test_hash("NOWHERE"))}}};
    if (!tips.is_null()) request["tips"] = tips;
    return ask(request)["states"];
  };
  ASSERT_TRUE(tangle_->issue_milestone(true));
  const auto second = broadcast(test_bundle("SECOND", 1));
  EXPECT_EQ(states(nullptr), json({true, false}));
  const std::string first_milestone = ask({{"command", "getNodeInfo"}})["latestMilestone"];
  ASSERT_TRUE(tangle_->issue_milestone());
  const json info = ask({{"command", "getNodeInfo"}});
  EXPECT_EQ(info["latestMilestoneIndex"], 2);
  EXPECT_EQ(states(json::array({info["latestMilestone"]})), json({true, false}));
  const std::string newer = text(second[0].hash());
  const json late =
      ask({{"command", "getInclusionStates"}, {"transactions", {newer, first_milestone}}, {"tips", {first_milestone}}});
  EXPECT_EQ(late["states"], json({false, true}));
  refusal({{"command", "getInclusionStates"}, {"transactions", {tail}}, {"tips", {text(test_hash("NOWHERE"))}}});
  EXPECT_EQ(ask({{"command", "getInclusionStates"}, {"transactions", json::array()}})["states"], json::array());
  const json balances = ask({{"command", "getBalances"}, {"addresses", {tail, newer}}, {"threshold", 100}});
  EXPECT_EQ(balances["balances"], json({"0", "0"}));
  EXPECT_EQ(balances["references"], json::array({info["latestMilestone"]}));
  EXPECT_EQ(balances["milestoneIndex"], 2);
  EXPECT_EQ(ask({{"command", "wereAddressesSpentFrom"}, {"addresses", {tail}}})["states"], json({false}));
}

TEST_F(IriApiTest, ChecksConsistencyDepthAndReference) {
  const auto bundle = broadcast(test_bundle("SOLID", 1));
  const auto loose = broadcast(test_bundle("LOOSE", 1, test_hash("NOTHERE"), test_hash("NOTHERE")));
  const std::string solid = text(bundle[0].hash());
  const std::string unknown = text(test_hash("NOWHERE"));
  EXPECT_EQ(ask({{"command", "checkConsistency"}, {"tails", {solid}}})["state"], true);
  EXPECT_EQ(ask({{"command", "checkConsistency"}})["state"], true);
  for (const std::string& bad : {unknown, text(loose[0].hash())}) {
    const json answer = ask({{"command", "checkConsistency"}, {"tails", {solid, bad}}});
    EXPECT_EQ(answer["state"], false);
    EXPECT_TRUE(answer["info"].is_string());
    refusal({{"command", "getTransactionsToApprove"}, {"depth", 3}, {"reference", bad}});
  }
  for (const json& depth : {json("3"), json(-1), json(1000), json(1.5), json(UINT64_MAX), json::array()}) {
    refusal({{"command", "getTransactionsToApprove"}, {"depth", depth}});
  }
  refusal({{"command", "getTransactionsToApprove"}, {"depth", 3}, {"reference", "abc"}});
  refusal({{"command", "getTransactionsToApprove"}, {"depth", 3}, {"reference", 5}});
  const json tips = ask({{"command", "getTransactionsToApprove"}, {"depth", 3}, {"reference", solid}});
  EXPECT_EQ(tips["branchTransaction"], solid);
  EXPECT_EQ(ask({{"command", "getTransactionsToApprove"}})["trunkTransaction"].get<std::string>().size(), 81u);
  EXPECT_EQ(ask({{"command", "getTips"}})["hashes"], json({solid}));
  EXPECT_EQ(ask({{"command", "getMissingTransactions"}})["hashes"], json({text(test_hash("NOTHERE"))}));
}

// Counts how often a state of the ledger is looked at.
class CountingStore final : public ledger_store::Store {
 public:
  explicit CountingStore(int& views) : views_(views) {}
  Result<View> view() override {
    ++views_;
    return store_.view();
  }
  Result<void> commit(const ledger::StateBatch& batch) override { return store_.commit(batch); }
  Result<void> reclaim() override { return store_.reclaim(); }

 private:
  ledger_store::VolatileStore store_;
  int& views_;
};

TEST(IriApiOverAStore, AnAnswerIsOfOneStateOfTheLedger) {
  const FixedClock clock;
  int views = 0;
  ledger_store::TangleOptions options;
  options.min_weight_magnitude = ledger::kTestWeight;
  auto tangle = ledger_store::Tangle::over(std::make_unique<CountingStore>(views), "counted", options, clock);
  ASSERT_TRUE(tangle) << tangle.error().message;
  IriApi api(**tangle, clock);
  const auto bundle = test_bundle("VIEWS", 1);
  ASSERT_TRUE((*tangle)->submit(bundle));
  const std::vector<std::string> addresses(100, text(test_hash("VIEWS")));
  const std::vector<std::string> hashes(100, text(bundle[0].hash()));
  for (const json& request :
       {json{{"command", "getNodeInfo"}}, json{{"command", "getTipInfo"}, {"tailTransaction", hashes[0]}},
        json{{"command", "getTransactionsToApprove"}, {"depth", 3}, {"reference", hashes[0]}},
        json{{"command", "findTransactions"}, {"addresses", addresses}, {"tags", {"TEST"}}},
        json{{"command", "getTrytes"}, {"hashes", hashes}}, json{{"command", "checkConsistency"}, {"tails", hashes}},
        json{{"command", "getInclusionStates"}, {"transactions", hashes}, {"tips", hashes}}}) {
    views = 0;
    const IriReply reply = api.handle(request.dump());
    EXPECT_EQ(reply.status, 200u) << reply.body;
    EXPECT_EQ(views, 1) << request["command"];
  }
}

TEST_F(IriApiTest, AMilestoneIsGroundToStandOnAndNoTransaction) {
  broadcast(test_bundle("BELOW", 1));
  const auto milestone = tangle_->issue_milestone();
  ASSERT_TRUE(milestone);
  const std::string hash = text(milestone->hash);
  EXPECT_EQ(ask({{"command", "getTrytes"}, {"hashes", {hash}}})["trytes"], json({std::string(2673, '9')}));
  EXPECT_EQ(ask({{"command", "checkConsistency"}, {"tails", {hash}}})["state"], true);
  EXPECT_EQ(ask({{"command", "getTransactionsToApprove"}, {"depth", 3}, {"reference", hash}})["branchTransaction"],
            hash);
  EXPECT_EQ(ask({{"command", "getTipInfo"}, {"tailTransaction", hash}})["confirmed"], true);
  const auto above = broadcast(test_bundle("ABOVE", 1, milestone->hash, milestone->hash));
  EXPECT_EQ(ask({{"command", "getMissingTransactions"}})["hashes"], json::array());
  EXPECT_EQ(ask({{"command", "findTransactions"}, {"approvees", {hash}}})["hashes"], json({text(above[0].hash())}));
  ASSERT_TRUE(tangle_->issue_milestone());
  EXPECT_EQ(ask({{"command", "getInclusionStates"}, {"transactions", {text(above[0].hash())}}})["states"],
            json({true}));
}

TEST_F(IriApiTest, TakesTipsWithinTheDepthAskedFor) {
  std::vector<std::string> tips;
  for (const char* name : {"AA", "BB", "CC", "DD", "EE"}) {  // none approves another; a milestone after each
    tips.push_back(text(broadcast(test_bundle(name, 1))[0].hash()));
    ASSERT_TRUE(tangle_->issue_milestone());
  }
  const auto handed_out = [&](json request) {
    request["command"] = "getTransactionsToApprove";
    std::set<std::string> all;
    for (int i = 0; i < 200; ++i) {
      const json answer = ask(request);
      all.insert(answer["trunkTransaction"]);
      all.insert(answer["branchTransaction"]);
    }
    return all;
  };
  const auto newest = [&](std::ptrdiff_t count) { return std::set<std::string>(tips.end() - count, tips.end()); };
  EXPECT_EQ(handed_out({{"depth", 0}}), newest(1));  // none came after the latest milestone
  EXPECT_EQ(handed_out({{"depth", 1}}), newest(1));
  EXPECT_EQ(handed_out({{"depth", 3}}), newest(3));
  EXPECT_EQ(handed_out({{"depth", 15}}), newest(5));
  EXPECT_EQ(handed_out(json::object()), newest(5));
  tips.push_back(text(broadcast(test_bundle("FF", 1))[0].hash()));
  EXPECT_EQ(handed_out({{"depth", 0}}), newest(1));
  EXPECT_EQ(handed_out({{"depth", 1}}), newest(2));
}

TEST_F(IriApiTest, AttachesAWholeBundleInEitherOrder) {
  const auto prepared = ledger::prepare(std::string(3000, 'A'), test_hash("ATTACH"), "TEST", 1'542'883'200);
  ASSERT_TRUE(prepared);
  const json request = {{"command", "attachToTangle"},
                        {"trunkTransaction", text(test_hash("TRUNK"))},
                        {"branchTransaction", text(test_hash("BRANCH"))},
                        {"minWeightMagnitude", 2}};
  for (const bool reversed : {false, true}) {
    json attach = request;
    attach["trytes"] = reversed ? json({(*prepared)[1], (*prepared)[0]}) : json(*prepared);
    const json trytes = ask(attach)["trytes"];
    ASSERT_EQ(trytes.size(), 2u);
    std::vector<ledger::Transaction> attached;
    for (const json& one : trytes) attached.push_back(*ledger::Transaction::from_trytes(one.get<std::string>()));
    EXPECT_TRUE(ledger::check_bundle(attached));
    EXPECT_EQ(attached[1].trunk(), test_hash("TRUNK"));
    EXPECT_EQ(attached[1].branch(), test_hash("BRANCH"));
    EXPECT_EQ(attached[0].trunk(), attached[1].hash());
    EXPECT_EQ(attached[0].branch(), test_hash("TRUNK"));
    EXPECT_EQ(attached[0].attachment_timestamp_ms(), ledger::kTestTimeMs);
    for (const auto& transaction : attached) EXPECT_GE(crypto::weight_magnitude(transaction.hash()), 2);
  }
  const auto with = [&](const char* field, const json& value) {
    json changed = request;
    changed["trytes"] = *prepared;
    changed[field] = value;
    return changed;
  };
  refusal(with("trytes", json::array()));
  refusal(with("trytes", json({(*prepared)[0]})));
  refusal(with("trytes", json({(*prepared)[0], (*prepared)[0]})));
  refusal(with("trytes", json({(*prepared)[0].substr(1), (*prepared)[1]})));
  refusal(with("trunkTransaction", "AB"));
  refusal(with("branchTransaction", nullptr));
  refusal(with("minWeightMagnitude", 0));
  refusal(with("minWeightMagnitude", 15));
  refusal(with("minWeightMagnitude", "9"));
  EXPECT_EQ(ask(with("minWeightMagnitude", nullptr))["trytes"].size(), 2u);
}

TEST_F(IriApiTest, RefusesBeforeTheProofOfWorkWhatTheLedgerWouldRefuseAfterIt) {
  const auto refusal_of = [&](const std::string& first, const std::string& second) {
    const json request = {{"command", "attachToTangle"},
                          {"trunkTransaction", text(test_hash("TRUNK"))},
                          {"branchTransaction", text(test_hash("BRANCH"))},
                          {"trytes", {first, second}}};
    const auto parsed = IriRequest::parse(request.dump());
    EXPECT_TRUE(parsed);
    base::CancelSource cancel;
    cancel.trip();  // so that no work is done
    const IriReply reply = api_.handle(*parsed, cancel.token());
    EXPECT_EQ(reply.status, 400u);
    return reply.body;
  };
  const auto prepared = ledger::prepare(std::string(3000, 'A'), test_hash("WORTH"), "TEST", 1'542'883'200);
  ASSERT_TRUE(prepared);
  constexpr std::size_t kAddressAt = ledger::fields::kAddress.offset;
  constexpr std::size_t kValueAt = ledger::fields::kValue.offset;
  const auto changed = [](std::string trytes, std::size_t at, char tryte) {
    EXPECT_NE(trytes[at], tryte);
    trytes[at] = tryte;
    return trytes;
  };
  const std::string& first = prepared->at(0);
  const std::string& second = prepared->at(1);
  EXPECT_NE(refusal_of(changed(first, kValueAt, 'A'), second).find("would refuse the bundle: it moves value"),
            std::string::npos);
  EXPECT_NE(refusal_of(changed(first, kAddressAt, '9'), second).find("would refuse the bundle: its bundle hash"),
            std::string::npos);
  EXPECT_NE(refusal_of(second, first).find("interrupted"), std::string::npos);
  EXPECT_EQ(tangle_->transaction_count().value_or(1), 0u);
}

TEST_F(IriApiTest, AProofOfWorkIsInterrupted) {
  IriLimits limits;
  limits.attach_min_weight_magnitude_max = 22;
  IriApi api(*tangle_, clock_, limits);
  const auto prepared = ledger::prepare("A", test_hash("LONG"), "TEST", 1'542'883'200);
  const json request = {{"command", "attachToTangle"},
                        {"trunkTransaction", text(test_hash("TRUNK"))},
                        {"branchTransaction", text(test_hash("BRANCH"))},
                        {"minWeightMagnitude", 22},
                        {"trytes", *prepared}};
  const auto parsed = IriRequest::parse(request.dump());
  ASSERT_TRUE(parsed);
  base::CancelSource cancel;
  IriReply reply;
  std::thread attaching([&] { reply = api.handle(*parsed, cancel.token()); });
  // In the midst of it, by the time that it has had on a processor: nothing else tells.
  ::clockid_t its_time{};
  ASSERT_EQ(::pthread_getcpuclockid(attaching.native_handle(), &its_time), 0);
  constexpr long kWorkedNs = 5'000'000;
  for (::timespec spent{}; spent.tv_sec == 0 && spent.tv_nsec < kWorkedNs; ::clock_gettime(its_time, &spent)) {
    std::this_thread::yield();
  }
  cancel.trip();
  attaching.join();
  EXPECT_EQ(reply.status, 400u);
  EXPECT_EQ(ask({{"command", "interruptAttachingToTangle"}}).size(), 1u);  // its duration
}

TEST_F(IriApiTest, HasNoNeighbors) {
  EXPECT_EQ(ask({{"command", "getNeighbors"}})["neighbors"], json::array());
  refusal({{"command", "addNeighbors"}, {"uris", {"tcp://127.0.0.1:1"}}});
  refusal({{"command", "removeNeighbors"}, {"uris", {"tcp://127.0.0.1:1"}}});
}

TEST_F(IriApiTest, TellsPrunedAddresses) {
  const auto old = broadcast(test_bundle("OLD", 1));
  ASSERT_TRUE(tangle_->issue_milestone());
  const auto standing = tangle_->standing(std::vector{old[0].hash()});
  ASSERT_TRUE(standing);
  ASSERT_EQ(tangle_->prune_before(standing->front().sequence + 1).value_or(0), 1u);
  const json answer =
      ask({{"command", "findTransactions"}, {"addresses", {text(test_hash("OLD")), text(test_hash("NEVER"))}}});
  EXPECT_EQ(answer["hashes"], json::array());
  EXPECT_EQ(answer["pruned"], json({text(test_hash("OLD"))}));
  EXPECT_EQ(ask({{"command", "getTrytes"}, {"hashes", {text(old[0].hash())}}})["trytes"],
            json({std::string(2673, '9')}));
}

TEST_F(IriApiTest, MoreThanTheLimitIsAnErrorOrAPage) {
  IriLimits limits;
  limits.find_results_max = 2;
  IriApi api(*tangle_, clock_, limits);
  std::vector<std::string> expected;
  for (int i = 0; i < 5; ++i) {
    const auto bundle = broadcast(test_bundle("MANY", 1, test_hash("T" + std::string(1, static_cast<char>('A' + i)))));
    expected.push_back(text(bundle[0].hash()));
  }
  json request = {{"command", "findTransactions"}, {"addresses", {text(test_hash("MANY"))}}};
  const IriReply refused = api.handle(request.dump());
  EXPECT_EQ(refused.status, 400u);
  EXPECT_NE(refused.body.find("after"), std::string::npos);

  std::vector<std::string> found;
  request["after"] = 0;
  for (int pages = 1;; ++pages) {
    ASSERT_LE(pages, 3);
    const IriReply reply = api.handle(request.dump());
    ASSERT_EQ(reply.status, 200u) << reply.body;
    const json answer = json::parse(reply.body);
    for (const json& hash : answer["hashes"]) found.push_back(hash);
    if (!answer.contains("next")) break;
    EXPECT_EQ(answer["hashes"].size(), 2u);
    request["after"] = answer["next"];
  }
  EXPECT_EQ(found, expected);
  for (const json& bad : {json(-1), json("0"), json(1.5), json::array()}) {
    request["after"] = bad;
    EXPECT_EQ(api.handle(request.dump()).status, 400u) << bad;
  }
}

TEST_F(IriApiTest, TellsOfATip) {
  const auto bundle = broadcast(test_bundle("TIPINFO", 2));
  const auto ask_about = [&](const std::string& tail, unsigned status) {
    return ask({{"command", "getTipInfo"}, {"tailTransaction", tail}}, status);
  };
  EXPECT_EQ(ask_about(text(bundle[0].hash()), 200)["confirmed"], false);
  ASSERT_TRUE(tangle_->issue_milestone());
  const json answer = ask_about(text(bundle[0].hash()), 200);
  EXPECT_EQ(answer["confirmed"], true);
  for (const char* field : {"conflicting", "shouldPromote", "shouldReattach"}) EXPECT_EQ(answer[field], false) << field;
  ask_about(text(bundle[1].hash()), 400);
  ask_about(text(test_hash("NOWHERE")), 400);
  ask_about("abc", 400);
  EXPECT_EQ(ask_about(ask({{"command", "getNodeInfo"}})["latestMilestone"], 200)["confirmed"], true);
}

}  // namespace
}  // namespace glucoledger::node
