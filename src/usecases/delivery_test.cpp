// Bringing what is fixed onto a ledger that fails at any call, loses answers or confirms nothing.
#include <algorithm>
#include <atomic>
#include <fstream>

#include "home/epochs.h"
#include "usecases/test_stage.h"

namespace glucoledger::usecases {
namespace {

class DeliveryTest : public Stage {
 protected:
  void expect_all_arrived() {
    (void)fetched("smith");
    EXPECT_EQ(records("smith"), imported_);
  }
  void fail_at(std::int64_t call, Network::Fault fault, std::size_t lost_bundles) {
    network_.fail_at_call = call;
    network_.fault = fault;
    network_.lost_bundles = lost_bundles;
  }
  void repair() {
    network_.reachable = true;
    fail_at(0, Network::Fault::kBefore, 0);
  }
  // An epoch's third key signed, and the home's files are older than that.
  void publish_on_a_machine_that_is_rolled_back() {
    import(0, 0, 2);
    invite("smith");
    publish();
    roll_back([&] {
      import(0, 2, 1);
      publish();
    });
  }
};

TEST_F(DeliveryTest, ARevocationHoldsInAHomeThatIsPutBack) {
  import(0, 0, 2);
  invite("smith");
  invite("jones");
  publish();
  roll_back([&] {
    ASSERT_TRUE(try_revoke("smith"));
    (void)fetched("smith");
  });
  const auto readable = records("smith");
  import(0, 2, 1);
  import(1, 0, 2);
  const auto report = try_publish();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->closed_again, std::vector<std::string>{"smith"});
  EXPECT_TRUE(fetched("smith").closed);
  EXPECT_EQ(records("smith"), readable);
  (void)fetched("jones");
  EXPECT_EQ(records("jones"), imported_);
}

TEST_F(DeliveryTest, WhereverTheLedgerFailsAllArrivesOnceInTheEnd) {
  invite("smith");
  std::int64_t slot = 0;
  for (const auto fault : {Network::Fault::kBefore, Network::Fault::kAfter}) {
    for (const std::size_t lost_bundles : {0, 1}) {
      bool failed = true;
      for (std::int64_t call = 1; failed; ++call) {
        SCOPED_TRACE("call " + std::to_string(call));
        import(call % 2, slot, 2);
        import(2, slot, 1);
        slot += 2;
        fail_at(call, fault, lost_bundles);
        failed = !try_publish();
        fail_at(call / 2, fault, lost_bundles);  // and again while it resumes
        (void)try_publish();
        repair();
        publish();
        expect_all_arrived();
      }
    }
  }
}

TEST_F(DeliveryTest, WhereverTheLedgerFailsARevocationHoldsAndLosesNothing) {
  invite("smith");
  std::int64_t slot = 0;
  for (const auto fault : {Network::Fault::kBefore, Network::Fault::kAfter}) {
    bool failed = true;
    for (std::int64_t call = 1; failed; ++call) {
      SCOPED_TRACE("call " + std::to_string(call));
      const std::string name = "gone-" + std::to_string(slot);
      import(0, slot, 1);
      publish();
      invite(name);
      publish();
      const auto before = imported_;
      import(0, slot + 1, 3);
      fail_at(call, fault, 1);
      failed = !try_publish();
      fail_at(call / 2, fault, 0);  // while it resumes: some of a batch are known to have left, and others not
      (void)try_publish();
      network_.reachable = false;
      ASSERT_TRUE(try_revoke(name));
      const auto planned = imported_;
      import(0, slot + 4, 2);
      slot += 6;
      repair();
      publish();
      EXPECT_TRUE(fetched(name).closed);
      const auto read = records(name);
      EXPECT_TRUE(std::includes(read.begin(), read.end(), before.begin(), before.end()));
      EXPECT_TRUE(std::includes(planned.begin(), planned.end(), read.begin(), read.end()));
      expect_all_arrived();
    }
  }
}

TEST_F(DeliveryTest, NothingIsSignedWhileNoLedgerIsReachable) {
  import(0, 0, 3);
  publish();
  import(0, 3, 3);
  network_.reachable = false;
  EXPECT_EQ(try_publish().error().code, ErrorCode::kUnreachable);
  auto home = open("patient");
  const auto epochs = home::all_epochs(home, kA).value();
  ASSERT_EQ(epochs.size(), 1U);
  EXPECT_EQ(epochs.front().next_index, 3U);
  EXPECT_EQ(home::waiting_messages(home, epochs.front().id, 100)->size(), 3U);
  EXPECT_EQ(home::outbox_counts(home)->messages_waiting, 3);
}

TEST_F(DeliveryTest, ALedgerThatConfirmsNothingIsReadBack) {
  network_.confirms_data = false;
  import(0, 0, 4);
  const auto report = try_publish();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->delivery.closed, 4U);
  EXPECT_EQ(report->delivery.read_back, 4U);
  EXPECT_EQ(report->waiting.messages_waiting, 0);
  import(0, 4, 2);
  fail_at(6, Network::Fault::kAfter, 0);
  (void)try_publish();
  repair();
  publish();
  invite("smith");
  publish();
  expect_all_arrived();
}

TEST_F(DeliveryTest, WhatStandsOnTheLedgerIsNotAttachedAgain) {
  import(0, 0, 2);
  bool arrived = false;
  for (std::int64_t call = 1; !arrived; ++call) {
    repair();
    fail_at(call, Network::Fault::kAfter, 0);
    (void)try_publish();
    arrived = *tangle_->transaction_count() > 0;
  }
  const auto count = *tangle_->transaction_count();
  repair();
  publish();
  EXPECT_EQ(*tangle_->transaction_count(), count);
}

// Also when the last that was under way is what failed: whether that is seen while waiting for it is a race.
TEST_F(DeliveryTest, WhoIsNotLetInIsToldSoEachTime) {
  import(0, 0, 1);
  network_.is_read_only = true;
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto report = try_publish();
    ASSERT_FALSE(report) << "at attempt " << attempt;
    EXPECT_EQ(report.error().code, ErrorCode::kNotAllowed);
  }
  network_.is_read_only = false;
  publish();
}

TEST_F(DeliveryTest, AnotherLedgerIsRefused) {
  import(0, 0, 1);
  publish();
  tangle_ = ledger_store::Tangle::in_memory(1, clock_);
  import(0, 1, 1);
  EXPECT_EQ(try_publish().error().code, ErrorCode::kUnreachable);
}

TEST_F(DeliveryTest, LessProofOfWorkThanTheLedgerAsksForIsRefused) {
  tangle_ = ledger_store::Tangle::in_memory(3, clock_);
  import(0, 0, 1);
  PublishOptions options;
  options.outbox.min_weight_magnitude = 2;
  EXPECT_EQ(try_publish("patient", options).error().code, ErrorCode::kUsage);
  options.outbox.min_weight_magnitude = 4;
  publish(options);
}

TEST_F(DeliveryTest, AServiceForProofsOfWorkThatFailsLosesNothing) {
  import(0, 0, 5);
  invite("smith");
  std::atomic<int> done = 0;
  world_.attach = [&](const auto& bundle, const auto& attachment,
                      const auto& work) -> Result<std::vector<ledger::Transaction>> {
    if (++done > 3) return fail(ErrorCode::kUnreachable, "the service does not answer");
    return ledger::attach(bundle, attachment, work);
  };
  EXPECT_EQ(try_publish().error().code, ErrorCode::kUnreachable);
  world_.attach = ledger::attach;
  publish();
  expect_all_arrived();
}

TEST_F(DeliveryTest, ManyEpochsGoOutSideBySide) {
  invite("smith");
  for (std::int64_t day = 0; day < 4; ++day) import(day, 0, 140);
  publish();
  expect_all_arrived();
}

// One copy fixed a note and was stopped; the other gave the same number to a note of its own, which the clinic read.
TEST_F(DeliveryTest, CopiesThatGiveTwoNotesOneNumberBothReachTheReader) {
  import(0, 0, 1);
  invite("smith");
  publish();
  std::filesystem::copy(folder_ / "patient", folder_ / "copy", std::filesystem::copy_options::recursive);
  bool failed = true;
  for (std::int64_t call = 1; failed; ++call) {
    SCOPED_TRACE("call " + std::to_string(call));
    import(2 * call, 0, 1);
    fail_at(call, Network::Fault::kBefore, 0);
    failed = !try_publish();
    repair();
    import(2 * call + 1, 0, 1, "copy");
    publish({}, "copy");
    (void)fetched("smith");
    publish();
    expect_all_arrived();
  }
}

// The home's key signed at the next address already: another copy of the home did.
TEST_F(DeliveryTest, AUsedNextAddressEndsTheEpoch) {
  publish_on_a_machine_that_is_rolled_back();
  import(0, 2, 2);
  const auto report = try_publish();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->epochs_replaced, 1U);
  expect_all_arrived();
}

// What too few nodes do not show may stand there: publishing goes on, and no key signs that may have signed.
TEST_F(DeliveryTest, WhereTooFewNodesAnswerNewEpochsSign) {
  publish_on_a_machine_that_is_rolled_back();
  network_.doubt = "only 1 of 3 nodes answered";
  network_.withholds = true;
  for (std::int64_t slot = 2; slot < 4; ++slot) {
    import(0, slot, 1);
    const auto report = try_publish();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->doubt, network_.doubt);
    EXPECT_EQ(report->waiting.messages_waiting, 0);
    EXPECT_EQ(doubly_used_addresses(), 0U);
  }
  network_.doubt.clear();
  network_.withholds = false;
  import(0, 4, 1);
  import(1, 0, 1);
  const auto report = try_publish();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->doubt, "");
  expect_all_arrived();
}

}  // namespace
}  // namespace glucoledger::usecases
