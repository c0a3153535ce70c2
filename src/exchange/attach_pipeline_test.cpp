#include "exchange/attach_pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/test_clock.h"
#include "base/test_folder.h"

namespace glucoledger::exchange {
namespace {

// Counts what it was asked for; takes everything.
class FakeLedger final : public ports::Ledger {
 public:
  Result<ports::LedgerInfo> info(const base::CancelToken&) override { return ports::LedgerInfo{}; }
  Result<ports::Tips> tips(const base::CancelToken&) override {
    ++tips_asked;
    return ports::Tips{};
  }
  Result<void> submit(std::span<const ledger::Transaction>, const base::CancelToken&) override {
    ++submissions;
    return {};
  }
  Result<ports::ReadEnd> read_into(std::span<const crypto::Hash>, ports::Sink&, const base::CancelToken&) override {
    return ports::ReadEnd{};
  }
  Result<std::vector<bool>> confirmed(std::span<const crypto::Hash> hashes, const base::CancelToken&) override {
    return std::vector<bool>(hashes.size());
  }
  Result<std::vector<bool>> held(std::span<const crypto::Hash> hashes, const base::CancelToken&) override {
    return std::vector<bool>(hashes.size());
  }
  std::atomic<int> tips_asked = 0;
  std::atomic<int> submissions = 0;
};

class AttachPipelineTest : public testing::Test {
 protected:
  // Of bundles that nobody looks into.
  static home::Outgoing row(std::int64_t id) {
    home::Outgoing outgoing;
    outgoing.id = id;
    outgoing.bundle = {std::string(ledger::kTransactionTrytes, '9')};
    return outgoing;
  }
  static Result<std::vector<ledger::Transaction>> attach(const ledger::PreparedBundle& bundle,
                                                         const ledger::Attachment&, const crypto::ProofOfWorkOptions&) {
    std::vector<ledger::Transaction> transactions;
    for (const auto& trytes : bundle) {
      GL_TRY(transaction, ledger::Transaction::from_trytes(trytes));
      transactions.push_back(std::move(transaction));
    }
    return transactions;
  }
  // What is due next, with the clock standing still.
  std::vector<Attached> next_batch() {
    while (true) {
      auto batch = pipeline_.take_batch();
      if (!batch.empty() || pipeline_.error()) return batch;
      pipeline_.wait(kLookMs, false);
    }
  }
  static constexpr std::int64_t kLookMs = 10;

  base::TestFolder folder_;
  base::TestClock clock_;
  FakeLedger ledger_;
  ports::World world_{.clock = clock_, .open_ledger = {}, .open_store = {}, .progress = {}, .attach = attach};
  AttachPipeline pipeline_{folder_.path(), ledger_, world_, 1, 0};
};

// Its process was stopped after it had recorded that they leave: a revocation may have come meanwhile.
TEST_F(AttachPipelineTest, WhatIsLateToLeaveAsksAnew) {
  pipeline_.push(row(1));
  pipeline_.finish();
  auto departure = home::Departure::begin(folder_.path(), {}, clock_).value();
  clock_.advance_ms(200);
  pipeline_.depart(next_batch(), std::move(departure));
  auto again = next_batch();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(ledger_.submissions, 0);
  pipeline_.depart(std::move(again), home::Departure::begin(folder_.path(), {}, clock_).value());
  while (!pipeline_.is_idle()) {
    pipeline_.wait(kLookMs, false);
    (void)pipeline_.take_accepted();
  }
  EXPECT_EQ(ledger_.submissions, 1);
}

TEST_F(AttachPipelineTest, AFullBatchWaitsForNoTime) {
  constexpr std::size_t kBatch = 64;
  for (std::size_t id = 0; id < kBatch; ++id) pipeline_.push(row(static_cast<std::int64_t>(id)));
  EXPECT_EQ(next_batch().size(), kBatch);
  EXPECT_FALSE(pipeline_.error().has_value());
}

TEST_F(AttachPipelineTest, WhatIsAttachedWaitsByTheWorldsClock) {
  pipeline_.push(row(1));
  EXPECT_TRUE(pipeline_.take_batch().empty());
  std::vector<Attached> batch;
  // It may not be attached yet when the time passes, and then waits from that moment.
  while (batch.empty() && !pipeline_.error()) {
    clock_.advance_ms(200);
    pipeline_.wait(kLookMs, false);
    batch = pipeline_.take_batch();
  }
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_EQ(batch.front().row.id, 1);
}

TEST_F(AttachPipelineTest, TheLastOnesLeaveAtOnce) {
  pipeline_.push(row(1));
  pipeline_.finish();
  EXPECT_EQ(next_batch().size(), 1U);
}

// As of a node that was killed, or a machine that was put back: what stands on the ledger has no gap.
TEST_F(AttachPipelineTest, WhatIsAttachedSoonerLeavesNoSooner) {
  base::Mutex mutex;
  base::Condition may_go_on;
  bool is_slow_done = false;
  ports::World world = world_;
  world.attach = [&](const ledger::PreparedBundle& bundle, const ledger::Attachment& to,
                     const crypto::ProofOfWorkOptions& options) {
    base::MutexLock lock(mutex);
    while (bundle.front().front() == 'S' && !is_slow_done) may_go_on.wait(lock);
    return attach(bundle, to, options);
  };
  AttachPipeline pipeline(folder_.path(), ledger_, world, 1, 0);
  auto slow = row(1);
  slow.bundle.front().front() = 'S';
  pipeline.push(slow);
  for (std::int64_t id = 2; id <= 200; ++id) pipeline.push(row(id));
  auto urgent = row(300);
  urgent.kind = home::Outgoing::Kind::kNote;
  pipeline.push_first(urgent);
  pipeline.finish();
  std::vector<std::int64_t> left;
  const auto take = [&] {
    auto batch = pipeline.take_batch();
    for (const auto& one : batch) left.push_back(one.row.id);
    return !batch.empty();
  };
  while (!pipeline.error() && !take()) {
    clock_.advance_ms(200);
    pipeline.wait(kLookMs, false);
  }
  EXPECT_EQ(left, std::vector<std::int64_t>{300}) << "the others stand behind the slow one";
  {
    const base::MutexLock lock(mutex);
    is_slow_done = true;
    may_go_on.notify_all();
  }
  while (!pipeline.error() && left.size() < 201) {
    clock_.advance_ms(200);
    pipeline.wait(kLookMs, false);
    take();
  }
  EXPECT_FALSE(pipeline.error().has_value());
  ASSERT_EQ(left.size(), 201U);
  EXPECT_TRUE(std::is_sorted(left.begin() + 1, left.end()));
}

TEST_F(AttachPipelineTest, TipsAreAskedForAnewByTheWorldsClock) {
  for (const int asked : {1, 1, 2}) {
    if (asked == 2) clock_.advance_ms(1'001);
    for (std::int64_t id = 0; id < 64; ++id) pipeline_.push(row(id));
    auto batch = next_batch();
    EXPECT_EQ(batch.size(), 64U);
    EXPECT_EQ(ledger_.tips_asked, asked);
  }
}

}  // namespace
}  // namespace glucoledger::exchange
