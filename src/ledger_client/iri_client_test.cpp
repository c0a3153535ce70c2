// The client among nodes that withhold, lie, lag behind, are slow or gone, and services that do proofs of work.
#include "ledger_client/iri_client.h"

#include <gtest/gtest.h>

#include <set>

#include "base/advice.h"
#include "base/limits.h"
#include "base/test_clock.h"
#include "ledger_client/fake_node.h"

namespace glucoledger::ledger_client {
namespace {

using ledger::Transaction;

const Hash kAddress = *Hash::from_trytes(std::string(80, 'X') + "9");

ledger::PreparedBundle prepared(const std::string& payload, const Hash& address = kAddress) {
  return ledger::prepare(payload, address, std::string(ledger::kTagTrytes, '9'), 1).value();
}

std::vector<Transaction> bundle_of(const std::string& payload, const Hash& address = kAddress) {
  crypto::ProofOfWorkOptions work;
  work.min_weight_magnitude = 1;
  work.threads = 1;
  return ledger::attach(prepared(payload, address), {{}, {}, 1}, work).value();
}

// Wants the transaction of one payload, and counts what comes before it.
class PayloadSink final : public ports::Sink {
 public:
  explicit PayloadSink(std::string payload) : payload_(std::move(payload)) {}
  void take(std::vector<Transaction> some) override {
    most = std::max(most, some.size());
    for (const auto& transaction : some) {
      ++taken;
      found = found || transaction.signature_message_fragment().starts_with(payload_);
    }
  }
  bool wants(const Hash&) const override { return !found; }
  bool found = false;
  std::size_t taken = 0;
  std::size_t most = 0;

 private:
  std::string payload_;
};

class IriClientTest : public testing::Test {
 protected:
  IriClient client(std::size_t count, std::int64_t request_ms = 5'000) {
    std::vector<locator::Endpoint> endpoints;
    for (std::size_t i = 0; i < count; ++i) endpoints.push_back(nodes_[i].endpoint());
    http::ClientOptions options;
    options.request_ms = request_ms;
    return IriClient(endpoints, clock_, options);
  }
  static ports::ReadEnd read(IriClient& client, PayloadSink& sink) {
    const auto end = client.read_into(std::span(&kAddress, 1), sink);
    EXPECT_TRUE(end) << end.error().message;
    return end.value_or(ports::ReadEnd{});
  }
  base::TestClock clock_;
  FakeNode nodes_[3];
};

TEST_F(IriClientTest, ANodeThatWithholdsOrLagsHidesNothing) {
  nodes_[1].held = bundle_of("HELLO");
  auto two = client(2);
  PayloadSink sink("HELLO");
  EXPECT_EQ(read(two, sink).doubt, "");
  EXPECT_TRUE(sink.found);

  nodes_[2].held = nodes_[1].held;
  nodes_[1].held.clear();
  auto three = client(3);
  PayloadSink other("HELLO");
  (void)read(three, other);
  EXPECT_FALSE(other.found) << "two of three withhold: a majority";
}

TEST_F(IriClientTest, WhatIsFoundAsksNoFurtherNode) {
  nodes_[0].held = bundle_of("HELLO");
  auto two = client(2);
  PayloadSink sink("HELLO");
  EXPECT_EQ(read(two, sink).doubt, "");
  EXPECT_TRUE(sink.found);
  EXPECT_EQ(nodes_[1].requests, 0);
}

TEST_F(IriClientTest, AbsenceThatTooFewNodesAgreeOnIsInDoubt) {
  nodes_[0].status = 503;
  auto two = client(2);
  PayloadSink sink("HELLO");
  EXPECT_NE(read(two, sink).doubt.find("only 1 of 2 nodes answered"), std::string::npos);
  nodes_[1].status = 503;
  EXPECT_EQ(two.read_into(std::span(&kAddress, 1), sink).error().code, ErrorCode::kUnreachable);
}

TEST_F(IriClientTest, WhatOneOfThreeConfirmsIsNotConfirmed) {
  const auto bundle = bundle_of("HELLO");
  const std::vector<Hash> hashes{bundle.front().hash(), Hash{}};
  nodes_[0].held = bundle;
  auto three = client(3);
  EXPECT_EQ(three.confirmed(hashes), (std::vector<bool>{false, false}));
  nodes_[2].held = bundle;
  EXPECT_EQ(three.confirmed(hashes), (std::vector<bool>{true, false}));
  nodes_[1].status = 503;
  EXPECT_EQ(three.confirmed(hashes), (std::vector<bool>{true, false})) << "the other two agree";
  nodes_[2].status = 503;
  EXPECT_EQ(three.confirmed(hashes), (std::vector<bool>{false, false})) << "one of three, again";
  nodes_[0].status = 503;
  EXPECT_EQ(three.confirmed(hashes).error().code, ErrorCode::kUnreachable);
}

TEST_F(IriClientTest, IsNotAskedForMoreTransactionsThanFitAnAnswer) {
  std::size_t most = 0;
  nodes_[0].twist = [&](auto& answer) {
    if (answer.contains("trytes")) most = std::max(most, answer["trytes"].size());
  };
  auto one = client(1);
  EXPECT_EQ(one.held(std::vector<Hash>(1'200))->size(), 1'200U);
  EXPECT_EQ(most, 500U);
}

TEST_F(IriClientTest, WhetherDataIsConfirmedIsNotForOneNodeToSay) {
  const auto says = [](bool confirms) {
    return [confirms](auto& answer) {
      if (answer.contains("appName")) answer["confirmsData"] = confirms;
    };
  };
  for (const bool most : {true, false}) {
    nodes_[0].twist = says(!most);
    nodes_[1].twist = says(most);
    nodes_[2].twist = says(most);
    auto three = client(3);
    EXPECT_EQ(three.info()->confirms_data, most);
  }
}

TEST_F(IriClientTest, ANodeThatPoursOutWordsAboutItselfIsNotHeardToTheEnd) {
  nodes_[0].twist = [](auto& answer) { answer["appName"] = std::string(std::size_t{1} << 20, 'x'); };
  auto one = client(1);
  EXPECT_EQ(one.info().error().code, ErrorCode::kUnreachable);
}

TEST_F(IriClientTest, WhatOneOfThreeHoldsIsNotHeld) {
  const auto bundle = bundle_of("HELLO");
  const std::vector<Hash> hashes{bundle.front().hash(), Hash{}};
  nodes_[0].held = bundle;
  auto three = client(3);
  EXPECT_EQ(three.held(hashes), (std::vector<bool>{false, false}));
  nodes_[2].held = bundle;
  EXPECT_EQ(three.held(hashes), (std::vector<bool>{true, false}));
  nodes_[2].twist = [other = bundle_of("OTHER")](auto& answer) {
    if (answer.contains("trytes")) answer["trytes"][0] = other.front().trytes();
  };
  EXPECT_EQ(three.held(hashes), (std::vector<bool>{false, false})) << "another one in its place";
  EXPECT_EQ(three.info()->must_agree, 2U);
  EXPECT_EQ(three.info()->nodes, 3U);
}

TEST_F(IriClientTest, WhatIsSubmittedGoesToAMajority) {
  const auto bundle = bundle_of("HELLO");
  auto three = client(3);
  ASSERT_TRUE(three.submit(bundle));
  std::size_t took = 0;
  for (const auto& node : nodes_) took += node.received.size();
  EXPECT_EQ(took, 2 * bundle.size());
  nodes_[0].status = nodes_[1].status = 503;
  EXPECT_TRUE(three.submit(bundle)) << "what can be reached takes it";
  EXPECT_FALSE(nodes_[2].received.empty());
}

TEST_F(IriClientTest, WhatOneOfThreeSaysItDroppedMayNeverHaveBeen) {
  const auto says_pruned = [](nlohmann::json& reply) {
    if (reply.contains("hashes")) reply["pruned"] = {kAddress.trytes()};
  };
  nodes_[0].twist = says_pruned;
  auto three = client(3);
  PayloadSink sink("HELLO");
  auto end = read(three, sink);
  EXPECT_TRUE(end.pruned_addresses.empty());
  EXPECT_EQ(end.doubt, "") << "the other two agree";
  nodes_[2].status = 503;
  end = read(three, sink);
  EXPECT_TRUE(end.pruned_addresses.empty());
  EXPECT_NE(end.doubt, "") << "one says so, one does not";
  nodes_[1].twist = says_pruned;
  end = read(three, sink);
  EXPECT_EQ(end.pruned_addresses, std::vector<Hash>{kAddress});
  EXPECT_EQ(end.doubt, "");
}

TEST_F(IriClientTest, ALyingNodeIsSetAside) {
  nodes_[0].held = nodes_[1].held = bundle_of("HELLO");
  nodes_[0].twist = [](nlohmann::json& reply) {
    if (!reply.contains("trytes")) return;
    std::string trytes = reply["trytes"][0];
    trytes[0] = trytes[0] == 'A' ? 'B' : 'A';
    reply["trytes"][0] = trytes;
  };
  auto two = client(2);
  PayloadSink sink("HELLO");
  (void)read(two, sink);
  EXPECT_TRUE(sink.found);
  const int asked = nodes_[0].requests;
  EXPECT_TRUE(two.tips());
  EXPECT_EQ(nodes_[0].requests, asked);
}

TEST_F(IriClientTest, ASilentNodeCostsItsTimeOutOnce) {
  nodes_[0].is_silent = true;
  auto two = client(2, 200);
  EXPECT_TRUE(two.tips());
  const int asked = nodes_[0].requests;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(two.tips());
  EXPECT_EQ(nodes_[0].requests, asked);
}

// One that answers within its time, and takes most of it for each request.
TEST_F(IriClientTest, ASlowNodeIsAskedAfterTheOthers) {
  nodes_[0].twist = [&](nlohmann::json& reply) {
    if (reply.contains("hashes")) clock_.advance_ms(5'500);
  };
  auto three = client(3);
  PayloadSink sink("HELLO");
  (void)read(three, sink);
  const int before = nodes_[0].requests;
  for (int round = 0; round < 3; ++round) EXPECT_TRUE(read(three, sink).doubt.empty());
  EXPECT_EQ(nodes_[0].requests, before);
  nodes_[1].status = 500;
  EXPECT_TRUE(read(three, sink).doubt.empty()) << "where the others are not enough it is asked";
  EXPECT_GT(nodes_[0].requests, before);
}

TEST_F(IriClientTest, ANodeThatFailedIsAskedAgainLater) {
  nodes_[0].status = 500;
  auto three = client(3);
  EXPECT_TRUE(three.tips());
  nodes_[0].status = 200;
  nodes_[1].status = 500;
  const int asked = nodes_[0].requests;
  clock_.advance_ms(900);
  EXPECT_TRUE(three.tips());
  EXPECT_EQ(nodes_[0].requests, asked);
  nodes_[2].status = 500;
  clock_.advance_ms(200);
  EXPECT_TRUE(three.tips());
  EXPECT_GT(nodes_[0].requests, asked);
}

TEST_F(IriClientTest, ASilentFirstNodeOfSeveralDoesNotKeepTheOthersFromAnswering) {
  nodes_[0].is_silent = true;
  nodes_[1].held = nodes_[2].held = bundle_of("HELLO");
  auto three = client(3, 30'000);
  ASSERT_TRUE(three.info());
  PayloadSink sink("HELLO");
  (void)read(three, sink);
  EXPECT_TRUE(sink.found);
  EXPECT_LE(nodes_[0].requests, 1);
}

TEST_F(IriClientTest, OfAnswersWithoutTheFirstNodesMostDecide) {
  nodes_[0].status = 500;
  nodes_[1].network_id = "ffff";
  std::vector<locator::Endpoint> endpoints;
  for (const std::size_t i : {0, 1, 2, 2}) endpoints.push_back(nodes_[i].endpoint());
  IriClient four(endpoints, clock_);
  const auto info = four.info();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->network_id, nodes_[2].network_id);
}

TEST_F(IriClientTest, MostDecideThoughAnotherOneIsNamedFirstOrAnswersSooner) {
  for (std::size_t liar = 0; liar < 3; ++liar) {
    SCOPED_TRACE(liar);
    nodes_[liar].network_id = "ffff";
    auto three = client(3);
    const auto info = three.info();
    ASSERT_TRUE(info);
    EXPECT_EQ(info->network_id, nodes_[(liar + 1) % 3].network_id);
    nodes_[liar].network_id = info->network_id;
  }
}

// Who tells a weight that nobody can bear keeps nobody from publishing.
TEST_F(IriClientTest, TheWeightIsThatOfMostNodes) {
  nodes_[0].twist = [](nlohmann::json& reply) {
    if (reply.contains("minWeightMagnitude")) reply["minWeightMagnitude"] = base::limits::kMinWeightMagnitudeMax;
  };
  auto three = client(3);
  const auto info = three.info();
  ASSERT_TRUE(info);
  EXPECT_LT(info->min_weight_magnitude, base::limits::kMinWeightMagnitudeMax);
}

// What one that answers wrongly says is decided by nobody while the others are out of reach.
TEST_F(IriClientTest, AWrongAnswerBesideNodesThatAreDownDecidesNothing) {
  nodes_[0].twist = [](nlohmann::json& reply) { reply = {{"trunkTransaction", "?"}}; };
  nodes_[1].status = nodes_[2].status = 500;
  auto three = client(3);
  EXPECT_EQ(three.tips().error().code, ErrorCode::kUnreachable);
  EXPECT_EQ(three.tips().error().code, ErrorCode::kUnreachable) << "also while these are not asked";
  for (auto& node : nodes_) {
    node.status = 200;
    node.twist = nodes_[0].twist;
  }
  auto all_wrong = client(3);
  EXPECT_EQ(all_wrong.tips().error().code, ErrorCode::kCorrupt);
}

// Neither does a refusal; and once the others are back they are asked, though they were set aside.
TEST_F(IriClientTest, ARefusalBesideNodesThatAreDownDecidesNothing) {
  const auto bundle = bundle_of("HELLO");
  for (const unsigned status : {400U, 401U}) {
    SCOPED_TRACE(status);
    nodes_[0].status = status;
    nodes_[1].status = nodes_[2].status = 500;
    auto three = client(3);
    for (int round = 0; round < 8; ++round) {
      EXPECT_EQ(three.tips().error().code, ErrorCode::kUnreachable);
      EXPECT_EQ(three.submit(bundle).error().code, ErrorCode::kUnreachable);
    }
    PayloadSink sink("HELLO");
    EXPECT_EQ(three.read_into(std::span(&kAddress, 1), sink).error().code, ErrorCode::kUnreachable);
    nodes_[1].status = nodes_[2].status = 200;
    EXPECT_TRUE(three.tips()) << "at once";
    nodes_[1].status = status;
    auto most = client(3);
    nodes_[2].status = 500;
    EXPECT_EQ(most.tips().error().code, status == 400 ? ErrorCode::kInputRefused : ErrorCode::kNotAllowed);
  }
}

// What one hands out in part, others may hand out whole.
TEST_F(IriClientTest, APartIsToldOnlyWhereMostHandOutNoMore) {
  nodes_[0].page_size = 1;
  nodes_[0].held = bundle_of("JUNK");
  for (const std::size_t count : {1U, 3U}) {
    auto nodes = client(count);
    PayloadSink sink("HELLO");
    const auto end = read(nodes, sink);
    EXPECT_EQ(end.cut_addresses.size(), count == 1 ? 1U : 0U);
    EXPECT_TRUE(end.doubt.empty()) << end.doubt;
  }
  nodes_[1].page_size = 1;
  nodes_[1].held = nodes_[0].held;
  auto three = client(3);
  PayloadSink sink("HELLO");
  EXPECT_EQ(read(three, sink).cut_addresses.size(), 1U);
  // One of two decides neither: what is missing is in doubt.
  nodes_[1].page_size = 1'000;
  nodes_[1].held.clear();
  auto two = client(2);
  const auto end = read(two, sink);
  EXPECT_TRUE(end.cut_addresses.empty());
  EXPECT_FALSE(end.doubt.empty());
}

TEST_F(IriClientTest, WhatOneAloneTellsOfTheLedgerIsNotAgreed) {
  auto three = client(3);
  EXPECT_TRUE(three.info()->agreed);
  nodes_[1].status = nodes_[2].status = 500;
  three.forget_facts();
  EXPECT_FALSE(three.info()->agreed);
  auto one = client(1);
  EXPECT_TRUE(one.info()->agreed);
}

TEST_F(IriClientTest, ANodeWhosePagesComeSlowlyAndEmptyIsLeft) {
  for (auto& node : nodes_) node.pages = true;
  nodes_[1].held = nodes_[2].held = bundle_of("HELLO");
  std::uint64_t next = 0;
  nodes_[0].twist = [&](nlohmann::json& reply) {
    if (!reply.contains("hashes")) return;
    clock_.advance_ms(5'000);
    reply = {{"hashes", nlohmann::json::array()}, {"next", ++next}};
  };
  auto three = client(3);
  PayloadSink sink("HELLO");
  (void)read(three, sink);
  EXPECT_TRUE(sink.found);
  EXPECT_LT(next, 10U);
}

TEST_F(IriClientTest, TheOnlyNodeIsTriedAgainThoughItFailed) {
  auto one = client(1);
  nodes_[0].status = 500;
  EXPECT_EQ(one.tips().error().code, ErrorCode::kUnreachable);
  nodes_[0].status = 200;
  EXPECT_TRUE(one.tips());
}

TEST_F(IriClientTest, SubmittingGoesOnAtTheNextNode) {
  const auto bundle = bundle_of("HELLO");
  nodes_[0].status = 500;
  auto two = client(2);
  ASSERT_TRUE(two.submit(bundle));
  EXPECT_EQ(nodes_[1].received.size(), bundle.size());
}

TEST_F(IriClientTest, WhatIsCancelledGoesToNoFurtherNode) {
  base::CancelSource source;
  nodes_[0].status = 500;
  nodes_[0].twist = [&](nlohmann::json&) { source.trip(); };
  auto two = client(2);
  const auto submitted = two.submit(bundle_of("HELLO"), source.token());
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(nodes_[1].requests, 0);
  EXPECT_EQ(two.submit(bundle_of("HELLO"), source.token()).error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(nodes_[0].requests, 1);
}

TEST_F(IriClientTest, ANodeOfAnotherLedgerIsNotBelieved) {
  nodes_[1].network_id = "44556677";
  nodes_[1].held = bundle_of("HELLO");
  auto two = client(2);
  ASSERT_TRUE(two.info());
  PayloadSink sink("HELLO");
  EXPECT_NE(read(two, sink).doubt, "");
  EXPECT_FALSE(sink.found);
}

TEST_F(IriClientTest, WhoAsksAnewNoticesThatAnotherLedgerStandsThere) {
  auto one = client(1);
  ASSERT_TRUE(one.info());
  nodes_[0].network_id = "44556677";
  EXPECT_EQ(one.info()->network_id, "00112233");
  one.forget_facts();
  EXPECT_EQ(one.info()->network_id, "44556677");
}

TEST_F(IriClientTest, ANodeThatAsksForATokenSaysSo) {
  nodes_[0].status = 401;
  auto one = client(1);
  const auto refused = one.tips();
  EXPECT_EQ(refused.error().code, ErrorCode::kNotAllowed);
  EXPECT_EQ(refused.error().advice, Advice::kNameToken);
}

TEST_F(IriClientTest, ANodesReasonIsShown) {
  nodes_[0].status = 503;
  nodes_[0].twist = [](auto& reply) { reply = {{"error", "the snapshot is being\nloaded"}}; };
  auto one = client(1);
  const auto failed = one.tips();
  EXPECT_EQ(failed.error().code, ErrorCode::kUnreachable);
  EXPECT_NE(failed.error().message.find("503: the snapshot is being loaded"), std::string::npos);
}

TEST_F(IriClientTest, ANodeThatIsNotInStepIsNotAsked) {
  nodes_[0].twist = [](auto& reply) { reply["isSynced"] = false; };
  auto one = client(1);
  EXPECT_EQ(one.info().error().code, ErrorCode::kUnreachable);
  auto two = client(2);
  EXPECT_TRUE(two.tips());
}

TEST_F(IriClientTest, AWeightThatOnlyTheConfigurationTellsIsLearnt) {
  nodes_[0].twist = [](auto& reply) {
    if (reply.contains("appName")) {
      reply.erase("minWeightMagnitude");
    } else {
      reply["minWeightMagnitude"] = 5;
    }
  };
  auto one = client(1);
  EXPECT_EQ(one.info()->min_weight_magnitude, 5);
}

TEST_F(IriClientTest, AnAnswerThatGoesDeepIsNotRead) {
  nodes_[0].twist = [](auto& reply) {
    auto deep = nlohmann::json::array();
    for (int i = 0; i < 20; ++i) deep = nlohmann::json::array({std::move(deep)});
    reply["more"] = std::move(deep);
  };
  auto one = client(1);
  EXPECT_EQ(one.info().error().code, ErrorCode::kCorrupt);
}

TEST_F(IriClientTest, JunkIsReadPageByPageInSmallParts) {
  const std::string junk = prepared("").front();
  for (std::size_t i = 0; i < 2'500; ++i) {
    std::string trytes = junk;  // a bundle's hash does not cover its payload
    for (std::size_t at = 0, rest = i; rest > 0; ++at, rest /= 26) trytes[at] = static_cast<char>('A' + rest % 26);
    nodes_[0].held.push_back(Transaction::from_trytes(std::move(trytes)).value());
  }
  nodes_[0].held.push_back(bundle_of("HELLO").front());
  nodes_[0].pages = true;
  auto one = client(1);
  PayloadSink sink("HELLO");
  EXPECT_TRUE(read(one, sink).cut_addresses.empty());
  EXPECT_TRUE(sink.found);
  EXPECT_EQ(sink.taken, 2'501U);
  EXPECT_LE(sink.most, 500U);

  // A node without pages hands out a part, and that is told.
  nodes_[0].pages = false;
  auto legacy = client(1);
  PayloadSink other("HELLO");
  EXPECT_EQ(read(legacy, other).cut_addresses, std::vector<Hash>{kAddress});
  EXPECT_FALSE(other.found);
}

TEST_F(IriClientTest, PagesThatDoNotGoOnOrEndAreAWrongAnswer) {
  nodes_[0].pages = true;
  for (const int step : {0, 1}) {
    int next = 0;
    nodes_[0].twist = [&](nlohmann::json& reply) {
      if (reply.contains("hashes")) reply["next"] = next += step;
    };
    auto one = client(1);
    PayloadSink sink("HELLO");
    EXPECT_EQ(one.read_into(std::span(&kAddress, 1), sink).error().code, ErrorCode::kCorrupt);
  }
}

TEST_F(IriClientTest, AServiceDoesTheProofOfWork) {
  auto one = client(1);
  const auto bundle = prepared(std::string(5'000, 'H'));
  crypto::ProofOfWorkOptions work;
  work.min_weight_magnitude = 3;
  const ledger::Attachment attachment{*Hash::from_trytes(std::string(81, 'A')),
                                      *Hash::from_trytes(std::string(81, 'B')), 1};
  const auto attached = one.attach(bundle, attachment, work);
  ASSERT_TRUE(attached) << attached.error().message;
  EXPECT_EQ(attached->size(), 3U);
  EXPECT_TRUE(ledger::check_bundle(*attached));
  for (const auto& transaction : *attached) EXPECT_GE(crypto::weight_magnitude(transaction.hash()), 3);
  EXPECT_EQ(attached->back().branch(), attachment.branch);
}

TEST_F(IriClientTest, AServiceThatSaysNothingIsGivenUpOnceCancelled) {
  nodes_[0].is_silent = true;
  auto one = client(1, 600'000);
  base::CancelSource stop;
  crypto::ProofOfWorkOptions work;
  work.cancel = stop.token();
  const std::jthread stopper([&] {
    nodes_[0].requests.wait(0);
    stop.trip();
  });
  EXPECT_EQ(one.attach(prepared("HELLO"), {{}, {}, 1}, work).error().code, ErrorCode::kInterrupted);
}

TEST_F(IriClientTest, WhatAServiceGivesBackIsChecked) {
  const auto bundle = prepared(std::string(5'000, 'H'));
  crypto::ProofOfWorkOptions work;
  work.min_weight_magnitude = 3;
  const auto attach = [&](const std::function<void(nlohmann::json&)>& twist) {
    nodes_[0].twist = [twist](nlohmann::json& reply) {
      if (reply.contains("trytes")) twist(reply["trytes"]);
    };
    return client(1).attach(bundle, {{}, {}, 1}, work);
  };
  const auto change = [](std::size_t at) {
    return [at](nlohmann::json& trytes) {
      std::string text = trytes[1];
      text[at] = text[at] == 'A' ? 'B' : 'A';
      trytes[1] = text;
    };
  };
  EXPECT_TRUE(attach([](nlohmann::json&) {}));
  for (const std::size_t at : {0, 2'190, 2'300, 2'400, 2'440, 2'520, 2'600, 2'650}) {
    EXPECT_EQ(attach(change(at)).error().code, ErrorCode::kUnreachable) << at;
  }
  EXPECT_EQ(attach([](nlohmann::json& trytes) { trytes.erase(0); }).error().code, ErrorCode::kUnreachable);
  EXPECT_EQ(attach([](nlohmann::json& trytes) { trytes = 7; }).error().code, ErrorCode::kUnreachable);
  nodes_[0].status = 500;
  EXPECT_EQ(client(1).attach(bundle, {{}, {}, 1}, work).error().code, ErrorCode::kUnreachable);
}

}  // namespace
}  // namespace glucoledger::ledger_client
