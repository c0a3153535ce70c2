// Publishing, sharing and revoking, from a patient's readings to the records in a clinic's home.
#include <fstream>
#include <system_error>

#include "exchange/home_ledger.h"
#include "usecases/status.h"
#include "usecases/test_stage.h"

namespace glucoledger::usecases {
namespace {

class SharingTest : public Stage {
 protected:
  // The clinic holds exactly these of a contact, each once.
  void expect_records(const std::string& contact, const Times& expected) {
    (void)fetched(contact);
    EXPECT_EQ(records(contact), expected) << contact;
  }
  static Times joined(Times a, const Times& b) {
    a.insert(b.begin(), b.end());
    return a;
  }
};

TEST_F(SharingTest, ReadingsArriveOneByOneInDesignA) {
  import(0, 0, 5);
  import(1, 0, 3);
  publish();
  invite("smith");
  EXPECT_EQ(fetched("smith").new_records, 8U) << "the newest day comes with the invitation, the other by a note";
  EXPECT_EQ(records("smith"), imported_);
  EXPECT_EQ(state("smith"), FetchState::kNotYet);
  import(1, 3, 40);
  import(2, 0, 2);
  publish();
  EXPECT_EQ(fetched("smith").new_records, 42U);
  EXPECT_EQ(records("smith"), imported_);
}

TEST_F(SharingTest, FilesArriveInDesignB) {
  import(0, 0, 100);
  publish(files(cgm::Window::kDay));
  invite("smith", kB);
  import(1, 0, 30);
  import(2, 0, 30);
  publish(files(cgm::Window::kDay));
  expect_records("smith", imported_);
  EXPECT_EQ(fetched("smith").state, FetchState::kNotYet);
  auto home = open("patient");
  EXPECT_EQ(home::all_epochs(home, kB)->size(), 3U);
}

TEST_F(SharingTest, BothDesignsCarryTheSameReadingsUnderTheSameIdentifiers) {
  import(0, 0, 4);
  publish();
  publish(files());
  invite("a", kA);
  invite("b", kB);
  EXPECT_EQ(state("a"), FetchState::kFound);
  EXPECT_EQ(state("b"), FetchState::kFound);
  auto home = open("clinic");
  std::set<std::string> identifiers;
  for (const char* name : {"a", "b"}) {
    const auto contact = home::contact_named(home, name).value();
    const auto records = home::records_of(home, *contact).value();
    for (const auto& record : records) identifiers.insert(record.identifier);
  }
  EXPECT_EQ(identifiers.size(), 4U);
}

TEST_F(SharingTest, AGrantSeesOnlyTheDaysOfItsWindow) {
  for (std::int64_t day = 0; day < 5; ++day) import(day, 0, 2);
  publish();
  invite("middle", kA, {day_of(1), day_of(3)});
  invite("late", kA, {day_of(3), {}});
  import(2, 10, 1);  // late readings of a past day
  import(6, 0, 2);
  publish();
  expect_records("middle",
                 joined(joined(times_of(1, 0, 2), times_of(2, 0, 2)), joined(times_of(3, 0, 2), times_of(2, 10, 1))));
  expect_records("late", joined(joined(times_of(3, 0, 2), times_of(4, 0, 2)), times_of(6, 0, 2)));
}

TEST_F(SharingTest, FilesAreCutWhereAGrantBeginsOrEnds) {
  import(0, 0, 1);
  publish(files());
  invite("middle", kB, {day_of(2), day_of(3)});
  for (std::int64_t day = 0; day < 6; ++day) import(day, 20, 2);
  publish(files(cgm::Window::kRealtime));
  expect_records("middle", joined(times_of(2, 20, 2), times_of(3, 20, 2)));
  auto home = open("patient");
  EXPECT_EQ(home::all_epochs(home, kB)->size(), 4U);
}

TEST_F(SharingTest, AWindowOfMoreThanAReaderTakesBecomesSeveralFiles) {
  import(0, 0, 10);
  invite("smith", kB);
  auto options = files(cgm::Window::kQuarter);
  options.file_size_max = 6'000;  // of records of about 1,300 bytes
  auto home = open("patient");
  const auto published = usecases::publish(home, world_, options);
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(published->plan.readings, 10U);
  EXPECT_GE(published->plan.messages, 3U);
  EXPECT_LE(published->plan.messages, 5U);
  EXPECT_EQ(state("smith"), FetchState::kFound);
  EXPECT_EQ(records("smith"), imported_);
}

TEST_F(SharingTest, AFileThatReachesOverTheWindowIsLeftOutAndSaidSo) {
  for (std::int64_t day = 0; day < 3; ++day) import(day, 0, 2);
  publish(files(cgm::Window::kRealtime));
  const auto shared = try_share("late", kB, {day_of(1), {}});
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->left_out, std::vector<std::string>{day_of(0) + " to " + day_of(2)});
  EXPECT_EQ(shared->epochs, 0U);
}

TEST_F(SharingTest, SharingAgainGivesTheSameThread) {
  import(0, 0, 2);
  publish();
  const auto first = try_share("smith");
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->opened_now);
  const auto again = try_share("smith");
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->opened_now);
  EXPECT_EQ(first->uri.text(), again->uri.text());
  EXPECT_EQ(try_share("").error().code, ErrorCode::kUsage);
  auto home = open("clinic");
  const auto contact = receive(home, world_, first->uri.text(), "p");
  const auto same = receive(home, world_, again->uri.text(), "another name");
  ASSERT_TRUE(contact && same);
  EXPECT_EQ(contact->contact.id, same->contact.id);
}

TEST_F(SharingTest, APersonMayHoldSeveralGrantsWithWindowsOfTheirOwn) {
  for (std::int64_t day = 0; day < 4; ++day) import(day, 0, 2);
  publish();
  const auto first = try_share("smith", kA, {day_of(0), day_of(0)});
  const auto second = try_share("smith", kA, {day_of(2), {}});
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(second->opened_now);
  EXPECT_EQ(second->grant.name, "smith/2");
  EXPECT_EQ(first->grant.thread_id, second->grant.thread_id);
  ASSERT_TRUE(try_receive(first->uri.text(), "smith"));
  ASSERT_TRUE(try_receive(second->uri.text(), "smith"));
  const auto seen = joined(times_of(0, 0, 2), joined(times_of(2, 0, 2), times_of(3, 0, 2)));
  expect_records("smith", seen);
  // One of them ends: its days bring nothing more, the other's do, and nothing is closed.
  ASSERT_TRUE(try_revoke("smith/2"));
  import(0, 2, 1);
  import(3, 2, 1);
  publish();
  EXPECT_FALSE(fetched("smith").closed);
  expect_records("smith", joined(seen, times_of(0, 2, 1)));
  ASSERT_TRUE(try_revoke("smith"));
  EXPECT_TRUE(fetched("smith").closed);
}

TEST_F(SharingTest, AShareThatCannotBePreparedLeavesNothing) {
  import(0, 0, 2);
  publish();
  auto home = open("patient");
  auto watched = open("patient");
  ASSERT_TRUE(watched.changed_elsewhere());
  HandOver hand_over;
  hand_over.prepare = [] { return fail(ErrorCode::kUsage, "no such folder"); };
  hand_over.give = [](const Share&) -> Result<void> {
    ADD_FAILURE() << "too far";
    return {};
  };
  EXPECT_EQ(share(home, world_, {"smith", kA, {}}, hand_over).error().message, "no such folder");
  EXPECT_FALSE(watched.changed_elsewhere().value());
}

TEST_F(SharingTest, AGrantWhoseInvitationGotToNobodyIsTakenBack) {
  import(0, 0, 2);
  publish();
  auto home = open("patient");
  std::string lost;
  HandOver hand_over;
  hand_over.give = [&](const Share& share) {
    lost = share.uri.text();
    return fail(ErrorCode::kFailed, "the disk is full", "free some space");
  };
  const auto refused = share(home, world_, {"smith", kA, {}}, hand_over);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFailed);
  EXPECT_EQ(refused.error().next_step, "free some space");
  EXPECT_TRUE(home::open_grants_named(home, "smith")->empty());
  // Whoever has seen the code all the same reads nothing that comes after.
  ASSERT_TRUE(try_receive(lost, "seen"));
  import(0, 2, 2);
  import(1, 0, 2);
  publish();
  expect_records("seen", times_of(0, 0, 2));
  EXPECT_EQ(state("seen"), FetchState::kClosed);
  invite("smith");
  publish();
  expect_records("smith", imported_);
}

TEST_F(SharingTest, AFailedHandOverTakesBackNoOtherGrant) {
  import(0, 0, 2);
  publish();
  invite("smith");
  auto home = open("patient");
  HandOver hand_over;
  hand_over.give = [](const Share&) { return fail(ErrorCode::kFailed, "the disk is full"); };
  EXPECT_FALSE(share(home, world_, {"smith", kA, {}}, hand_over)) << "the same words: that grant was open before";
  EXPECT_EQ(home::open_grants_named(home, "smith")->size(), 1U);
  EXPECT_FALSE(share(home, world_, {"smith", kA, {day_of(0), day_of(0)}}, hand_over));
  const auto left = home::open_grants_named(home, "smith").value();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left.front().name, "smith");
  import(1, 0, 2);
  publish();
  expect_records("smith", imported_);
}

// The first invitation was lost, and with it the epoch that it alone would have brought.
// The second invitation is of the first one's thread; nothing of its design is published yet.
TEST_F(SharingTest, APhysicianIsToldOfBothDesignsOfAPerson) {
  import(0, 0, 3);
  publish();
  invite("smith");
  const auto designs = [&] {
    auto home = open("clinic");
    const auto patients = list_patients(home).value();
    EXPECT_EQ(patients.size(), 1U);
    return patients.front().designs;
  };
  EXPECT_EQ(designs(), std::vector{kA});
  invite("smith", kB, {day_of(1), {}});
  EXPECT_EQ(designs(), (std::vector{kA, kB}));
  import(1, 0, 30);
  publish(files());
  expect_records("smith", imported_);
  EXPECT_EQ(designs(), (std::vector{kA, kB}));
}

TEST_F(SharingTest, AnInvitationGivenAgainBringsWhatTheFirstOneBrought) {
  import(0, 0, 2);
  publish();
  ASSERT_TRUE(try_share("smith"));
  import(1, 0, 2);
  publish();
  invite("smith");
  publish();
  expect_records("smith", imported_);
}

TEST_F(SharingTest, ARevokedRecipientReadsAllBeforeAndNothingAfter) {
  import(0, 0, 3);
  import(1, 0, 3);
  publish();
  invite("gone");
  invite("stays");
  const auto before = imported_;
  publish();
  ASSERT_TRUE(try_revoke("gone"));
  import(1, 10, 3);
  import(2, 0, 3);
  publish();
  const auto report = fetched("gone");
  EXPECT_EQ(report.state, FetchState::kFound);
  EXPECT_TRUE(report.closed);
  EXPECT_EQ(records("gone"), before);
  EXPECT_EQ(state("gone"), FetchState::kClosed);
  expect_records("stays", imported_);
  EXPECT_EQ(state("stays"), FetchState::kNotYet);
  EXPECT_EQ(try_revoke("gone").error().code, ErrorCode::kNotFound);
}

TEST_F(SharingTest, ARevokedRecipientOfFilesReadsNothingAfter) {
  import(0, 0, 3);
  publish(files());
  invite("gone", kB);
  invite("stays", kB);
  const auto before = imported_;
  ASSERT_TRUE(try_revoke("gone"));
  import(0, 10, 3);
  publish(files());
  expect_records("gone", before);
  EXPECT_EQ(state("gone"), FetchState::kClosed);
  expect_records("stays", imported_);
}

TEST_F(SharingTest, WhatWaitedIsMadeAnewForOthersWhenOneIsRevoked) {
  import(0, 0, 3);
  publish();
  invite("gone");
  invite("stays");
  publish();
  const auto before = imported_;
  import(0, 10, 4);
  {  // planned for the epoch that both hold, not sent
    auto home = open("patient");
    ASSERT_TRUE(plan_publication(home, {}));
  }
  const auto revocation = try_revoke("gone");
  ASSERT_TRUE(revocation);
  EXPECT_EQ(revocation->epochs_opened, 1U);
  publish();
  expect_records("gone", before);
  expect_records("stays", imported_);
}

// Its notes have numbers that were given to others since, and its messages are signed.
TEST_F(SharingTest, ABackupOfWhatWasUnderWayBringsNobodyBack) {
  for (const bool is_told : {false, true}) {
    SCOPED_TRACE(is_told);
    const std::string stays = is_told ? "stays-2" : "stays";
    const std::string gone = is_told ? "gone-2" : "gone";
    invite(stays);
    invite(gone);
    import(is_told ? 10 : 0, 0, 3);
    publish();
    const auto before = imported_;
    import(is_told ? 11 : 1, 0, 600);
    network_.is_read_only = true;
    (void)try_publish();
    {
      auto home = open("patient");
      ASSERT_FALSE(home::unfinished(home, home::Outgoing::Kind::kMessage)->empty());
      ASSERT_FALSE(home::unfinished(home, home::Outgoing::Kind::kNote)->empty());
    }
    network_.is_read_only = false;
    roll_back([&] {
      ASSERT_TRUE(try_revoke(gone));
      if (is_told) publish();
    });
    const auto report = try_publish();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->closed_again, std::vector{gone});
    publish();
    expect_records(gone, before);
    expect_records(stays, imported_);
    EXPECT_EQ(state(gone), FetchState::kClosed);
  }
}

// So that nobody waits for it.
TEST_F(SharingTest, ARevocationLeavesItToThePublisherToMoveALongBacklog) {
  invite("gone");
  invite("stays");
  import(0, 0, 2);
  publish();
  const auto before = imported_;
  constexpr int kBacklog = 1'050;  // more than are moved at once
  import(0, 10, kBacklog);
  auto home = open("patient");
  ASSERT_TRUE(plan_publication(home, {}));
  ASSERT_TRUE(try_revoke("gone"));
  const auto dead = home::epochs_with_waiting_messages(home).value();
  EXPECT_EQ(dead.size(), 4U) << "days";
  EXPECT_TRUE(std::none_of(dead.begin(), dead.end(), [](const home::Epoch& epoch) { return epoch.open; }));
  // A day's readings that come now go into the same new epoch.
  import(0, 10 + kBacklog, 1);
  const auto plan = plan_publication(home, {});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->epochs, 0U);
  publish();
  EXPECT_EQ(home::outbox_counts(home)->messages_waiting, 0);
  EXPECT_EQ(home::all_epochs(home, kA)->size(), 8U);
  expect_records("gone", before);
  expect_records("stays", imported_);
}

TEST_F(SharingTest, ACodeNeedsALedgerThatWasMetOnce) {
  auto home = open("patient");
  network_.reachable = false;
  const auto refused = try_share("dr");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnreachable);
  EXPECT_TRUE(home::all_grants(home).value().empty());
  network_.reachable = true;
  ASSERT_TRUE(exchange::meet_home_ledger(home, world_));
  network_.reachable = false;
  const auto share = try_share("dr");
  ASSERT_TRUE(share) << share.error().message;
  EXPECT_FALSE(share->uri.empty());
}

// It has forgotten whom it let in: then it goes on where they cannot follow.
TEST_F(SharingTest, AHomePutBackInPlaceIsNoticedThoughNothingWasSignedSince) {
  import(0, 0, 2);
  publish();
  std::map<std::string, std::string> contents;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "patient")) {
    std::ifstream file(entry.path(), std::ios::binary);
    contents[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
  }
  EXPECT_FALSE(open("patient").was_doubled());
  ASSERT_TRUE(try_share("thief"));
  EXPECT_FALSE(open("patient").was_doubled());
  for (const auto& [name, content] : contents) {
    std::ofstream(folder_ / "patient" / name, std::ios::binary | std::ios::trunc) << content;
  }
  EXPECT_TRUE(open("patient").was_doubled());
}

TEST_F(SharingTest, RevokingHoldsWithoutALedger) {
  import(0, 0, 2);
  publish();
  invite("gone");
  invite("stays");
  publish();
  const auto before = imported_;
  network_.reachable = false;
  import(0, 10, 2);
  EXPECT_EQ(try_publish().error().code, ErrorCode::kUnreachable);
  ASSERT_TRUE(try_revoke("gone"));
  EXPECT_EQ(send_notes().error().code, ErrorCode::kUnreachable);
  {
    auto home = open("patient");
    EXPECT_TRUE(home::open_grants_named(home, "gone")->empty());
    EXPECT_GT(home::outbox_counts(home)->notes_waiting, 0);
  }
  EXPECT_EQ(state("gone"), FetchState::kUnreachable);
  network_.reachable = true;
  import(0, 20, 2);
  publish();
  expect_records("gone", before);
  EXPECT_EQ(state("gone"), FetchState::kClosed);
  expect_records("stays", imported_);
}

TEST_F(SharingTest, ANoteThatTheLedgerHoldsIsToldThoughNothingConfirmsItYet) {
  import(0, 0, 2);
  for (const auto* name : {"smith", "jones"}) invite(name);
  publish();
  network_.confirms_late = true;
  const auto told = try_revoke("smith");
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_FALSE(told->carried.shortfall());
  EXPECT_EQ(told->carried.notes_untold, 0);
  EXPECT_GT(told->carried.waiting.notes_waiting, 0) << "until it is confirmed";
  network_.withholds = true;  // as who says to have taken it
  const auto untold = try_revoke("jones");
  ASSERT_TRUE(untold) << untold.error().message;
  EXPECT_TRUE(untold->carried.shortfall());
  EXPECT_GE(untold->carried.notes_untold, 1);
}

TEST_F(SharingTest, SharingAnewAfterRevokingIsANewThreadWithEverything) {
  import(0, 0, 2);
  publish();
  invite("first");
  ASSERT_TRUE(try_revoke("first"));
  import(0, 10, 2);
  publish();
  const auto shared = try_share("first");
  ASSERT_TRUE(shared);
  EXPECT_TRUE(shared->opened_now);
  auto home = open("clinic");
  ASSERT_TRUE(receive(home, world_, shared->uri.text(), "again"));
}

// As a library does where the system gives no more threads.
TEST_F(SharingTest, ARevocationHoldsAndSaysSoWhereALibraryThrows) {
  invite("smith");
  auto world = world_;
  world.open_ledger = [](const auto&...) -> Result<std::shared_ptr<ports::Ledger>> {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  };
  auto home = open("patient");
  const auto revoked = revoke(home, world, "smith");
  ASSERT_TRUE(revoked) << revoked.error().message;
  EXPECT_EQ(revoked->grants_closed, 1U);
  ASSERT_TRUE(revoked->carried.error);
  EXPECT_EQ(revoked->carried.error->code, ErrorCode::kUnreachable);
  EXPECT_TRUE(home::open_grants_named(home, "smith")->empty());
}

// Readings of an ended epoch's day, and of a day that ended while its clinic looked away.
TEST_F(SharingTest, LateReadingsOpenAFurtherEpochOfTheirDay) {
  import(0, 0, 2);
  invite("smith");
  publish();
  import(1, 0, 2);
  publish();
  import(0, 100, 2);
  publish();
  expect_records("smith", imported_);
  auto home = open("patient");
  EXPECT_EQ(home::all_epochs(home, kA)->size(), 3U);
}

TEST_F(SharingTest, PublishingAPartTakesOnlyThatPart) {
  import(0, 0, 3);
  import(1, 0, 3);
  invite("smith");
  PublishOptions options;
  options.last = 2;
  publish(options);
  expect_records("smith", times_of(1, 1, 2));
  options = {};
  options.days.until = day_of(0);
  publish(options);
  expect_records("smith", joined(times_of(1, 1, 2), times_of(0, 0, 3)));
  publish();
  expect_records("smith", imported_);
}

}  // namespace
}  // namespace glucoledger::usecases
