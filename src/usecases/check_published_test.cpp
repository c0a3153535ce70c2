// A ledger that was put back to an older state, or lost something: what it had confirmed is noticed and sent again.
#include "usecases/check_published.h"

#include "home/epochs.h"
#include "home/published.h"
#include "ledger_store/snapshot.h"
#include "usecases/test_stage.h"

namespace glucoledger::usecases {
namespace {

class CheckPublishedTest : public Stage {
 protected:
  CheckPublishedTest() { tangle_ = opened("ledger"); }

  std::unique_ptr<ledger_store::Tangle> opened(const std::string& name) const {
    ledger_store::TangleOptions options;
    options.min_weight_magnitude = 1;
    auto tangle = ledger_store::Tangle::open(folder_ / name, options, clock_);
    EXPECT_TRUE(tangle) << tangle.error().message;
    return std::move(*tangle);
  }
  // The ledger as it was before `life`.
  void put_ledger_back(const std::function<void()>& life) {
    const auto file = folder_ / ("snapshot-" + std::to_string(++times_));
    ASSERT_TRUE(ledger_store::write_snapshot(folder_ / ledger_, file, {}));
    life();
    tangle_.reset();
    ledger_ = "ledger-" + std::to_string(times_);
    ASSERT_TRUE(ledger_store::restore_snapshot(file, folder_ / ledger_, clock_, {}));
    tangle_ = opened(ledger_);
  }
  OutboxReport published() {
    const auto report = try_publish();
    EXPECT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->waiting.messages_waiting, 0);
    EXPECT_EQ(report->waiting.notes_waiting, 0);
    return *report;
  }
  PublishedCheck checked() {
    auto home = open("patient");
    auto check = check_published(home, world_);
    EXPECT_TRUE(check) << check.error().message;
    return std::move(*check);
  }
  void expect_all_arrived(const std::string& contact) {
    EXPECT_EQ(state(contact), FetchState::kFound);
    EXPECT_EQ(records(contact), imported_);
  }
  std::size_t epoch_count() {
    auto home = open("patient");
    return home::all_epochs(home, kA)->size();
  }
  void change_home(std::string_view sql) {
    auto home = open("patient");
    ASSERT_TRUE(home.database().execute(sql));
  }
  // The address of the message with this number, in the order in which they were signed.
  crypto::Hash address_of(int number) {
    auto home = open("patient");
    auto statement = home.database().prepare("SELECT address FROM message WHERE id = ?1").value();
    EXPECT_TRUE(statement.bind(1, number).step().value());
    return crypto::Hash::from_trytes(statement.text(0)).value();
  }

 private:
  std::string ledger_ = "ledger";
  int times_ = 0;
};

TEST_F(CheckPublishedTest, WhatALedgerThatWasPutBackHasLostIsSentAgain) {
  for (const auto* name : {"smith", "jones"}) invite(name);
  invite("files", kB);
  import(0, 0, 5);
  publish();
  put_ledger_back([&] {
    import(0, 5, 3);
    import(1, 0, 4);
    publish();
    publish(files());
    ASSERT_TRUE(try_revoke("jones"));
    publish();
  });
  const auto epochs = epoch_count();
  const auto report = published();
  EXPECT_GE(report.sent_again, 3U + 4U + 1U);
  EXPECT_EQ(epoch_count(), epochs) << "the same bytes stand where they stood";
  expect_all_arrived("smith");
  expect_all_arrived("files");
  EXPECT_TRUE(fetched("jones").closed);
  EXPECT_EQ(records("jones"), imported_) << "what was published before the revocation";
  EXPECT_EQ(published().sent_again, 0U);
}

// Also one of which only a note is gone.
TEST_F(CheckPublishedTest, ARevocationThatALedgerHasLostIsToldAgain) {
  invite("smith");
  import(0, 0, 2);
  publish();
  put_ledger_back([&] { ASSERT_TRUE(try_revoke("smith")); });
  (void)published();
  EXPECT_TRUE(fetched("smith").closed);
}

// The note of the new grant is confirmed last then.
TEST_F(CheckPublishedTest, WhoSharesBeforePublishingHidesNothingThatIsGone) {
  invite("smith");
  import(0, 0, 2);
  publish();
  put_ledger_back([&] {
    import(0, 2, 3);
    publish();
    ASSERT_TRUE(try_revoke("smith"));
  });
  const auto readable = imported_;
  invite("jones");
  import(0, 5, 2);
  const auto report = published();
  EXPECT_GE(report.sent_again, 4U);
  EXPECT_FALSE(report.more_may_be_gone);
  EXPECT_TRUE(fetched("smith").closed);
  EXPECT_EQ(records("smith"), readable);
  expect_all_arrived("jones");
}

// What was found is not lost where the search for the rest is in doubt, however often.
TEST_F(CheckPublishedTest, ASearchThatWasInDoubtIsBegunAgain) {
  invite("smith");
  import(0, 0, 2);
  publish();
  put_ledger_back([&] {
    import(0, 2, 3);
    publish();
  });
  ASSERT_TRUE(send_notes());  // which marks it
  network_.doubt = "1 of 3 nodes answered";
  const auto doubtful = try_publish();
  ASSERT_TRUE(doubtful) << doubtful.error().message;
  EXPECT_EQ(doubtful->sent_again, 0U);
  EXPECT_TRUE(doubtful->more_may_be_gone);
  network_.doubt.clear();
  EXPECT_EQ(published().sent_again, 3U);
  expect_all_arrived("smith");
}

TEST_F(CheckPublishedTest, ReadingGoesOnWhereItWas) {
  invite("smith");
  import(0, 0, 5);
  publish();
  put_ledger_back([&] {
    import(0, 5, 3);
    publish();
    EXPECT_EQ(state("smith"), FetchState::kFound);
  });
  import(0, 8, 2);
  (void)published();
  expect_all_arrived("smith");
}

TEST_F(CheckPublishedTest, AMessageGoneFromAmongOthersIsFoundByTheWholeCheckAlone) {
  invite("smith");
  import(0, 0, 5);
  publish();
  network_.withheld.insert(address_of(2));
  EXPECT_EQ(published().sent_again, 0U);
  const auto check = checked();
  EXPECT_EQ(check.standing.messages, 5U);
  EXPECT_GT(check.standing.notes, 0U);
  EXPECT_EQ(check.standing.messages_gone, 1U);
  EXPECT_EQ(check.standing.notes_gone, 0U);
  EXPECT_FALSE(check.carried.shortfall());
  EXPECT_EQ(check.carried.waiting.messages_waiting, 0);
  network_.withheld.clear();
  EXPECT_EQ(checked().standing.messages_gone, 0U);
  expect_all_arrived("smith");
}

TEST_F(CheckPublishedTest, WhatWasPrunedOrIsInDoubtIsNotGone) {
  invite("smith");
  import(0, 0, 5);
  publish();
  network_.said_pruned.insert(address_of(5));
  EXPECT_EQ(published().sent_again, 0U);
  EXPECT_EQ(checked().standing.messages_gone, 0U);
  network_.said_pruned.clear();
  network_.withholds = true;
  network_.doubt = "1 of 3 nodes answered";
  const auto check = checked();
  EXPECT_EQ(check.standing.messages_gone + check.standing.notes_gone, 0U);
  EXPECT_EQ(check.standing.doubt, network_.doubt);
}

// Junk with the bundle hash of a message, which anyone who knows its address can make, does not stand for it.
TEST_F(CheckPublishedTest, AForgedPayloadDoesNotStandForAMessage) {
  import(0, 0, 3);
  publish();
  for (const char* change : {"", "UPDATE message SET payload_digest = NULL"}) {
    change_home(change);
    network_.tampered = address_of(3);
    EXPECT_EQ(checked().standing.messages_gone, 1U);
    network_.tampered = {};
    EXPECT_EQ(checked().standing.messages_gone, 0U);
  }
}

TEST_F(CheckPublishedTest, AForgedPayloadDoesNotStandForANote) {
  invite("smith");
  import(0, 0, 2);
  publish();
  {
    auto home = open("patient");
    network_.tampered = home::published_notes(home, std::nullopt, 1)->front().address;
  }
  EXPECT_EQ(checked().standing.notes_gone, 1U);
  network_.tampered = {};
  EXPECT_EQ(checked().standing.notes_gone, 0U);
}

// Where this program would sign something else, the one-time key does not sign again.
TEST_F(CheckPublishedTest, WhatCannotBeMadeAgainGoesIntoOneNewEpoch) {
  for (const char* change :
       {"UPDATE message SET payload_digest = NULL, signed_s = 0",
        "UPDATE message SET payload_digest = zeroblob(32) WHERE epoch_id = (SELECT MAX(id) FROM epoch)"}) {
    SCOPED_TRACE(change);
    const std::string name = "reader-" + std::to_string(epoch_count());
    const auto day = static_cast<std::int64_t>(epoch_count());
    import(day, 0, 2);
    invite(name);
    publish();
    put_ledger_back([&] {
      import(day, 2, 4);
      publish();
    });
    change_home(change);
    const auto epochs = epoch_count();
    (void)published();
    EXPECT_EQ(epoch_count(), epochs + 1);
    (void)fetched(name);
    EXPECT_EQ(records(name), imported_);
  }
}

}  // namespace
}  // namespace glucoledger::usecases
