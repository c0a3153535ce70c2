// Bundles put together from parts in any order, among junk.
#include "exchange/bundle_sieve.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace glucoledger::exchange {
namespace {

using ledger::Transaction;

std::vector<Transaction> bundle_of(const std::string& payload) {
  crypto::ProofOfWorkOptions work;
  work.min_weight_magnitude = 1;
  work.threads = 1;
  const auto bundle = ledger::prepare(payload, {}, std::string(ledger::kTagTrytes, '9'), 1).value();
  return ledger::attach(bundle, {{}, {}, 1}, work).value();
}

TEST(BundleSieveTest, ABundleComesOnceItIsWholeInAnyOrder) {
  const std::string payload(3 * ledger::kFragmentTrytes, 'P');
  auto parts = bundle_of(payload);
  ASSERT_EQ(parts.size(), 3U);
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.hash() < b.hash(); });
  do {
    BundleSieve sieve;
    EXPECT_TRUE(sieve.add({parts[0]}).empty());
    EXPECT_TRUE(sieve.add({parts[1], parts[0]}).empty());
    const auto whole = sieve.add({parts[2]});
    ASSERT_EQ(whole.size(), 1U);
    EXPECT_EQ(whole.front().payload(), payload);
    EXPECT_TRUE(ledger::check_bundle(whole.front().transactions));
    EXPECT_TRUE(sieve.add(parts).empty()) << "it comes once";
  } while (std::next_permutation(parts.begin(), parts.end(),
                                 [](const auto& a, const auto& b) { return a.hash() < b.hash(); }));
}

// A bundle's hash does not cover its payload: another index 0 may name the rest of a genuine bundle.
TEST(BundleSieveTest, AForgedBeginningDoesNotTakeTheRestAway) {
  const auto genuine = bundle_of(std::string(2 * ledger::kFragmentTrytes, 'P'));
  std::string trytes = genuine.front().trytes();
  trytes[0] = 'Q';
  const auto forged = Transaction::from_trytes(trytes).value();
  BundleSieve sieve;
  EXPECT_EQ(sieve.add({forged, genuine[1]}).size(), 1U);
  const auto whole = sieve.add({genuine[0]});
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole.front().transactions.front().hash(), genuine[0].hash());
}

// Of one bundle, with another payload each: its hash does not cover that, and the sieve asks for no proof of work.
Transaction junk_of(int number) {
  static const auto kBundle = ledger::prepare("", {}, std::string(ledger::kTagTrytes, '9'), 1).value();
  std::string trytes = kBundle.front();
  for (std::size_t at = 0; number > 0; ++at, number /= 26) trytes[at] = static_cast<char>('A' + number % 26);
  return Transaction::from_trytes(std::move(trytes)).value();
}

TEST(BundleSieveTest, JunkDoesNotPileUp) {
  BundleSieve sieve;
  const auto genuine = bundle_of(std::string(2 * ledger::kFragmentTrytes, 'P'));
  std::size_t whole = 0;
  for (int i = 0; i < 30; ++i) {
    std::vector<Transaction> junk;
    for (int k = 0; k < 200; ++k) junk.push_back(junk_of(i * 200 + k));
    whole += sieve.add(std::move(junk)).size();
  }
  EXPECT_EQ(whole, 6'000U);
  EXPECT_EQ(sieve.add({genuine[1], genuine[0]}).size(), 1U);

  // Beginnings without an end are dropped, oldest first: this one went before its rest came.
  BundleSieve open;
  EXPECT_TRUE(open.add({genuine[0]}).empty());
  for (int i = 0; i < 50; ++i) {
    std::vector<Transaction> junk;
    for (int k = 0; k < 100; ++k) junk.push_back(junk_of(i * 100 + k));
    (void)open.add(std::move(junk));
  }
  EXPECT_TRUE(open.add({genuine[1]}).empty());
}

}  // namespace
}  // namespace glucoledger::exchange
