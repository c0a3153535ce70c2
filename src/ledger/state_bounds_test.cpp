// What one command may cost, whatever others have sent before it or send with it.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace glucoledger::ledger
