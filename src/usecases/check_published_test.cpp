// A ledger that was put back to an older state, or lost something: what it had confirmed is noticed and sent again.
#include "usecases/check_published.h"

#include "exchange/signer.h"
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
  void expect_unreachable(const std::string& contact, std::string_view why) {
    const auto report = fetched(contact);
    ASSERT_EQ(report.problems.size(), 1U);
    EXPECT_EQ(report.problems.front().state, FetchState::kUnreachable);
    EXPECT_NE(report.problems.front().reason.find(why), std::string::npos) << report.problems.front().reason;
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

// Notes are sent again under their numbers in other words, which are nobody else's.
TEST_F(CheckPublishedTest, WhatALedgerDoesNotShowForAWhileIsNoSignOfACopy) {
  invite("smith");
  import(0, 0, 5);
  publish();
  network_.withholds = true;
  network_.is_read_only = true;
  (void)try_publish();
  network_.withholds = false;
  network_.is_read_only = false;
  EXPECT_EQ(published().epochs_replaced, 0U);
  import(0, 5, 2);
  EXPECT_EQ(published().epochs_replaced, 0U);
  expect_all_arrived("smith");
}

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

// What it said in the time that it has lost is known from the ledger alone.
TEST_F(CheckPublishedTest, NotesOfAHomeThatWasPutBackAreSentAgainToo) {
  for (const auto* name : {"smith", "jones"}) invite(name);
  import(0, 0, 2);
  publish();
  put_ledger_back([&] {
    roll_back([&] {
      import(1, 0, 1);
      publish();
      ASSERT_TRUE(try_revoke("jones"));
      publish();
    });
    import(1, 1, 2);
    (void)published();  // reads there what it had said
  });
  EXPECT_GE(published().sent_again, 3U);
  const auto report = fetched("smith");
  EXPECT_EQ(report.state, FetchState::kFound);
  EXPECT_TRUE(report.problems.empty()) << report.problems.front().reason;
  EXPECT_TRUE(fetched("jones").closed);
  EXPECT_EQ(doubly_used_addresses(), 0U);
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

// The run went on, and what it closed last stands.
TEST_F(CheckPublishedTest, WhatALedgerLostAmidARunIsFoundByTheNextOne) {
  invite("smith");
  import(0, 0, 5);
  publish();
  network_.withheld.insert(address_of(2));
  EXPECT_EQ(published().sent_again, 1U);
  network_.withheld.clear();
  EXPECT_EQ(published().sent_again, 0U);
  // What was sent again stands last: a ledger that is put back amid that has lost what comes before.
  put_ledger_back([&] {
    import(0, 5, 3);
    publish();
  });
  EXPECT_GE(published().sent_again, 3U);
  network_.withheld.insert(address_of(6));
  EXPECT_EQ(published().sent_again, 1U);
  network_.withheld.clear();
  expect_all_arrived("smith");
}

// Two processes look at the same time: what one has sent again stands, and is not published anew by the other.
TEST_F(CheckPublishedTest, WhatAnotherProcessSentAgainIsLeftToIt) {
  invite("smith");
  import(0, 0, 5);
  publish();
  auto home = open("patient");
  const auto before = *home::published_messages(home, std::nullopt, 5);
  const auto notes_before = *home::published_notes(home, std::nullopt, 1);
  network_.withheld.insert(address_of(2));
  EXPECT_EQ(checked().standing.messages_gone, 1U);
  network_.withheld.clear();
  const auto& sent_again = *std::find_if(before.begin(), before.end(), [](const auto& one) { return one.id == 2; });
  EXPECT_FALSE(*home::is_published(home, sent_again));
  ASSERT_TRUE(home.write([&](home::Transaction& transaction) -> Result<void> {
    EXPECT_FALSE(*home::send_message_again(transaction, sent_again, {}));
    EXPECT_TRUE(*home::is_published(home, before.front()));
    auto stale = notes_before.front();
    ++stale.closed_order;
    EXPECT_FALSE(*home::send_note_again(transaction, stale, {}, {}));
    return {};
  }));
}

// Each is looked for once, however many were closed at once.
TEST_F(CheckPublishedTest, WhatWasConfirmedSinceIsLookedForInOrder) {
  import(0, 0, 5);
  publish();
  auto home = open("patient");
  const auto all = *home::published_messages(home, std::nullopt, 9);
  const auto since = *home::messages_published_since(home, all[3].closed_order, 9);
  ASSERT_EQ(since.size(), 3U);
  EXPECT_EQ(since.front().id, all[2].id);
  EXPECT_EQ(home::messages_published_since(home, all[3].closed_order, 2)->back().id, all[1].id);
  EXPECT_TRUE(home::messages_published_since(home, all[0].closed_order, 9)->empty());
}

// What was readable and confirmed stays so for those who are let out while it is sent again, and they learn of it.
TEST_F(CheckPublishedTest, ARevocationAmidSendingAgainTakesNothingBackThatWasThere) {
  for (const bool has_fetched : {true, false}) {
    SCOPED_TRACE(has_fetched);
    const std::string out = has_fetched ? "smith" : "wesson";
    invite(out);
    invite("jones");
    const auto day = static_cast<std::int64_t>(epoch_count());
    import(day, 0, 2);
    publish();
    put_ledger_back([&] {
      import(day, 2, 3);
      import(day + 1, 0, 2);
      publish();
      if (has_fetched) {
        EXPECT_EQ(state(out), FetchState::kFound);
      }
    });
    const auto readable = imported_;
    network_.is_read_only = true;
    EXPECT_FALSE(try_publish());
    network_.is_read_only = false;
    ASSERT_TRUE(try_revoke(out));
    import(day + 1, 2, 2);
    (void)published();
    EXPECT_TRUE(fetched(out).closed);
    EXPECT_EQ(records(out), readable);
    expect_all_arrived("jones");
  }
}

TEST_F(CheckPublishedTest, AReaderTellsMissingMessagesFromAQuietPatient) {
  import(0, 0, 5);
  import(1, 0, 1);
  publish();
  network_.withheld.insert(address_of(3));
  invite("smith");
  expect_unreachable("smith", "missing (3)");
  network_.withheld.clear();
  expect_all_arrived("smith");
}

// As on a node without pages, where anyone may post so much that nothing else is handed out: there a copy of this home
// may have signed.
TEST_F(CheckPublishedTest, WhereOnlyAPartIsHandedOutNoKeySigns) {
  invite("smith");
  import(0, 0, 2);
  publish();
  {
    auto home = open("patient");
    const auto epoch = home::all_epochs(home, kA)->front();
    network_.cut.insert(exchange::Signer::open(home, epoch)->next_address());
  }
  import(0, 2, 2);
  EXPECT_EQ(published().epochs_replaced, 1U);
  const auto check = checked();
  EXPECT_EQ(check.standing.messages_gone, 0U);
  network_.cut.insert(address_of(1));
  EXPECT_NE(checked().standing.doubt.find("only a part"), std::string::npos);
  network_.cut.clear();
  expect_all_arrived("smith");
}

TEST_F(CheckPublishedTest, AReaderIsToldThatOnlyAPartIsHandedOutWhereANoteMayStand) {
  invite("smith");
  import(0, 0, 2);
  publish();
  {
    auto home = open("patient");
    network_.cut.insert(home::published_notes(home, std::nullopt, 1)->front().address);
  }
  expect_unreachable("smith", "only a part");
  network_.cut.clear();
  expect_all_arrived("smith");
}

// One node alone that asks for more work than anyone can do is not believed; most of them are.
TEST_F(CheckPublishedTest, AWeightThatNobodyElseTellsIsNotBelieved) {
  import(0, 0, 2);
  publish();
  import(0, 2, 2);
  network_.more_weight = 1;
  network_.agreed = false;
  const auto refused = try_publish();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnreachable);
  EXPECT_NE(refused.error().message.find("minimum weight magnitude"), std::string::npos);
  network_.agreed = true;
  EXPECT_TRUE(try_publish());
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
  publish();  // which looks once for each that the first one closed
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

// Who only wants to know does not wait for the proof of work of what waits anyway; who stops it is told what was found.
TEST_F(CheckPublishedTest, WhereNothingIsGoneNothingIsSent) {
  invite("smith");
  import(0, 0, 5);
  publish();
  import(0, 5, 3);
  network_.is_read_only = true;
  EXPECT_FALSE(try_publish());
  network_.is_read_only = false;
  const auto check = checked();
  EXPECT_EQ(check.standing.messages_gone, 0U);
  EXPECT_EQ(check.carried.waiting.messages_waiting, 3);

  network_.withheld.insert(address_of(2));
  base::CancelSource stop;
  network_.before_submit = [&](const base::CancelToken&) { stop.trip(); };
  World world = world_;
  world.cancel = stop.token();
  auto home = open("patient");
  const auto stopped = check_published(home, world);
  ASSERT_TRUE(stopped) << stopped.error().message;
  EXPECT_EQ(stopped->standing.messages_gone, 1U);
  ASSERT_TRUE(stopped->carried.shortfall());
  EXPECT_EQ(stopped->carried.shortfall()->code, ErrorCode::kInterrupted);
  EXPECT_EQ(stopped->carried.waiting.messages_waiting, 4);
}

TEST_F(CheckPublishedTest, WhatWasPrunedOrIsInDoubtIsNotGone) {
  invite("smith");
  import(0, 0, 5);
  publish();
  network_.said_pruned.insert(address_of(5));
  EXPECT_EQ(published().sent_again, 0U);
  EXPECT_EQ(checked().standing.messages_gone, 0U);
  EXPECT_EQ(checked().standing.messages_pruned, 1U);
  EXPECT_EQ(checked().standing.notes_pruned, 0U);
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
