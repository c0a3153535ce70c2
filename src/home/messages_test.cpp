// Epochs, messages, their files and the outbox, with two processes that change their minds in between.
#include "home/messages.h"

#include "home/test_home.h"

namespace glucoledger::home {
namespace {

using keys::Design;

class MessagesTest : public HomeTest {
 protected:
  MessagesTest() {
    create();
    home_ = open();
    other_ = open();
  }
  Home& home() { return *home_; }
  Home& other() { return *other_; }  // another process's

  std::optional<StoredFile> begin(std::int64_t message_id, std::int64_t epoch_id, std::string_view cid = "Qm1") {
    return write(home(),
                 [&](Transaction& t) { return begin_file(t, message_id, epoch_id, cid, home().store_place()); });
  }
  bool stored(const StoredFile& file) {
    return write(home(), [&](Transaction& t) { return mark_stored(t, file); });
  }
  bool end(Home& home, const Epoch& epoch, std::optional<std::uint64_t> messages) {
    return write(home, [&](Transaction& t) { return end_epoch(t, epoch.id, messages); });
  }
  // What a revocation does to one epoch; the epoch in its place.
  Epoch replace(Home& home, const Epoch& epoch) {
    return write(home, [&](Transaction& t) -> Result<Epoch> {
      GL_TRY(count, count_confirmed(home, epoch.id));
      GL_TRY(next, create_epoch(t, epoch.design, epoch.first_day, epoch.last_day));
      GL_CHECK(remake_messages_from(t, epoch.id, count, next));
      GL_CHECK(move_waiting_messages(t, epoch.id, next, 1'000));
      GL_CHECK(end_epoch(t, epoch.id, count));
      return next;
    });
  }

 private:
  std::optional<Home> home_;
  std::optional<Home> other_;
};

TEST_F(MessagesTest, SecretsOfEpochsCannotBeSwapped) {
  const auto one = add_epoch(home());
  const auto another = add_epoch(home());
  ASSERT_TRUE(home().database().execute("UPDATE epoch SET seed = (SELECT seed FROM epoch WHERE id = 1) WHERE id = 2"));
  EXPECT_TRUE(channel_of(home(), one));
  EXPECT_EQ(channel_of(home(), another).error().code, ErrorCode::kCorrupt);
}

TEST_F(MessagesTest, AnEpochEndsOnce) {
  const auto epoch = add_signed_epoch(home(), 1);
  EXPECT_TRUE(end(home(), epoch, 1));
  EXPECT_FALSE(end(other(), epoch, std::nullopt));
  EXPECT_EQ(now(home(), epoch).messages, 1U);
}

TEST_F(MessagesTest, AnEpochEndsAtRestOnly) {
  const auto end_at_rest = [&](const Epoch& epoch, std::optional<std::uint64_t> messages) {
    return write(home(), [&](Transaction& t) { return end_epoch_at_rest(t, epoch, messages); });
  };
  EXPECT_FALSE(end_at_rest(add_epoch(home()), 0)) << "never used";
  const auto epoch = add_signed_epoch(home(), 1);
  const std::vector rows = {row(1)};
  EXPECT_FALSE(end_at_rest(epoch, 1)) << "signed";
  leave(home(), rows);
  EXPECT_FALSE(end_at_rest(epoch, 1)) << "leaving";
  EXPECT_TRUE(epochs_at_rest(home())->empty());
  left(home(), rows);
  EXPECT_FALSE(end_at_rest(epoch, 1)) << "left";
  write(home(), [&](Transaction& t) { return mark_closed(t, rows); });
  EXPECT_EQ(epochs_at_rest(home())->size(), 1U);
  auto older = epoch;
  older.next_index = 0;
  EXPECT_FALSE(end_at_rest(older, 0)) << "another index";
  write(other(), [&](Transaction& t) { return stop_signing(t, epoch.id); });
  EXPECT_FALSE(end_at_rest(epoch, 1)) << "how many it holds is not known any more";
  EXPECT_TRUE(end_at_rest(epoch, std::nullopt));
  EXPECT_FALSE(end_at_rest(epoch, std::nullopt)) << "ended before";
}

TEST_F(MessagesTest, SigningSpendsTheIndexes) {
  const auto epoch = add_epoch(home());
  const auto ids = add_messages(home(), epoch, 3);
  EXPECT_TRUE(sign(home(), epoch, ids));
  EXPECT_EQ(states(home(), "message"), "signed,signed,signed");
  EXPECT_EQ(now(home(), epoch).next_index, 3U);
  EXPECT_TRUE(waiting_messages(home(), epoch.id, 10)->empty());
  const auto rows = unfinished(home(), Outgoing::Kind::kMessage).value();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows.front().bundle, some_bundle());
}

// Between the reading of what waits and the storing of what was signed, another process changes its mind.
TEST_F(MessagesTest, WhatAnotherProcessChangedMeanwhileIsNotSigned) {
  const auto changes = std::vector<
      std::pair<const char*, std::function<void(const Epoch&, std::int64_t)>>>{{"revoked",
                                                                                [&](const Epoch& epoch, std::int64_t) {
                                                                                  replace(other(), epoch);
                                                                                }},
                                                                               {"stopped",
                                                                                [&](const Epoch& epoch, std::int64_t) {
                                                                                  write(other(), [&](Transaction& t) {
                                                                                    return stop_signing(t, epoch.id);
                                                                                  });
                                                                                }},
                                                                               {"signed by the holder before",
                                                                                [&](const Epoch& epoch, std::int64_t) {
                                                                                  EXPECT_TRUE(sign(
                                                                                      other(), epoch,
                                                                                      add_messages(other(), epoch, 1)));
                                                                                }},
                                                                               {"moved",
                                                                                [&](const Epoch& epoch, std::int64_t) {
                                                                                  const auto next = add_epoch(other());
                                                                                  write(other(), [&](Transaction& t) {
                                                                                    return move_waiting_messages(
                                                                                        t, epoch.id, next, 1);
                                                                                  });
                                                                                }},
                                                                               {"signed itself", [&](const Epoch& epoch,
                                                                                                     std::int64_t id) {
                                                                                  EXPECT_TRUE(sign(other(), epoch,
                                                                                                   std::vector{id}));
                                                                                  ASSERT_TRUE(
                                                                                      other().database().execute(
                                                                                          "UPDATE epoch SET next_index "
                                                                                          "= 0 WHERE id = " +
                                                                                          std::to_string(epoch.id)));
                                                                                }}};
  for (const auto& [what, change] : changes) {
    SCOPED_TRACE(what);
    const auto epoch = add_epoch(home());
    const auto ids = add_messages(home(), epoch, 2);
    change(epoch, ids.back());
    const auto before = states(home(), "message");
    const auto index = now(home(), epoch).next_index;
    EXPECT_FALSE(sign(home(), epoch, ids));
    EXPECT_EQ(states(home(), "message"), before);
    EXPECT_EQ(now(home(), epoch).next_index, index);
  }
}

TEST_F(MessagesTest, WhatLeavesIsRecordedIfItsEpochMayBeUsed) {
  const auto epoch = add_signed_epoch(home(), 3);
  EXPECT_EQ(leave(home(), {row(1), row(2)}), (std::vector{true, true}));
  left(home(), {row(1)});
  EXPECT_EQ(states(home(), "message"), "left,leaving,signed");
  // Once more, as after a crash.
  EXPECT_EQ(leave(home(), {row(1), row(2)}), (std::vector{true, true}));
  EXPECT_EQ(states(home(), "message"), "left,leaving,signed");
  EXPECT_EQ(still_wanted(home(), std::vector{row(1), row(2), row(3), row(99)}).value(),
            (std::vector{true, true, true, false}));
  EXPECT_EQ(states(home(), "message"), "left,leaving,signed") << "asking records nothing";
  const auto next = replace(other(), epoch);
  // What was accepted and is not confirmed is not sent again where the revoked can read it.
  EXPECT_EQ(states(home(), "message"), "burnt,burnt,burnt,waiting,waiting,waiting");
  EXPECT_EQ(leave(home(), {row(1), row(2), row(3)}), (std::vector{false, false, false}));
  EXPECT_EQ(still_wanted(home(), std::vector{row(1), row(2), row(3)}).value(), (std::vector{false, false, false}));
  EXPECT_EQ(waiting_messages(home(), next.id, 10)->size(), 3U);
}

TEST_F(MessagesTest, WhatIsConfirmedStaysInItsEpoch) {
  const auto epoch = add_signed_epoch(home(), 3);
  leave(home(), {row(1), row(2)});
  left(home(), {row(1), row(2)});
  write(home(), [&](Transaction& t) { return mark_closed(t, std::vector{row(1)}); });
  replace(other(), epoch);
  EXPECT_EQ(states(home(), "message"), "closed,burnt,burnt,waiting,waiting");
  EXPECT_EQ(now(home(), epoch).messages, 1U);
}

TEST_F(MessagesTest, WhatWasSignedInAnEpochThatEndedMayNotLeave) {
  const auto epoch = add_signed_epoch(home(), 2);
  leave(home(), {row(1)});
  EXPECT_TRUE(end(other(), epoch, std::nullopt));
  EXPECT_EQ(leave(home(), {row(1), row(2)}), (std::vector{false, false})) << "how many it holds was not told";
  EXPECT_EQ(states(home(), "message"), "leaving,signed");
}

TEST_F(MessagesTest, WhatWasBurntStaysSo) {
  const auto epoch = add_signed_epoch(home(), 1);
  leave(home(), {row(1)});
  replace(other(), epoch);
  left(home(), {row(1)});
  write(home(), [&](Transaction& t) { return mark_closed(t, std::vector{row(1)}); });
  EXPECT_EQ(states(home(), "message"), "burnt,waiting");
}

TEST_F(MessagesTest, OnlyWhatIsConfirmedWithoutAGapCounts) {
  const auto epoch = add_signed_epoch(home(), 5);
  leave(home(), {row(1), row(2), row(3), row(4)});
  left(home(), {row(1), row(2), row(4)});
  EXPECT_EQ(count_confirmed(home(), epoch.id), 0U) << "a ledger may accept and keep nothing";
  EXPECT_EQ(count_under_way(home(), epoch.id), 4U);
  write(home(), [&](Transaction& t) { return mark_closed(t, std::vector{row(1), row(2), row(4)}); });
  EXPECT_EQ(count_confirmed(home(), epoch.id), 2U);
  EXPECT_EQ(count_under_way(home(), epoch.id), 1U);
  ASSERT_TRUE(home().database().execute("UPDATE message SET state = 'burnt' WHERE id = 2"));
  EXPECT_EQ(count_confirmed(home(), epoch.id), 1U);
}

TEST_F(MessagesTest, WhatCannotBeReadIsPlannedAnewWithItsReadings) {
  cgm::Reading reading;
  reading.identity = "a";
  reading.value = "100";
  write(home(), [&](Transaction& t) { return add_readings(t, std::vector{reading}); });
  const auto epoch = add_epoch(home());
  std::vector<std::int64_t> ids = add_messages(home(), epoch, 1);
  ids.push_back(write(home(), [&](Transaction& t) { return add_message(t, epoch, std::vector<std::int64_t>{1}); }));
  ids.push_back(add_messages(home(), epoch, 1).front());
  ASSERT_TRUE(sign(home(), epoch, ids));
  leave(home(), {row(2), row(3)});
  left(home(), {row(2)});
  write(home(), [&](Transaction& t) { return mark_closed(t, std::vector{row(3)}); });
  EXPECT_TRUE(has_unconfirmed_messages(home(), epoch.id).value());
  EXPECT_EQ(outbox_counts(home())->readings_waiting, 1);
  const auto next = replace(home(), epoch);
  EXPECT_EQ(states(home(), "message"), "burnt,burnt,burnt,waiting,waiting,waiting");
  EXPECT_FALSE(has_unconfirmed_messages(home(), epoch.id).value());
  EXPECT_EQ(readings_of_message(home(), waiting_messages(home(), next.id, 10)->at(1).id)->size(), 1U);
  EXPECT_EQ(outbox_counts(home())->messages_waiting, 3);
  // What was burnt is not planned a third time.
  write(home(), [&](Transaction& t) { return remake_messages_from(t, epoch.id, 0, next); });
  EXPECT_EQ(outbox_counts(home())->messages_waiting, 3);
}

TEST_F(MessagesTest, AFileIsARowBeforeItsBytesAreAnywhere) {
  const auto epoch = add_epoch(home(), Design::kTangleIpfs);
  const auto id = add_messages(home(), epoch, 1).front();
  const auto file = begin(id, epoch.id);
  ASSERT_TRUE(file);
  EXPECT_EQ(states(home(), "stored_file"), "adding");
  EXPECT_EQ(waiting_messages(home(), epoch.id, 1)->front().cid, "");
  EXPECT_TRUE(stored(*file));
  EXPECT_EQ(states(home(), "stored_file"), "stored");
  EXPECT_EQ(waiting_messages(home(), epoch.id, 1)->front().cid, "Qm1");
  EXPECT_FALSE(begin(id, epoch.id)) << "it has one";
  EXPECT_FALSE(stored(*file)) << "once";
}

TEST_F(MessagesTest, AFileThatWasBegunInVainIsToBeRemoved) {
  const auto epoch = add_epoch(home(), Design::kTangleIpfs);
  const auto id = add_messages(home(), epoch, 1).front();
  const auto first = begin(id, epoch.id, "Qm1");
  const auto second = begin(id, epoch.id, "Qm2");
  EXPECT_FALSE(stored(*first));
  EXPECT_TRUE(stored(*second));
  const auto orphans = orphaned_files(home()).value();
  ASSERT_EQ(orphans.size(), 1U);
  EXPECT_EQ(orphans.front().cid, "Qm1");
  EXPECT_EQ(orphans.front().store, home().store_place());
  write(home(), [&](Transaction& t) { return mark_removed(t, orphans.front()); });
  write(home(), [&](Transaction& t) { return mark_removed(t, *second); });
  EXPECT_EQ(states(home(), "stored_file"), "removed,stored");
}

TEST_F(MessagesTest, AHomesOwnStoreMovesWithIt) {
  const auto epoch = add_epoch(home(), Design::kTangleIpfs);
  const auto id = add_messages(home(), epoch, 1).front();
  begin(id, epoch.id);
  begin(id, epoch.id);
  const auto moved = parent_ / "moved";
  std::filesystem::copy(folder_, moved);
  auto there = open(moved);
  EXPECT_EQ(orphaned_files(there)->front().store, locator::Locator::of_folder(moved / "store"));
}

TEST_F(MessagesTest, FilesOfMessagesThatMoveAreOrphans) {
  const auto epoch = add_epoch(home(), Design::kTangleIpfs);
  const auto ids = add_messages(home(), epoch, 2);
  const auto file = begin(ids[0], epoch.id, "Qm1");
  stored(*file);
  const auto adding = begin(ids[1], epoch.id, "Qm2");
  const auto next = replace(other(), epoch);
  EXPECT_EQ(states(home(), "stored_file"), "orphan,orphan");
  EXPECT_FALSE(stored(*adding));
  EXPECT_FALSE(begin(ids[0], epoch.id)) << "it does not wait there any more";
  EXPECT_EQ(waiting_messages(home(), next.id, 10)->front().cid, "");
  EXPECT_TRUE(begin(ids[0], next.id));
}

TEST_F(MessagesTest, FilesOfMessagesThatLeftStay) {
  const auto epoch = add_epoch(home(), Design::kTangleIpfs);
  const auto ids = add_messages(home(), epoch, 3);
  for (const auto id : ids) stored(*begin(id, epoch.id));
  ASSERT_TRUE(sign(home(), epoch, ids));
  leave(home(), {row(2), row(3)});
  left(home(), {row(3)});
  replace(other(), epoch);
  EXPECT_EQ(states(home(), "message"), "burnt,burnt,burnt,waiting,waiting,waiting");
  EXPECT_EQ(states(home(), "stored_file"), "orphan,orphan,stored");
}

TEST_F(MessagesTest, ARevocationInAnotherProcessHoldsFromItsCommitOn) {
  const auto epoch = add_signed_epoch(home(), 2);
  leave(home(), {row(1)});
  left(home(), {row(1)});
  EXPECT_TRUE(in_another_process([&] {
    auto there = try_open(folder_);
    if (!there) return false;
    replace(*there, epoch);
    return !HasFailure();
  }));
  EXPECT_EQ(leave(home(), {row(1), row(2)}), (std::vector{false, false}));
  EXPECT_TRUE(home().changed_elsewhere().value());
}

TEST_F(MessagesTest, DamagedRowsAreCorrupt) {
  const auto epoch = add_signed_epoch(home(), 1);
  const auto damage = [&](const std::string& sql) { ASSERT_TRUE(home().database().execute(sql)); };
  for (const char* bundle : {"x''", "x'00'", "NULL"}) {
    damage(std::string("UPDATE message SET bundle = ") + bundle);
    EXPECT_EQ(unfinished(home(), Outgoing::Kind::kMessage).error().code, ErrorCode::kCorrupt);
  }
  auto packed = pack_bundle(some_bundle());
  packed.back() = 255;
  EXPECT_EQ(unpack_bundle(packed).error().code, ErrorCode::kCorrupt);
  for (const char* change : {"next_index = -1", "messages = -1", "root = 'short'", "design = 'none'"}) {
    SCOPED_TRACE(change);
    ASSERT_TRUE(home().database().execute("SAVEPOINT before"));
    damage(std::string("UPDATE epoch SET ") + change);
    EXPECT_EQ(epoch_by_id(home(), epoch.id).error().code, ErrorCode::kCorrupt);
    ASSERT_TRUE(home().database().execute("ROLLBACK TO before; RELEASE before"));
  }
  EXPECT_FALSE(home().database().execute("UPDATE message SET state = 'elsewhere'"));
  EXPECT_FALSE(home().database().execute("UPDATE epoch SET state = 'elsewhere'"));
}

}  // namespace
}  // namespace glucoledger::home
