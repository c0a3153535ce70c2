// What one command may cost, whatever others have sent before it or send with it.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/durations.h"
#include "ledger/state_head.h"
#include "ledger/test_machine.h"
#include "ledger/test_reader.h"
#include "ledger/verify.h"

namespace glucoledger::ledger {
namespace {

// Tails that differ in the payload only, which the bundle hash does not cover.
Transactions tails_like(const Transaction& tail, std::size_t count) {
  Transactions tails;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string payload{'T', static_cast<char>('A' + i / 26), static_cast<char>('A' + i % 26)};
    tails.push_back(with(tail, fields::kSignatureMessageFragment, payload));
  }
  return tails;
}

TEST(StateBoundsTest, PartsThatCameBeforeAreReadOnceForAllTailsOfThem) {
  Machine machine;
  const Transactions bundle = test_bundle("ADDRESS", 64);
  ASSERT_TRUE(machine.submit({bundle.begin() + 1, bundle.end()}));
  const Transactions tails = tails_like(bundle[0], 80);
  const auto too_many = machine.submit(tails);
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code, ErrorCode::kInputRefused);
  EXPECT_NE(too_many.error().message.find("fewer tails at once"), std::string::npos) << too_many.error().message;
  const CountingReader reader(machine.store());
  StateBatch batch(reader);
  const Transactions some(tails.begin(), tails.begin() + 60);
  ASSERT_TRUE(submit(batch, machine.parameters(), some, kTestTimeMs));
  EXPECT_EQ(reader.count(Column::kBodies), 63u);
  ASSERT_TRUE(machine.store().commit(batch));
  for (const Transaction& tail : some) EXPECT_TRUE(machine.standing(tail).valid);
  EXPECT_TRUE(verify(machine.store(), {})->sound());
}

TEST(StateBoundsTest, TailsOfOneCallShareItsPartsSoOftenAndNotMore) {
  Transactions transactions = test_bundle("ADDRESS", 64);
  const Transactions tails = tails_like(transactions[0], 80);
  transactions.insert(transactions.end(), tails.begin(), tails.begin() + 60);
  EXPECT_TRUE(CheckedTransactions::check(test_parameters(), transactions));
  transactions.insert(transactions.end(), tails.begin() + 60, tails.end());
  const auto too_many = CheckedTransactions::check(test_parameters(), transactions);
  ASSERT_FALSE(too_many);
  EXPECT_NE(too_many.error().message.find("fewer of them at once"), std::string::npos) << too_many.error().message;
}

// Transactions that wait for one, which comes last.
struct Fan {
  Transactions parent;
  Transactions children;
};

Fan fan_of(std::size_t count) {
  Fan fan;
  fan.parent = test_bundle("PARENT", 1);
  const Hash hash = fan.parent[0].hash();
  fan.children = tails_like(test_bundle("CHILD", 1, hash, hash)[0], count);
  return fan;
}

std::size_t solid_count(const Machine& machine, const Transactions& transactions) {
  return static_cast<std::size_t>(
      std::count_if(transactions.begin(), transactions.end(),
                    [&](const Transaction& transaction) { return machine.standing(transaction).solid; }));
}

TEST(StateBoundsTest, WhatWaitsForOneFollowsPieceByPiece) {
  constexpr std::size_t kChildren = 600;
  using base::kHourMs;
  Parameters parameters = test_parameters();
  parameters.housekeeping_max = 100;
  parameters.waiting_max_ms = kHourMs;
  Machine machine(parameters);
  const Fan fan = fan_of(kChildren);
  ASSERT_TRUE(machine.submit(fan.children));
  {
    const CountingReader reader(machine.store());
    StateBatch batch(reader);
    ASSERT_TRUE(submit(batch, parameters, fan.parent, kTestTimeMs));
    EXPECT_LT(reader.count(), 400u);  // a few for each of a quarter of a hundred
    ASSERT_TRUE(machine.store().commit(batch));
  }
  EXPECT_TRUE(machine.standing(fan.parent[0]).valid);
  const std::size_t begun = solid_count(machine, fan.children);
  EXPECT_GT(begun, 0u);
  EXPECT_LT(begun, 30u);
  EXPECT_TRUE(verify(machine.store(), {})->sound());
  // What came meanwhile on the same ground is not held up, and neither is what is known to come soon dropped.
  const Hash hash = fan.parent[0].hash();
  const Transactions late = test_bundle("LATE", 2, hash, hash);
  ASSERT_TRUE(machine.submit(late));
  EXPECT_TRUE(machine.standing(late[0]).valid);
  const Transactions upon = test_bundle("UPON", 1, fan.children.back().hash(), hash);
  ASSERT_TRUE(machine.submit(upon));
  EXPECT_FALSE(machine.standing(upon[0]).solid);
  std::size_t pieces = 0;
  for (std::size_t before = 0; !machine.confirmed(fan.children); ++pieces) {
    const std::size_t now = solid_count(machine, fan.children);
    ASSERT_GT(now, before);
    ASSERT_LE(now, before + 110);
    before = now;
    machine.issue_milestone(kTestTimeMs + 2 * kHourMs);
    ASSERT_TRUE(verify(machine.store(), {})->sound());
  }
  EXPECT_GE(pieces, kChildren / 110);
  EXPECT_TRUE(machine.confirmed(upon));
  EXPECT_EQ(read_head(machine.store())->spreads, 0u);
}

// What was erased costs RocksDB time where it is passed over; a milestone does not go where there is nothing any more.
TEST(StateBoundsTest, DeadlinesThatAreGoneAreNotLookedForAgain) {
  using base::kHourMs;
  Parameters parameters = test_parameters();
  parameters.waiting_max_ms = kHourMs;
  Machine machine(parameters);
  ASSERT_TRUE(machine.submit({test_bundle("EARLY", 2)[1]}));
  ASSERT_TRUE(machine.submit({test_bundle("LATE", 2)[1]}, kTestTimeMs + kHourMs / 2));
  const auto deadlines_read = [&](std::int64_t now_ms) {
    const CountingReader reader(machine.store(), "d");
    StateBatch batch(reader);
    EXPECT_TRUE(issue_milestone(batch, parameters, now_ms, true));
    EXPECT_TRUE(machine.store().commit(batch));
    EXPECT_TRUE(verify(machine.store(), {})->sound());
    return reader.count(Column::kIndexes);
  };
  const std::size_t at_rest = deadlines_read(kTestTimeMs + kHourMs / 2);
  EXPECT_EQ(read_head(machine.store())->first_look_ms, kTestTimeMs);
  EXPECT_GT(deadlines_read(kTestTimeMs + kHourMs), at_rest);
  EXPECT_GT(deadlines_read(kTestTimeMs + kHourMs + 1), at_rest);  // behind the one that went
  EXPECT_EQ(read_head(machine.store())->first_look_ms, kTestTimeMs + kHourMs / 2);
  EXPECT_EQ(deadlines_read(kTestTimeMs + kHourMs + 2), at_rest);
  deadlines_read(kTestTimeMs + 2 * kHourMs);
  EXPECT_EQ(deadlines_read(kTestTimeMs + 2 * kHourMs + 1), at_rest + 1);  // finds none, and knows it
  EXPECT_EQ(deadlines_read(kTestTimeMs + 2 * kHourMs + 2), at_rest);
  EXPECT_EQ(*transaction_count(machine.store()), 0u);
}

TEST(StateBoundsTest, WhatIsMissingIsCounted) {
  Machine machine;
  const Transactions bundle = test_bundle("ADDRESS", 2);
  ASSERT_TRUE(machine.submit({bundle[0]}));
  ASSERT_TRUE(machine.submit(test_bundle("UPON", 1, bundle[1].hash(), test_hash("UNKNOWN"))));
  const CountingReader reader(machine.store(), "x");
  EXPECT_EQ(*missing_count(reader), 2u);
  EXPECT_EQ(reader.count(Column::kIndexes), 0u);
  ASSERT_TRUE(machine.submit({bundle[1]}));
  EXPECT_EQ(*missing_count(machine.store()), 1u);
  machine.issue_milestone(kTestTimeMs + machine.parameters().waiting_max_ms);
  EXPECT_EQ(*missing_count(machine.store()), 0u);
  EXPECT_TRUE(missing_hashes(reader, 10)->empty());
  EXPECT_EQ(reader.count(Column::kIndexes), 0u);
}

// The parts of a bundle in separate calls, the tail first: it is whole with the last of them.
TEST(StateBoundsTest, ABundleThatCameBackwardIsWholeWithItsLastPart) {
  Machine machine;
  const Transactions bundle = test_bundle("ADDRESS", 64);
  for (const Transaction& part : bundle) {
    EXPECT_FALSE(machine.standing(bundle[0]).valid);
    ASSERT_TRUE(machine.submit({part}));
  }
  machine.issue_milestone();
  EXPECT_TRUE(machine.confirmed(bundle));
}

}  // namespace
}  // namespace glucoledger::ledger
