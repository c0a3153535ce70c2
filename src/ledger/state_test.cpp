#include "ledger/state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/durations.h"
#include "base/limits.h"
#include "ledger/state_records.h"
#include "ledger/test_machine.h"
#include "ledger/verify.h"

namespace glucoledger::ledger {
namespace {

void expect_refused(const Result<void>& result, std::string_view why) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInputRefused);
  EXPECT_NE(result.error().message.find(why), std::string::npos) << result.error().message;
}

TEST(StateTest, TakesFindsAndConfirms) {
  Machine machine;
  const Transactions bundle = test_bundle("ADDRESS", 3);
  ASSERT_TRUE(machine.submit(bundle));
  const std::vector<Hash> hashes{bundle[0].hash(), bundle[1].hash(), bundle[2].hash()};
  EXPECT_EQ(*find_all(machine.store(), {{test_hash("ADDRESS")}, {}, {}, {}}), hashes);
  EXPECT_EQ(*find_all(machine.store(), {{}, {bundle[0].bundle()}, {}, {}}), hashes);
  EXPECT_EQ(*find_all(machine.store(), {{}, {}, {bundle[1].hash()}, {}}), std::vector<Hash>{bundle[0].hash()});
  EXPECT_EQ(*find_all(machine.store(), {{}, {}, {}, {"TEST"}}), hashes);
  EXPECT_EQ(*find_all(machine.store(), {{test_hash("ADDRESS")}, {}, {bundle[2].hash()}, {}}),
            std::vector<Hash>{bundle[1].hash()});
  EXPECT_TRUE(find_all(machine.store(), {{test_hash("ADDRESS")}, {test_hash("OTHER")}, {}, {}})->empty());
  EXPECT_TRUE(find_all(machine.store(), {})->empty());
  EXPECT_FALSE(find_all(machine.store(), {{}, {}, {}, {"small"}}));
  for (const Transaction& transaction : bundle) {
    EXPECT_EQ(get(machine.store(), transaction.hash())->transaction->trytes(), transaction.trytes());
    EXPECT_EQ(machine.standing(transaction).milestone, 0u);
  }
  EXPECT_FALSE(get(machine.store(), test_hash("UNKNOWN"))->known);
  EXPECT_EQ(machine.issue_milestone().index, 1u);
  EXPECT_TRUE(machine.confirmed(bundle));
  EXPECT_EQ(*transaction_count(machine.store()), 3u);
}

TEST(StateTest, SubmittingAgainChangesNothing) {
  Machine machine;
  const Transactions bundle = test_bundle("ADDRESS", 2);
  ASSERT_TRUE(machine.submit(bundle));
  machine.issue_milestone();
  const auto before = machine.store().content(Column::kIndexes);
  ASSERT_TRUE(machine.submit(bundle));
  ASSERT_TRUE(machine.submit({bundle[1], bundle[1]}));
  EXPECT_EQ(machine.store().content(Column::kIndexes), before);
  EXPECT_EQ(machine.issue_milestone().index, 1u);
}

TEST(StateTest, RefusesWhatBreaksTheRules) {
  Machine machine;
  const Transaction good = test_bundle("ADDRESS", 1)[0];
  std::string weak = good.trytes();
  for (char c = 'A'; crypto::weight_magnitude(Transaction::from_trytes(weak)->hash()) >= kTestWeight; ++c) {
    weak.back() = c;
  }
  expect_refused(machine.submit({*Transaction::from_trytes(weak)}), "proof of work");
  expect_refused(machine.submit({with(good, fields::kValue, "A")}), "value");
  expect_refused(machine.submit({*Transaction::from_trytes(std::string(kTransactionTrytes, '9'))}), "empty");
  expect_refused(machine.submit({with(good, fields::kLastIndex, "JB")}), "more than 64");
  expect_refused(machine.submit({with(good, fields::kBundle, "ABC")}), "bundle hash");
  EXPECT_TRUE(machine.submit({good}));
  expect_refused(Machine(22).submit({good}), "proof of work");
}

TEST(StateTest, JudgesTheAttachmentTimestamp) {
  Machine machine;
  const auto attached = [](std::int64_t ms) { return test_bundle("ADDRESS", 1, Hash(), Hash(), "P", ms); };
  const std::int64_t latest_ms = kTestTimeMs + base::limits::kTimestampFutureMaxMs;
  EXPECT_TRUE(machine.submit(attached(latest_ms)));
  expect_refused(machine.submit(attached(latest_ms + 1)), "future");
  EXPECT_TRUE(machine.submit(attached(1)));
  // A bundle's own time counts only where the attachment has none: it is fixed before anything may be known of the
  // ledger.
  const auto ahead = prepare("P", test_hash("ADDRESS"), "", latest_ms / 1000 + 100);
  EXPECT_TRUE(machine.submit(attach_for_test(*ahead, Hash(), Hash(), kTestTimeMs)));
  expect_refused(machine.submit(attach_for_test(*ahead, Hash(), Hash(), 0)), "future");
}

TEST(StateTest, TimeRunsForwardAndOneAbsurdValueDoesNotHoldIt) {
  Machine machine;
  using base::kMinuteMs;
  const std::int64_t kLeadMs = machine.parameters().clock_lead_max_ms;
  EXPECT_EQ(machine.issue_milestone(kTestTimeMs, true).time_ms, kTestTimeMs);
  EXPECT_EQ(machine.issue_milestone(kTestTimeMs - kMinuteMs, true).time_ms, kTestTimeMs);
  EXPECT_EQ(machine.issue_milestone(std::numeric_limits<std::int64_t>::max(), true).index, 3u);
  EXPECT_EQ(machine.issue_milestone(kTestTimeMs + kMinuteMs, true).time_ms, kTestTimeMs + kMinuteMs + kLeadMs);
  EXPECT_EQ(machine.issue_milestone(std::numeric_limits<std::int64_t>::min(), true).time_ms, kLeadMs);
  expect_refused(machine.submit(test_bundle("ADDRESS", 1), 0), "future");
  EXPECT_TRUE(machine.submit(test_bundle("ADDRESS", 1), kTestTimeMs));
}

TEST(StateTest, PartsMayComeInAnyOrder) {
  const Transactions bundle = test_bundle("ADDRESS", 3);
  std::vector<std::size_t> order{0, 1, 2};
  do {
    Machine machine;
    for (const std::size_t i : order) {
      EXPECT_FALSE(machine.confirmed(bundle));
      ASSERT_TRUE(machine.submit({bundle[i]}));
      machine.issue_milestone();
    }
    EXPECT_TRUE(machine.confirmed(bundle));
    EXPECT_TRUE(missing_hashes(machine.store(), 10)->empty());
    EXPECT_EQ(*tip_hashes(machine.store(), 10), std::vector<Hash>{bundle[0].hash()});
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(StateTest, WaitsForWhatIsApproved) {
  Machine machine;
  const Transactions parent = test_bundle("PARENT", 1);
  const Transactions child = test_bundle("CHILD", 2, parent[0].hash(), parent[0].hash());
  const Transactions grandchild = test_bundle("GRANDCHILD", 1, child[0].hash(), parent[0].hash());
  ASSERT_TRUE(machine.submit(grandchild));
  ASSERT_TRUE(machine.submit(child));
  EXPECT_EQ(*missing_hashes(machine.store(), 10), std::vector<Hash>{parent[0].hash()});
  EXPECT_EQ(machine.issue_milestone().index, 0u);
  EXPECT_TRUE(inconsistency(machine.store(), child[0].hash())->has_value());
  ASSERT_TRUE(machine.submit(parent));
  EXPECT_TRUE(missing_hashes(machine.store(), 10)->empty());
  EXPECT_FALSE(inconsistency(machine.store(), child[0].hash())->has_value());
  EXPECT_TRUE(inconsistency(machine.store(), child[1].hash())->has_value());  // not a tail
  EXPECT_TRUE(inconsistency(machine.store(), test_hash("UNKNOWN"))->has_value());
  machine.issue_milestone();
  EXPECT_TRUE(machine.confirmed(parent));
  EXPECT_TRUE(machine.confirmed(child));
  EXPECT_TRUE(machine.confirmed(grandchild));
  EXPECT_EQ(*tip_hashes(machine.store(), 10), std::vector<Hash>{grandchild[0].hash()});
}

TEST(StateTest, AForgedTailNeitherEntersNorHoldsUpTheGenuineBundle) {
  const Transactions bundle = test_bundle("ADDRESS", 3);
  const Transaction forged = with(bundle[0], fields::kAddress, "FORGED");
  {
    Machine machine;  // the forged tail first: it cannot be judged yet
    ASSERT_TRUE(machine.submit({forged}));
    ASSERT_TRUE(machine.submit(bundle));
    machine.issue_milestone();
    EXPECT_TRUE(machine.confirmed(bundle));
    EXPECT_TRUE(machine.standing(forged).solid);
    EXPECT_FALSE(machine.standing(forged).valid);
    EXPECT_EQ(machine.standing(forged).milestone, 0u);
    EXPECT_EQ(*tip_hashes(machine.store(), 10), std::vector<Hash>{bundle[0].hash()});
  }
  Machine machine;  // the forged tail last
  ASSERT_TRUE(machine.submit(bundle));
  expect_refused(machine.submit({forged}), "bundle hash");
  EXPECT_FALSE(machine.standing(forged).known);
  expect_refused(machine.submit({with(bundle[0], fields::kTrunk, bundle[2].hash().trytes())}), "next part");
}

// As on the network: what approves the middle of a bundle is never confirmed, and nothing is built on it.
TEST(StateTest, ABundleStandsOnTails) {
  const Transactions ground = test_bundle("GROUND", 3);
  const Hash tail = ground[0].hash();
  const Hash middle = ground[1].hash();
  const Transactions by_trunk = test_bundle("TRUNK", 2, middle, tail);
  const Transactions by_branch = test_bundle("BRANCH", 1, tail, middle);
  {
    Machine machine;  // what is approved is here
    ASSERT_TRUE(machine.submit(ground));
    expect_refused(machine.submit(by_trunk), "no tail");
    expect_refused(machine.submit(by_branch), "no tail");
    EXPECT_FALSE(machine.standing(by_trunk[0]).known);
    EXPECT_TRUE(machine.submit(test_bundle("TAILS", 2, tail, Hash())));
  }
  for (const Transactions& bundle : {by_trunk, by_branch}) {
    Machine machine;  // and here it comes later: nothing can be said before
    const Transactions child = test_bundle("CHILD", 1, bundle[0].hash(), bundle[0].hash());
    ASSERT_TRUE(machine.submit(bundle));
    ASSERT_TRUE(machine.submit(child));
    ASSERT_TRUE(machine.submit(ground));
    machine.issue_milestone();
    EXPECT_TRUE(machine.standing(bundle[0]).solid);
    EXPECT_FALSE(machine.standing(bundle[0]).valid);
    EXPECT_TRUE(inconsistency(machine.store(), bundle[0].hash())->has_value());
    EXPECT_FALSE(machine.standing(child[0]).valid) << "what stands on it is built on nothing";
    expect_refused(machine.submit(test_bundle("LATER", 1, bundle[0].hash(), tail)), "no tail of a valid");
    EXPECT_TRUE(machine.confirmed(ground));
    const auto tips = *tip_hashes(machine.store(), 10);
    EXPECT_EQ(std::count(tips.begin(), tips.end(), bundle[0].hash()), 0);
    EXPECT_TRUE(verify(machine.store(), {})->sound());
  }
  Machine machine;  // its parts one by one, the tail last
  ASSERT_TRUE(machine.submit(ground));
  ASSERT_TRUE(machine.submit({by_trunk[1]}));
  expect_refused(machine.submit({by_trunk[0]}), "no tail");
}

TEST(StateTest, AMilestoneConfirmsWideAndDeepShapes) {
  Machine machine;
  Transactions all;
  for (int i = 0; i < 200; ++i) {
    const Transactions bundle = test_bundle("WIDE" + std::string(1, static_cast<char>('A' + i % 26)), 1, Hash(), Hash(),
                                            "P" + std::string(static_cast<std::size_t>(i), 'B'));
    ASSERT_TRUE(machine.submit(bundle));
    all.push_back(bundle[0]);
  }
  EXPECT_EQ(tip_hashes(machine.store(), 1000)->size(), 64u);  // the newest
  for (int i = 0; i < 50; ++i) {
    const Transactions bundle = test_bundle("DEEP", 2, all.back().hash(), all.back().hash());
    ASSERT_TRUE(machine.submit(bundle));
    all.insert(all.end(), {bundle[1], bundle[0]});
  }
  EXPECT_EQ(tip_hashes(machine.store(), 1000)->size(), 64u);  // the newest
  EXPECT_EQ(machine.issue_milestone().index, 1u);
  EXPECT_TRUE(machine.confirmed(all));
}

TEST(StateTest, SelectsTipsByEntropyAlone) {
  Machine machine;
  EXPECT_TRUE(select_tips(machine.store(), 5)->trunk.is_null());
  const Transactions first = test_bundle("A", 2);
  ASSERT_TRUE(machine.submit(first));
  EXPECT_EQ(select_tips(machine.store(), 5)->trunk, first[0].hash());
  EXPECT_EQ(select_tips(machine.store(), 5)->branch, first[0].hash());
  for (const char* name : {"B", "C", "D"}) ASSERT_TRUE(machine.submit(test_bundle(name, 1)));
  std::set<std::pair<Hash, Hash>> seen;
  for (std::uint64_t entropy = 0; entropy < 100; ++entropy) {
    const TipPair pair = *select_tips(machine.store(), entropy);
    EXPECT_NE(pair.trunk, pair.branch);
    EXPECT_EQ(select_tips(machine.store(), entropy)->trunk, pair.trunk);
    seen.emplace(pair.trunk, pair.branch);
  }
  EXPECT_EQ(seen.size(), 12u);  // every ordered pair of four
}

TEST(StateTest, MilestonesChain) {
  Machine machine;
  Machine other;
  EXPECT_EQ(latest_milestone(machine.store())->index, 0u);
  ASSERT_TRUE(machine.submit(test_bundle("A", 1)));
  ASSERT_TRUE(other.submit(test_bundle("B", 1)));
  const Milestone first = machine.issue_milestone();
  EXPECT_NE(first.hash, other.issue_milestone().hash);
  EXPECT_EQ(machine.issue_milestone().index, 1u);  // nothing waits
  const Milestone second = machine.issue_milestone(kTestTimeMs + 5, true);
  EXPECT_EQ(second.index, 2u);
  EXPECT_EQ(latest_milestone(machine.store())->hash, second.hash);
  EXPECT_EQ((*find_milestone(machine.store(), first.hash))->index, 1u);
  EXPECT_EQ((*find_milestone(machine.store(), second.hash))->time_ms, kTestTimeMs + 5);
  EXPECT_FALSE(find_milestone(machine.store(), test_hash("NONE"))->has_value());
}

TEST(StateTest, AMilestoneIsGroundToStandOn) {
  Machine machine;
  ASSERT_TRUE(machine.submit(test_bundle("A", 1)));
  const Milestone milestone = machine.issue_milestone();
  EXPECT_FALSE(inconsistency(machine.store(), milestone.hash)->has_value());
  EXPECT_FALSE(inconsistency(machine.store(), Hash())->has_value());  // the latest one before there is any
  const Transactions upon = test_bundle("UPON", 2, milestone.hash, milestone.hash);
  ASSERT_TRUE(machine.submit({upon[0]}));
  EXPECT_EQ(*missing_hashes(machine.store(), 10), std::vector<Hash>{upon[1].hash()});
  ASSERT_TRUE(machine.submit({upon[1]}));
  EXPECT_TRUE(missing_hashes(machine.store(), 10)->empty());
  EXPECT_FALSE(inconsistency(machine.store(), upon[0].hash())->has_value());
  // In a bundle it is no part, and a transaction that is not known is no ground.
  const Transactions part = test_bundle("PART", 2, milestone.hash, milestone.hash);
  const Transaction cut = with(part[0], fields::kTrunk, milestone.hash.trytes());
  ASSERT_TRUE(machine.submit({cut}));
  const Transactions other = test_bundle("OTHER", 1, milestone.hash, test_hash("UNKNOWN"));
  ASSERT_TRUE(machine.submit(other));
  machine.issue_milestone();
  EXPECT_TRUE(machine.confirmed(upon));
  EXPECT_FALSE(machine.standing(cut).valid);
  EXPECT_FALSE(machine.standing(other[0]).solid);
  EXPECT_EQ(*missing_hashes(machine.store(), 10), std::vector<Hash>{test_hash("UNKNOWN")});
  EXPECT_TRUE(verify(machine.store(), {})->sound());
}

TEST(StateTest, PruningKeepsHashesAndAddresses) {
  Machine machine;
  const Transactions old = test_bundle("OLD", 2);
  const Transactions waiting = test_bundle("WAITING", 2);
  const Transactions recent = test_bundle("RECENT", 1);
  ASSERT_TRUE(machine.submit(old));
  ASSERT_TRUE(machine.submit({waiting[1]}));  // never confirmed
  ASSERT_TRUE(machine.submit(recent));
  machine.issue_milestone();
  EXPECT_EQ(machine.prune_before(4), 2u);
  EXPECT_EQ(machine.prune_before(4), 0u);
  EXPECT_TRUE(*is_pruned(machine.store(), test_hash("OLD")));
  EXPECT_FALSE(*is_pruned(machine.store(), test_hash("RECENT")));
  EXPECT_FALSE(*is_pruned(machine.store(), test_hash("NEVER")));
  EXPECT_TRUE(find_all(machine.store(), {{test_hash("OLD")}, {}, {}, {}})->empty());
  EXPECT_TRUE(get(machine.store(), old[0].hash())->known);
  EXPECT_FALSE(get(machine.store(), old[0].hash())->transaction.has_value());
  EXPECT_TRUE(machine.standing(old[0]).pruned);
  EXPECT_TRUE(machine.confirmed(old));
  EXPECT_EQ(*transaction_count(machine.store()), 2u);
  ASSERT_TRUE(machine.submit(old));  // known: not taken in again
  EXPECT_TRUE(machine.standing(old[0]).pruned);
  const Transactions child = test_bundle("CHILD", 1, old[0].hash(), recent[0].hash());
  ASSERT_TRUE(machine.submit(child));
  EXPECT_TRUE(machine.standing(child[0]).valid);
  EXPECT_TRUE(get(machine.store(), recent[0].hash())->transaction.has_value());
}

TEST(StateTest, NeverHandsOutABodyThatIsNotTheOneNamed) {
  Machine machine;
  const Transactions bundle = test_bundle("A", 1);
  const Transactions other = test_bundle("B", 1);
  ASSERT_TRUE(machine.submit(bundle));
  for (const std::string& body : {records::pack(other[0].trytes()), std::string("short"), std::string(1604, '\xff')}) {
    StateBatch batch(machine.store());
    batch.put(Column::kBodies, records::encode_integer(1, 8), body);
    const auto stored = get(batch, bundle[0].hash());
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::kCorrupt);
  }
}

TEST(StateTest, ReadsItsParametersAndRefusesNewerOnes) {
  MemoryStore store;
  EXPECT_EQ(read_parameters(store).error().code, ErrorCode::kNotFound);
  Machine machine(11);
  const auto parameters = read_parameters(machine.store());
  ASSERT_TRUE(parameters);
  EXPECT_EQ(parameters->min_weight_magnitude, 11);
  EXPECT_EQ(parameters->network_id, Bytes(kNetworkIdSize, 7));
  const auto changed = [&](const std::string& bytes) {
    StateBatch batch(machine.store());
    batch.put(Column::kParameters, records::kParametersKey, bytes);
    const auto read = read_parameters(batch);
    return read ? Error() : read.error();
  };
  const Error newer = changed(records::encode_integer(kStateFormatVersion + 1, 4) + "whatever comes then");
  EXPECT_EQ(newer.code, ErrorCode::kNewerFormat);
  EXPECT_NE(newer.message.find("version " + std::to_string(kStateFormatVersion + 1)), std::string::npos);
  EXPECT_EQ(changed("").code, ErrorCode::kCorrupt);
  EXPECT_EQ(changed(records::encode_integer(1, 4)).code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace glucoledger::ledger
