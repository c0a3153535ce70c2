// Ledgers in folders over time: one of version 1 that was kept, and one that lets go of what is old.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/durations.h"
#include "base/test_clock.h"
#include "base/test_folder.h"
#include "ledger/test_bundles.h"
#include "ledger_store/pruning.h"
#include "ledger_store/rocks_store.h"
#include "ledger_store/snapshot.h"
#include "ledger_store/tangle.h"
#include "ledger_store/verification.h"
#include "ports/test_reading.h"

namespace glucoledger::ledger_store {
namespace {

using ledger::test_bundle;
using ledger::Transaction;

using base::kDayMs;

class LedgerLifeTest : public testing::Test {
 protected:
  std::unique_ptr<Tangle> open(const TangleOptions& options) {
    auto tangle = Tangle::open(folder_, options, clock_);
    EXPECT_TRUE(tangle) << tangle.error().message;
    return tangle ? std::move(*tangle) : nullptr;
  }
  std::unique_ptr<RocksStore> store() {
    auto store = RocksStore::open((folder_ / "state").string(), RocksStore::Access::kWrite);
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
  }
  void expect_sound() {
    const auto report = verify_folder(folder_, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->sound()) << report->findings.front();
  }

  base::TestClock clock_{ledger::kTestTimeMs};
  const base::TestFolder parent_;
  const std::filesystem::path folder_ = parent_ / "ledger";
};

// What the folder has, told by names and sizes.
std::map<std::string, std::uintmax_t> files_in(const std::filesystem::path& folder) {
  std::map<std::string, std::uintmax_t> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().string()] = entry.file_size();
  }
  return files;
}

class Version1LedgerTest : public LedgerLifeTest {
 protected:
  void SetUp() override {
    LedgerLifeTest::SetUp();
    const std::filesystem::path kept = "tests/frozen/1/patient/ledger";
    ASSERT_TRUE(std::filesystem::exists(kept));
    std::filesystem::copy(kept, folder_, std::filesystem::copy_options::recursive);
  }

  // All that stands on it, in order, with its milestone.
  static std::vector<std::pair<std::string, std::uint32_t>> content(Tangle& tangle) {
    std::vector<std::pair<std::string, std::uint32_t>> content;
    const auto history = tangle.history_after({}, 100'000);
    EXPECT_TRUE(history) << history.error().message;
    for (const auto& entry : history->transactions) {
      const Hash hash = entry.transaction.hash();
      content.emplace_back(hash.trytes(), tangle.standing(std::span(&hash, 1))->front().milestone);
    }
    return content;
  }
};

TEST_F(Version1LedgerTest, IsReadWithoutAnUpgrade) {
  const auto before = files_in(folder_);
  TangleOptions read_only;
  read_only.read_only = true;
  const auto tangle = open(read_only);
  EXPECT_EQ(tangle->parameters().format_version, 1u);
  const auto all = content(*tangle);
  EXPECT_GT(all.size(), 10u);
  EXPECT_GT(all.back().second, 0u);
  EXPECT_FALSE(tangle->tips()->trunk.is_null());
  EXPECT_FALSE(tangle->summary());
  EXPECT_EQ(files_in(folder_), before);
}

TEST_F(Version1LedgerTest, IsUpgradedByWhoWritesEvenAfterAnInterruption) {
  TangleOptions read_only;
  read_only.read_only = true;
  const auto before = content(*open(read_only));
  const auto milestone = *open(read_only)->latest_milestone();
  for (int piece = 0; piece < 3; ++piece) {  // each by a process that did not live longer
    const auto store = this->store();
    auto view = store->view();
    ASSERT_TRUE(view);
    ledger::StateBatch batch(**view);
    const auto done = ledger::upgrade(batch, 5);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_FALSE(*done);
    view->reset();
    ASSERT_TRUE(store->commit(batch));
  }
  EXPECT_EQ(content(*open(read_only)), before);
  {
    const auto tangle = open({});
    EXPECT_EQ(tangle->parameters().format_version, ledger::kStateFormatVersion);
    EXPECT_EQ(content(*tangle), before);
    EXPECT_EQ(tangle->latest_milestone()->hash, milestone.hash);
    EXPECT_EQ(tangle->summary()->transaction_count, *tangle->transaction_count());
    const auto tips = tangle->tips();
    const auto prepared = ledger::prepare("NEW", ledger::test_hash("NEW"), "", ledger::kTestTimeMs / 1000);
    const auto bundle = ledger::attach_for_test(*prepared, tips->trunk, tips->branch, clock_.now_ms(),
                                                tangle->parameters().min_weight_magnitude);
    ASSERT_TRUE(tangle->submit(bundle));
    EXPECT_EQ(tangle->latest_milestone()->index, milestone.index + 1);
  }
  expect_sound();
}

TEST_F(LedgerLifeTest, WhatIsOlderThanTheRetentionGoes) {
  constexpr std::size_t kBundles = 40;
  constexpr std::size_t kParts = 64;
  TangleOptions options;
  options.min_weight_magnitude = ledger::kTestWeight;
  options.retention_ms = 30 * kDayMs;
  const Hash old_address = ledger::test_hash("OLD");
  const Hash new_address = ledger::test_hash("NEW");
  std::vector<Hash> old;
  std::uint64_t size_before = 0;
  {
    const auto tangle = open(options);
    for (std::size_t i = 1; i <= kBundles; ++i) {
      const auto bundle = test_bundle("OLD", kParts, {}, {}, "PAYLOAD", clock_.now_ms() - static_cast<std::int64_t>(i));
      for (const Transaction& transaction : bundle) old.push_back(transaction.hash());
      ASSERT_TRUE(tangle->submit(bundle));
    }
    clock_.advance_ms(29 * kDayMs);
    ASSERT_TRUE(tangle->submit(test_bundle("NEW", 2, {}, {}, "PAYLOAD", clock_.now_ms())));
    EXPECT_EQ(ports::read_all(*tangle, std::span(&old_address, 1))->transactions.size(), old.size());
    clock_.advance_ms(kDayMs);
    size_before = write_snapshot(folder_, parent_ / "before", {})->size;
    const std::uint32_t index = tangle->latest_milestone()->index;
    // A bounded part with each milestone, and also where none is due.
    std::size_t calls = 0;
    for (; !(*tangle->standing(std::span(&old.back(), 1)))[0].pruned && calls < 10; ++calls) {
      ASSERT_TRUE(tangle->issue_milestone());
    }
    EXPECT_EQ(calls, (old.size() + tangle->parameters().housekeeping_max - 1) / tangle->parameters().housekeeping_max);
    EXPECT_EQ(tangle->latest_milestone()->index, index);
  }
  expect_sound();
  EXPECT_LT(write_snapshot(folder_, parent_ / "after", {})->size, size_before / 2);
  const auto tangle = open({});
  const auto contents = ports::read_all(*tangle, std::span(&old_address, 1));
  EXPECT_TRUE(contents->transactions.empty());
  EXPECT_EQ(contents->pruned_addresses, std::vector<Hash>{old_address});
  EXPECT_TRUE(tangle->find({{old_address}, {}, {}, {}}, 0, 100)->hashes.empty());
  const auto kept = ports::read_all(*tangle, std::span(&new_address, 1));
  EXPECT_EQ(kept->transactions.size(), 2u);
  EXPECT_TRUE(kept->pruned_addresses.empty());
  for (const Hash& hash : old) {
    const auto stored = tangle->get(std::span(&hash, 1));
    EXPECT_TRUE(stored->front().known);
    EXPECT_FALSE(stored->front().transaction);
    const ledger::Standing standing = tangle->standing(std::span(&hash, 1))->front();
    EXPECT_TRUE(standing.pruned);
    EXPECT_NE(standing.milestone, 0u);
  }
}

TEST_F(LedgerLifeTest, WhatIsOlderThanADayIsPrunedByHand) {
  EXPECT_EQ(prune_folder(folder_, clock_.now_ms(), clock_, {}).error().code, ErrorCode::kNotFound);
  TangleOptions options;
  options.min_weight_magnitude = ledger::kTestWeight;
  const std::int64_t first_ms = clock_.now_ms();
  {
    const auto tangle = open(options);
    for (const std::string name : {"FIRST", "SECOND", "THIRD"}) {
      ASSERT_TRUE(tangle->submit(test_bundle(name, 2, {}, {}, "PAYLOAD", clock_.now_ms())));
      clock_.advance_ms(kDayMs);
    }
    EXPECT_EQ(prune_folder(folder_, first_ms + kDayMs, clock_, {}).error().code, ErrorCode::kBusy);
  }
  EXPECT_EQ(prune_folder(folder_, first_ms, clock_, {})->pruned, 0u);
  EXPECT_EQ(prune_folder(folder_, first_ms + 2 * kDayMs, clock_, {})->pruned, 4u);
  const auto again = prune_folder(folder_, first_ms + 2 * kDayMs, clock_, {});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->pruned, 0u);
  EXPECT_EQ(again->before, 5u);
  expect_sound();
  const auto tangle = open({});
  const std::vector<Hash> addresses{ledger::test_hash("FIRST"), ledger::test_hash("SECOND"),
                                    ledger::test_hash("THIRD")};
  const auto left = ports::read_all(*tangle, addresses);
  EXPECT_EQ(left->pruned_addresses, std::vector<Hash>(addresses.begin(), addresses.begin() + 2));
  EXPECT_EQ(left->transactions.size(), 2u);
}

}  // namespace
}  // namespace glucoledger::ledger_store
