// Recipients, grants, threads and notes, as two processes of the patient's see them.
#include "home/grants.h"

#include "home/test_home.h"

namespace glucoledger::home {
namespace {

using keys::Design;

class GrantsTest : public HomeTest {
 protected:
  GrantsTest() {
    create();
    home_ = open();
    other_ = open();
  }
  Home& home() { return *home_; }
  Home& other() { return *other_; }  // another process's

  Result<Grant> try_to_grant(const std::string& name, Design design, const DayRange& days) {
    std::optional<Grant> grant;
    GL_CHECK(home().write([&](Transaction& t) -> Result<void> {
      GL_ASSIGN(grant, open_grant(t, name, design, days, 5));
      return {};
    }));
    return std::move(*grant);
  }
  Grant grant_to(const std::string& name, Design design = Design::kTangle, const DayRange& days = {}) {
    return try_to_grant(name, design, days).value();
  }
  void close(const Grant& grant) {
    write(other(), [&](Transaction& t) { return close_grant(t, grant, 9); });
  }
  void release(const Grant& grant, const std::vector<Epoch>& epochs) {
    write(home(), [&](Transaction& t) { return release_by_note(t, grant, epochs); });
  }
  Epoch ended_epoch(std::string_view day = "2025-01-01", Design design = Design::kTangle) {
    const auto epoch = add_epoch(home(), design, day);
    write(home(), [&](Transaction& t) { return end_epoch(t, epoch.id, 3); });
    return now(home(), epoch);
  }
  std::vector<WaitingNote> waiting(const Grant& grant) { return waiting_notes(home(), grant.thread_id).value(); }
  // Seals all that waits, by the next numbers.
  void seal(const Grant& grant) {
    for (const auto& note : waiting(grant)) {
      const auto number = thread_by_id(home(), grant.thread_id)->next_out;
      EXPECT_TRUE(seal(note, number));
    }
  }
  bool seal(const WaitingNote& note, std::uint64_t number) {
    return write(home(), [&](Transaction& t) { return store_sealed(t, note, number, {}, {}, some_bundle()); });
  }
  static Outgoing note(std::int64_t id) { return row(id, Outgoing::Kind::kNote); }
  std::string released() {
    return text(home(), "SELECT COALESCE(group_concat(epoch_id), '') FROM (SELECT epoch_id FROM release ORDER BY 1)");
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    const auto grants = all_grants(home()).value();
    for (const auto& grant : grants) all.push_back(grant.name);
    return all;
  }

 private:
  std::optional<Home> home_;
  std::optional<Home> other_;
};

TEST_F(GrantsTest, APersonMayHoldSeveralInOneThread) {
  const auto first = grant_to("dr");
  const auto second = grant_to("dr", Design::kTangleIpfs, {"2025-02-01", "2025-02-28"});
  const auto someone_else = grant_to("nurse");
  EXPECT_EQ(names(), (std::vector<std::string>{"dr", "dr/2", "nurse"}));
  EXPECT_EQ(first.thread_id, second.thread_id);
  EXPECT_NE(first.thread_id, someone_else.thread_id);
  EXPECT_EQ(open_grants_named(home(), "dr")->size(), 2U);
  const auto by_own_name = open_grants_named(home(), "dr/2").value();
  ASSERT_EQ(by_own_name.size(), 1U);
  EXPECT_EQ(by_own_name.front().id, second.id);
  EXPECT_EQ(by_own_name.front().recipient, "dr");
  EXPECT_EQ(by_own_name.front().days.until, "2025-02-28");
  EXPECT_EQ(by_own_name.front().opened_ms, 5);
  EXPECT_TRUE(open_grants_named(home(), "nobody")->empty());
  EXPECT_EQ(open_grants(home(), Design::kTangle)->size(), 2U);
}

TEST_F(GrantsTest, NamesTellEveryoneApart) {
  const auto first = grant_to("dr");
  grant_to("dr");
  EXPECT_EQ(try_to_grant("dr/2", Design::kTangle, {}).error().code, ErrorCode::kUsage);
  grant_to("dr/3");  // a person of this name
  grant_to("dr");
  EXPECT_EQ(names(), (std::vector<std::string>{"dr", "dr/2", "dr/3", "dr/4"}));
  close(first);
  EXPECT_EQ(grant_to("dr").name, "dr") << "what was closed gives its name back";
}

TEST_F(GrantsTest, AThreadIsNewOnceTheLastGrantClosed) {
  const auto first = grant_to("dr");
  close(first);
  const auto again = grant_to("dr");
  EXPECT_NE(again.thread_id, first.thread_id);
  EXPECT_FALSE(thread_by_id(home(), first.thread_id)->open);
  EXPECT_TRUE(keys_of(home(), thread_by_id(home(), again.thread_id).value()));
  EXPECT_EQ(thread_by_id(home(), 77).error().code, ErrorCode::kNotFound);
}

TEST_F(GrantsTest, AnEpochIsReleasedOnceAThread) {
  const auto grant = grant_to("dr");
  const auto epoch = add_epoch(home());
  const auto ended = ended_epoch();
  release(grant, {epoch, ended});
  release(grant, {epoch, ended});
  release(grant_to("dr"), {epoch});
  auto notes = waiting(grant);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes.front().note.releases.size(), 2U);
  EXPECT_EQ(notes.front().note.ended.size(), 1U);
  EXPECT_EQ(threads_with_waiting_notes(home()).value(), std::vector<std::int64_t>{grant.thread_id});
  // The end is told once.
  write(home(), [&](Transaction& t) { return queue_ends(t); });
  EXPECT_EQ(waiting(grant).size(), 1U);
  write(home(), [&](Transaction& t) { return end_epoch(t, epoch.id, 4); });
  write(home(), [&](Transaction& t) { return queue_ends(t); });
  write(home(), [&](Transaction& t) { return queue_ends(t); });
  notes = waiting(grant);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes.back().note.ended.front().messages, 4U);
}

TEST_F(GrantsTest, HoldersAreThoseWhomTheWindowCovers) {
  const auto all = grant_to("all");
  const auto february = grant_to("february", Design::kTangle, {"2025-02-01", std::nullopt});
  const auto files = grant_to("files", Design::kTangleIpfs);
  const auto epoch = add_epoch(home());
  const auto file = add_epoch(home(), Design::kTangleIpfs);
  write(home(), [&](Transaction& t) { return release_to_holders(t, std::vector{epoch, file}); });
  EXPECT_EQ(waiting(all).size(), 1U);
  EXPECT_EQ(waiting(february).size(), 0U);
  EXPECT_EQ(waiting(files).size(), 1U);
}

TEST_F(GrantsTest, AnInvitationThatIsGivenAgainBringsTheRestByNote) {
  const auto grant = grant_to("dr");
  const auto first = add_epoch(home());
  const auto second = add_epoch(home());
  write(home(), [&](Transaction& t) { return release_by_uri(t, grant, first); });
  EXPECT_TRUE(waiting(grant).empty());
  for (int time = 0; time < 2; ++time) {
    write(home(), [&](Transaction& t) -> Result<void> {
      GL_CHECK(release_by_uri(t, grant, second));
      return release_anew_by_note(t, grant, second);
    });
    EXPECT_EQ(waiting(grant).size(), 1U);
  }
}

TEST_F(GrantsTest, WhatOthersOfTheSamePersonCoverIsNotHeldAlone) {
  const auto january = grant_to("dr", Design::kTangle, {std::nullopt, "2025-01-31"});
  const auto all = grant_to("dr");
  const auto epoch = add_epoch(home());
  const auto later = add_epoch(home(), Design::kTangle, "2025-02-01");
  release(all, {epoch, later, ended_epoch()});
  EXPECT_TRUE(epochs_held_by_alone(home(), january)->empty());
  const auto alone = epochs_held_by_alone(home(), all).value();
  ASSERT_EQ(alone.size(), 1U);
  EXPECT_EQ(alone.front().id, later.id);
  close(january);
  EXPECT_EQ(epochs_held_by_alone(home(), all)->size(), 2U);
}

// It may have arrived or not: in no case does it go out again once access was taken back.
TEST_F(GrantsTest, AReleaseThatIsNotKnownToHaveArrivedDoesNotOutliveItsThread) {
  const auto grant = grant_to("dr");
  release(grant, {ended_epoch(), add_epoch(home())});
  seal(grant);
  leave(home(), {note(1)});
  EXPECT_EQ(count_leaving_notes(home(), grant.thread_id), 1U);
  close(grant);
  EXPECT_TRUE(unfinished(home(), Outgoing::Kind::kNote)->empty());
  EXPECT_EQ(released(), "");
  const auto notes = waiting(grant);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes.front().note.closed_ms, 9);
  EXPECT_TRUE(notes.front().note.releases.empty());
}

// Whoever reads the thread would wait for the others for ever.
TEST_F(GrantsTest, NumbersBelowANoteThatArrivedAreFilledWhenTheThreadCloses) {
  const auto grant = grant_to("dr");
  for (int i = 0; i < 4; ++i) release(grant, {add_epoch(home())});
  seal(grant);
  leave(home(), {note(1), note(2), note(3), note(4)});
  write(home(), [&](Transaction& t) { return mark_left(t, std::vector{note(4)}); });
  close(grant);
  const auto notes = waiting(grant);
  ASSERT_EQ(notes.size(), 3U);
  EXPECT_EQ(notes.front().note.closed_ms, 9);
  for (std::size_t i = 1; i < notes.size(); ++i) {
    EXPECT_FALSE(notes[i].note.closed_ms);
    EXPECT_TRUE(notes[i].note.releases.empty() && notes[i].note.ended.empty());
  }
}

TEST_F(GrantsTest, TheClosingNoteIsTheLast) {
  const auto grant = grant_to("dr");
  release(grant, {ended_epoch(), add_epoch(home())});
  seal(grant);
  leave(home(), {note(1)});
  write(home(), [&](Transaction& t) { return mark_left(t, std::vector{note(1)}); });
  release(grant, {add_epoch(home())});
  close(grant);
  const auto notes = waiting(grant);
  ASSERT_EQ(notes.size(), 1U) << "the second release is dropped";
  EXPECT_EQ(notes.front().note.closed_ms, 9);
  EXPECT_EQ(notes.front().note.ended.size(), 1U) << "told again";
  EXPECT_EQ(released(), "1,2");
  EXPECT_FALSE(all_grants(home())->front().open);
  EXPECT_FALSE(thread_by_id(home(), grant.thread_id)->open);
  // Nothing is said after it, by a process that does not know yet.
  const auto epoch = add_epoch(home());
  const auto late = home().write([&](Transaction& t) { return release_by_note(t, grant, std::vector{epoch}); });
  EXPECT_EQ(late.error().code, ErrorCode::kNotAllowed);
  close(grant);
  EXPECT_EQ(waiting(grant).size(), 1U) << "closed once";
}

TEST_F(GrantsTest, ClosingOneOfTwoKeepsWhatTheOtherCovers) {
  const auto january = grant_to("dr", Design::kTangle, {std::nullopt, "2025-01-31"});
  const auto february = grant_to("dr", Design::kTangle, {"2025-02-01", std::nullopt});
  release(january, {ended_epoch("2025-01-05")});
  release(february, {ended_epoch("2025-02-05")});
  const auto told = add_epoch(home(), Design::kTangle, "2025-01-06");
  write(home(), [&](Transaction& t) -> Result<void> {
    GL_CHECK(release_by_uri(t, january, told));
    return end_epoch(t, told.id, 1).map([](bool) {});
  });
  close(january);
  EXPECT_EQ(released(), "2,3");
  const auto notes = waiting(february);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].note.releases.size(), 1U);
  EXPECT_EQ(notes[0].note.releases.front().first_day, "2025-02-05");
  EXPECT_EQ(notes[1].note.ended.front().root, told.root);
  EXPECT_FALSE(notes[1].note.closed_ms);
  EXPECT_TRUE(thread_by_id(home(), february.thread_id)->open);
}

TEST_F(GrantsTest, NumbersOfDroppedNotesAreFreeAgain) {
  const auto grant = grant_to("dr");
  for (int i = 0; i < 4; ++i) release(grant, {add_epoch(home())});
  seal(grant);
  leave(home(), {note(1), note(2)});
  left(home(), {note(1)});
  release(grant, {add_epoch(home())});
  EXPECT_EQ(thread_by_id(home(), grant.thread_id)->next_out, 4U);
  const auto dropped =
      write(other(), [&](Transaction& t) { return drop_unsent_notes(t, grant.thread_id, Drop::kUnsent); });
  EXPECT_EQ(dropped, (std::vector<std::int64_t>{3, 4, 5}));
  EXPECT_EQ(states(home(), "note"), "left,leaving");
  EXPECT_EQ(released(), "1,2");
  EXPECT_EQ(thread_by_id(home(), grant.thread_id)->next_out, 2U);
  // Whoever still has the dropped ones in hand may not send them, nor change what comes after.
  release(grant, {add_epoch(home())});
  const auto fresh = waiting(grant).front().id;
  EXPECT_GT(fresh, 5);
  EXPECT_EQ(leave(home(), {note(2), note(3), note(5)}), (std::vector{true, false, false}));
  left(home(), {note(3)});
  EXPECT_EQ(states(home(), "note"), "left,leaving,waiting");
}

TEST_F(GrantsTest, ASealedNoteBelowOneThatLeavesStays) {
  const auto grant = grant_to("dr");
  for (int i = 0; i < 3; ++i) release(grant, {add_epoch(home())});
  seal(grant);
  leave(home(), {note(2)});
  write(other(), [&](Transaction& t) { return drop_unsent_notes(t, grant.thread_id, Drop::kUnsent); });
  EXPECT_EQ(states(home(), "note"), "sealed,leaving") << "a gap would end the thread for its reader";
  EXPECT_EQ(thread_by_id(home(), grant.thread_id)->next_out, 2U);
  EXPECT_EQ(leave(home(), {note(1)}), std::vector{true});
}

TEST_F(GrantsTest, ANumberIsGivenOnce) {
  const auto grant = grant_to("dr");
  release(grant, {add_epoch(home())});
  release(grant, {add_epoch(home())});
  const auto notes = waiting(grant);
  EXPECT_TRUE(seal(notes[0], 3));
  EXPECT_FALSE(seal(notes[0], 4)) << "it does not wait any more";
  EXPECT_FALSE(seal(notes[1], 3)) << "taken";
  EXPECT_EQ(thread_by_id(home(), grant.thread_id)->next_out, 4U);
  // Found taken on the ledger: it waits for another.
  write(home(), [&](Transaction& t) { return seal_again(t, notes[0].id); });
  EXPECT_EQ(states(home(), "note"), "waiting,waiting");
  EXPECT_TRUE(seal(notes[0], 4));
  leave(home(), {note(1)});
  left(home(), {note(1)});
  write(home(), [&](Transaction& t) { return mark_closed(t, std::vector{note(1)}); });
  write(home(), [&](Transaction& t) { return seal_again(t, notes[0].id); });
  EXPECT_EQ(states(home(), "note"), "closed,waiting");
  EXPECT_EQ(outbox_counts(home())->notes_waiting, 1);
}

TEST_F(GrantsTest, DamagedRowsAreCorrupt) {
  const auto grant = grant_to("dr");
  release(grant, {add_epoch(home())});
  const auto thread = thread_by_id(home(), grant.thread_id).value();
  ASSERT_TRUE(
      home().database().execute("UPDATE thread SET secret = x'00'; UPDATE note SET body = x'00'; UPDATE thread "
                                "SET next_out = -1; UPDATE access_grant SET design = ''"));
  EXPECT_EQ(keys_of(home(), thread).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(waiting_notes(home(), thread.id).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(thread_by_id(home(), thread.id).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(all_grants(home()).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace glucoledger::home
