// What a ledger lets go of and how it grows old: ends to waiting, retention, forgetting, versions, verification.
#include <gtest/gtest.h>

#include "base/durations.h"
#include "ledger/state_records.h"
#include "ledger/test_machine.h"
#include "ledger/verify.h"

namespace glucoledger::ledger {
namespace {

using base::kHourMs;

Parameters short_lived() {
  Parameters parameters = test_parameters();
  parameters.waiting_max_ms = 2 * kHourMs;
  parameters.retention_ms = 5 * kHourMs;
  parameters.duplicate_window_ms = 10 * kHourMs;
  return parameters;
}

void expect_sound(const Machine& machine) {
  const auto report = verify(machine.store(), {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->sound()) << report->findings.front();
}

TEST(StateLifeTest, PartsDoNotWaitForEver) {
  Machine machine(short_lived());
  const Transactions bundle = test_bundle("ADDRESS", 3);
  const Transactions child = test_bundle("CHILD", 1, test_hash("UNKNOWN"), bundle[0].hash());
  ASSERT_TRUE(machine.submit({bundle[1]}));
  ASSERT_TRUE(machine.submit(child));
  EXPECT_EQ(missing_hashes(machine.store(), 10)->size(), 3u);
  EXPECT_EQ(machine.issue_milestone(kTestTimeMs + 2 * kHourMs - 1).index, 0u);
  EXPECT_TRUE(machine.standing(bundle[1]).known);
  expect_sound(machine);
  EXPECT_EQ(machine.issue_milestone(kTestTimeMs + 2 * kHourMs).index, 0u);
  EXPECT_FALSE(machine.standing(bundle[1]).known);
  EXPECT_FALSE(machine.standing(child[0]).known);
  EXPECT_TRUE(missing_hashes(machine.store(), 10)->empty());
  EXPECT_TRUE(find_all(machine.store(), {{test_hash("ADDRESS")}, {}, {}, {}})->empty());
  EXPECT_EQ(*transaction_count(machine.store()), 0u);
  expect_sound(machine);
  ASSERT_TRUE(machine.submit(bundle, kTestTimeMs + 3 * kHourMs));  // what was dropped may come again
  machine.issue_milestone(kTestTimeMs + 3 * kHourMs);
  EXPECT_TRUE(machine.confirmed(bundle));
  EXPECT_EQ(summary(machine.store())->transaction_count, 5u);
  expect_sound(machine);
}

TEST(StateLifeTest, AForgedTailGoesAndTheGenuineBundleStays) {
  Machine machine(short_lived());
  const Transactions bundle = test_bundle("ADDRESS", 2);
  const Transaction forged = with(bundle[0], fields::kAddress, "FORGED");
  const Transactions upon_forged = test_bundle("UPON", 1, forged.hash(), bundle[0].hash());
  ASSERT_TRUE(machine.submit({forged}));
  ASSERT_TRUE(machine.submit(bundle));
  machine.issue_milestone(kTestTimeMs + 2 * kHourMs);
  EXPECT_FALSE(machine.standing(forged).known);
  EXPECT_TRUE(machine.confirmed(bundle));
  expect_sound(machine);
  // What was built on it goes with it.
  Machine other(short_lived());
  ASSERT_TRUE(other.submit(upon_forged));
  ASSERT_TRUE(other.submit({forged}));
  ASSERT_TRUE(other.submit(bundle));
  other.issue_milestone(kTestTimeMs + kHourMs);
  EXPECT_FALSE(other.confirmed(upon_forged));
  other.issue_milestone(kTestTimeMs + 2 * kHourMs);
  EXPECT_FALSE(other.standing(forged).known);
  EXPECT_FALSE(other.standing(upon_forged[0]).known);
  EXPECT_TRUE(other.confirmed(bundle));
  expect_sound(other);
}

TEST(StateLifeTest, TheWaitingRoomIsLimitedAndWholeBundlesPassIt) {
  Parameters parameters = test_parameters();
  parameters.waiting_count_max = 2;
  Machine machine(parameters);
  ASSERT_TRUE(machine.submit({test_bundle("A", 2)[1], test_bundle("B", 2)[1]}));
  const auto refused = machine.submit({test_bundle("C", 2)[1]});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("too many transactions wait"), std::string::npos);
  EXPECT_TRUE(machine.submit(test_bundle("D", 3)));
  expect_sound(machine);
}

TEST(StateLifeTest, BodiesGoByTimeAndHashesAfterTheDuplicateWindow) {
  Machine machine(short_lived());
  const Transactions old = test_bundle("OLD", 2);
  ASSERT_TRUE(machine.submit(old));
  machine.issue_milestone(kTestTimeMs);
  machine.issue_milestone(kTestTimeMs + 5 * kHourMs - 1);
  EXPECT_FALSE(machine.standing(old[0]).pruned);
  machine.issue_milestone(kTestTimeMs + 5 * kHourMs);
  EXPECT_TRUE(machine.standing(old[0]).pruned);
  EXPECT_TRUE(machine.confirmed(old));
  EXPECT_TRUE(*is_pruned(machine.store(), test_hash("OLD")));
  expect_sound(machine);
  machine.issue_milestone(kTestTimeMs + 16 * kHourMs);
  EXPECT_FALSE(machine.standing(old[0]).known);
  EXPECT_TRUE(*is_pruned(machine.store(), test_hash("OLD")));
  expect_sound(machine);
  const auto late = machine.submit(old, kTestTimeMs + 16 * kHourMs);
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("too long ago"), std::string::npos);
  const Summary sum = *summary(machine.store());
  EXPECT_EQ(sum.transaction_count, 2u);
  EXPECT_FALSE(inclusion_path(machine.store(), old[0].hash())->has_value());
}

TEST(StateLifeTest, AbsurdClocksHoldNothingUp) {
  Machine machine(short_lived());
  constexpr std::int64_t kAbsurdMs = std::int64_t{1} << 50;
  const Transactions open = test_bundle("OPEN", 2);
  ASSERT_TRUE(machine.submit({open[1]}, kTestTimeMs));
  machine.issue_milestone(kTestTimeMs, true);
  Parameters unlimited = short_lived();
  unlimited.duplicate_window_ms = 0;
  Machine other(unlimited);
  ASSERT_TRUE(other.submit({open[1]}, kAbsurdMs));
  ASSERT_TRUE(other.submit(test_bundle("DONE", 1), kAbsurdMs));
  other.issue_milestone(kAbsurdMs);
  other.issue_milestone(kTestTimeMs, true);
  EXPECT_TRUE(other.standing(open[1]).known);
  other.issue_milestone(kTestTimeMs + 3 * kHourMs, true);
  EXPECT_FALSE(other.standing(open[1]).known);
  other.issue_milestone(kTestTimeMs + 9 * kHourMs, true);
  EXPECT_EQ(*transaction_count(other.store()), 0u);
  expect_sound(other);
}

TEST(StateLifeTest, ProvesInclusionAlsoOfWhatWasPruned) {
  Machine machine;
  Transactions all;
  for (int i = 0; i < 9; ++i) {
    const Transactions bundle = test_bundle("A" + std::string(static_cast<std::size_t>(i), 'B'), 2);
    ASSERT_TRUE(machine.submit(bundle));
    all.insert(all.end(), bundle.begin(), bundle.end());
    machine.issue_milestone();
  }
  machine.prune_before(8);
  const Summary sum = *summary(machine.store());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto path = inclusion_path(machine.store(), all[i].hash());
    ASSERT_TRUE(path && *path);
    EXPECT_TRUE(check_inclusion(all[i], **path, sum.root));
    EXPECT_FALSE(check_inclusion(all[(i + 1) % all.size()], **path, sum.root));
    EXPECT_FALSE(check_inclusion(all[i], **path, Digest{}));
  }
  EXPECT_EQ(find_milestone(machine.store(), sum.milestone.hash)->value().root, sum.root);
}

TEST(StateLifeTest, VerificationFindsEveryKindOfDamage) {
  Parameters parameters = short_lived();
  parameters.housekeeping_max = 4;
  Machine machine(parameters);
  ASSERT_TRUE(machine.submit(test_bundle("A", 3)));
  ASSERT_TRUE(machine.submit({test_bundle("B", 2, test_hash("UNKNOWN"))[1]}));
  machine.issue_milestone();
  const Transactions parent = test_bundle("PARENT", 1);
  for (const char* name : {"C", "D", "E", "F", "G", "H"}) {
    ASSERT_TRUE(machine.submit(test_bundle(name, 1, parent[0].hash(), parent[0].hash())));
  }
  ASSERT_TRUE(machine.submit(parent));  // not all of these were looked at
  expect_sound(machine);
  for (const Column column : {Column::kBodies, Column::kIndexes}) {
    for (const auto& [key, value] : machine.store().content(column)) {
      for (const bool erased : {true, false}) {
        if (!erased && value.empty()) continue;
        StateBatch batch(machine.store());
        std::string changed = value;
        if (!changed.empty()) changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
        erased ? batch.erase(column, key) : batch.put(column, key, changed);
        const auto report = verify(batch, {});
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_FALSE(report->sound()) << (erased ? "erased " : "changed ") << key[0] << " of " << key.size();
      }
    }
  }
}

TEST(StateLifeTest, ParametersHaveOneEncodingAndBounds) {
  Parameters parameters = short_lived();
  parameters.housekeeping_max = 7;
  EXPECT_EQ(*decode_parameters(encode(parameters)), parameters);
  EXPECT_FALSE(decode_parameters(encode(parameters) + "x"));
  parameters.retention_ms = kHourMs;  // shorter than parts may wait
  EXPECT_EQ(check_parameters(parameters).error().code, ErrorCode::kUsage);
  parameters = short_lived();
  parameters.tip_depth_max = 0;
  EXPECT_FALSE(check_parameters(parameters));
}

TEST(StateLifeTest, TipsComeFromTheDepthAskedFor) {
  Parameters parameters = test_parameters();
  parameters.tip_depth_max = 3;
  Machine machine(parameters);
  std::vector<Hash> tips;
  for (int i = 0; i < 5; ++i) {
    const Transactions bundle = test_bundle("A" + std::string(static_cast<std::size_t>(i), 'B'), 1);
    ASSERT_TRUE(machine.submit(bundle));
    tips.push_back(bundle[0].hash());
    machine.issue_milestone();
  }
  EXPECT_EQ(*tip_hashes(machine.store(), 10), std::vector<Hash>(tips.begin() + 2, tips.end()));
  for (std::uint64_t entropy = 0; entropy < 20; ++entropy) {
    EXPECT_EQ(select_tips(machine.store(), entropy, 1)->trunk, tips[4]);
    EXPECT_NE(select_tips(machine.store(), entropy, 2)->trunk, tips[2]);
  }
  for (int i = 0; i < 9; ++i) machine.issue_milestone(kTestTimeMs + i, true);
  EXPECT_EQ(*tip_hashes(machine.store(), 10), std::vector<Hash>{tips[4]});  // the newest stays
}

}  // namespace
}  // namespace glucoledger::ledger
