// Ledgers of older versions: they are read as they are, upgraded in pieces, and go on as if they had always been new.
#include <gtest/gtest.h>

#include "ledger/state_head.h"
#include "ledger/state_records.h"
#include "ledger/test_machine.h"
#include "ledger/verify.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

std::string version_1_record(const StateReader& now, std::string_view bytes) {
  Record record = *decode_record(bytes);
  const std::uint32_t milestone = *milestone_of(now, record);
  record.version_1_milestone = milestone == 0 ? 1 : milestone;
  std::string old = encode(record);
  return milestone == 0 ? old.replace(8, 4, 4, '\0') : old;
}

void put_version_1_index(StateBatch& batch, const StateReader& now, std::string_view key, std::string_view value) {
  switch (static_cast<Index>(key[0])) {
    case Index::kHash:
      return batch.put(Column::kIndexes, key, version_1_record(now, value));
    case Index::kMilestone:
      return batch.put(Column::kIndexes, key, value.substr(0, PackedHash::kSize + 8));
    case Index::kNodes:
    case Index::kOpen:
    case Index::kDeadline:
    case Index::kForgettable:
    case Index::kOrder:
    case Index::kSpread:
      return;
    default:
      return batch.put(Column::kIndexes, key, value);
  }
}

// The same ledger as version 1 kept it.
MemoryStore as_version_1(const MemoryStore& now) {
  MemoryStore old;
  StateBatch batch(old);
  const Head head = *read_head(now);
  for (const auto& [key, value] : now.content(Column::kParameters)) {
    if (key != kHeadKey && key != kPeaksKey) batch.put(Column::kParameters, key, value);
  }
  const std::string parameters = encode(*read_parameters(now));
  batch.put(Column::kParameters, kParametersKey, encode_integer(1, 4) + parameters.substr(4, kNetworkIdSize + 1));
  for (const auto& [key, value] : now.content(Column::kBodies)) batch.put(Column::kBodies, key, value);
  for (const auto& [key, value] : now.content(Column::kIndexes)) {
    put_version_1_index(batch, now, key, value);
    if (key[0] != static_cast<char>(Index::kHash)) continue;
    const Record record = *decode_record(value);
    if (record.order > head.confirmed) {
      batch.put(Column::kIndexes, records::key(Index::kVersion1Waiting, record.sequence), key.substr(1));
    }
  }
  for (const Tip& tip : head.tips) {
    const auto record = *find_record(now, tip.hash);
    batch.put(Column::kIndexes, key(Index::kVersion1Tip, record->sequence), tip.hash.bytes());
  }
  EXPECT_TRUE(old.commit(batch));
  return old;
}

// Confirmed, pruned, valid and not confirmed, waiting for parts.
class StateUpgradeTest : public testing::Test {
 protected:
  void SetUp() override {
    Machine machine;
    for (const Transactions& bundle : {pruned_, kept_}) ASSERT_TRUE(machine.submit(bundle));
    machine.issue_milestone();
    machine.issue_milestone(kTestTimeMs + 1, true);
    ASSERT_TRUE(machine.submit(valid_));
    ASSERT_TRUE(machine.submit({part_[1]}));
    ASSERT_EQ(machine.prune_before(3), 2u);
    new_ = machine.store();
    old_ = as_version_1(new_);
  }

  static void expect_same_answers(const StateReader& one, const StateReader& other) {
    EXPECT_EQ(*transaction_count(one), *transaction_count(other));
    EXPECT_EQ(*tip_hashes(one, 100), *tip_hashes(other, 100));
    EXPECT_EQ(*missing_hashes(one, 100), *missing_hashes(other, 100));
    EXPECT_EQ(latest_milestone(one)->hash, latest_milestone(other)->hash);
    EXPECT_EQ(select_tips(one, 7)->trunk, select_tips(other, 7)->trunk);
    for (const std::string name : {"PRUNED", "CONFIRMED", "VALID", "PART", "NONE"}) {
      Query query;
      query.addresses = {test_hash(name)};
      const auto found = find_all(one, query);
      EXPECT_EQ(*found, *find_all(other, query)) << name;
      EXPECT_EQ(*is_pruned(one, test_hash(name)), *is_pruned(other, test_hash(name))) << name;
      for (const Hash& hash : *found) {
        const Standing standing = *ledger::standing(one, hash);
        const Standing expected = *ledger::standing(other, hash);
        EXPECT_TRUE(standing.known);
        EXPECT_EQ(standing.solid, expected.solid);
        EXPECT_EQ(standing.valid, expected.valid);
        EXPECT_EQ(standing.milestone, expected.milestone) << name;
        EXPECT_EQ(get(one, hash)->transaction->trytes(), get(other, hash)->transaction->trytes());
      }
    }
  }
  // True when it came to its end.
  static bool step(MemoryStore& store, std::size_t count_max) {
    StateBatch batch(store);
    const auto done = upgrade(batch, count_max);
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_TRUE(store.commit(batch));
    return done.value_or(true);
  }
  static void expect_sound(const StateReader& reader) {
    const auto report = verify(reader, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->sound()) << report->findings.front();
  }

  const Transactions kept_ = test_bundle("CONFIRMED", 3);
  const Transactions pruned_ = test_bundle("PRUNED", 2);
  const Transactions valid_ = test_bundle("VALID", 2, kept_[0].hash(), kept_[0].hash());
  const Transactions part_ = test_bundle("PART", 2, valid_[0].hash(), test_hash("UNKNOWN"));
  MemoryStore new_;
  MemoryStore old_;
};

TEST_F(StateUpgradeTest, Version1IsReadAsItIs) {
  EXPECT_EQ(read_parameters(old_)->format_version, 1u);
  expect_same_answers(old_, new_);
  EXPECT_FALSE(summary(old_));
  EXPECT_FALSE(inclusion_path(old_, valid_[0].hash()));
  const auto report = verify(old_, {});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->sound());
}

TEST_F(StateUpgradeTest, InPiecesOrAtOnceItIsTheSame) {
  MemoryStore at_once = old_;
  EXPECT_TRUE(step(at_once, 1000));
  expect_sound(at_once);
  expect_same_answers(at_once, new_);
  MemoryStore in_pieces = old_;
  std::size_t steps = 1;
  for (; !step(in_pieces, 1); ++steps) {
    StateBatch lost(in_pieces);  // a crash before this piece was committed
    ASSERT_TRUE(upgrade(lost, 2));
    expect_same_answers(in_pieces, new_);
    EXPECT_FALSE(summary(in_pieces));
  }
  EXPECT_EQ(steps, read_head(new_)->sequence);  // the two that were pruned have their place, too
  for (const Column column : {Column::kParameters, Column::kBodies, Column::kIndexes}) {
    EXPECT_EQ(at_once.content(column), in_pieces.content(column));
  }
  StateBatch nothing(at_once);
  EXPECT_TRUE(*upgrade(nothing, 1));
  EXPECT_TRUE(nothing.empty());
}

TEST_F(StateUpgradeTest, ItGoesOnAfterwards) {
  ASSERT_TRUE(step(old_, 1000));
  Machine machine(*read_parameters(old_));
  machine.store() = old_;
  const Milestone before = *latest_milestone(machine.store());
  const Milestone milestone = machine.issue_milestone(kTestTimeMs + 2);
  EXPECT_EQ(milestone.index, before.index + 1);
  EXPECT_EQ(milestone.transaction_count, summary(machine.store())->transaction_count);
  EXPECT_EQ(machine.standing(valid_[0]).milestone, milestone.index);
  EXPECT_EQ(machine.standing(kept_[0]).milestone, 1u);
  expect_sound(machine.store());
  ASSERT_TRUE(machine.submit({part_[0]}, kTestTimeMs + 3));
  EXPECT_FALSE(machine.standing(part_[0]).solid);
  machine.issue_milestone(kTestTimeMs + 3 + machine.parameters().waiting_max_ms);
  EXPECT_FALSE(machine.standing(part_[1]).known);  // it waited from the upgrade on
  EXPECT_TRUE(missing_hashes(machine.store(), 10)->empty());
  const auto path = inclusion_path(machine.store(), valid_[0].hash());
  ASSERT_TRUE(path && *path);
  EXPECT_TRUE(check_inclusion(valid_[0], **path, summary(machine.store())->root));
  ASSERT_TRUE(machine.submit(test_bundle("NEW", 1, valid_[0].hash(), valid_[0].hash())));
  expect_sound(machine.store());
}

// As version 2 kept it, which counted less in its head.
TEST_F(StateUpgradeTest, Version2GetsItsCounters) {
  MemoryStore store = new_;
  StateBatch batch(store);
  std::string head = store.content(Column::kParameters).at(std::string(kHeadKey));
  batch.put(Column::kParameters, kHeadKey, head.erase(24, 24));
  const std::string parameters = encode(*read_parameters(new_));
  batch.put(Column::kParameters, kParametersKey, encode_integer(2, 4) + parameters.substr(4));
  ASSERT_TRUE(store.commit(batch));
  expect_same_answers(store, new_);
  EXPECT_TRUE(step(store, 1));
  expect_sound(store);
  expect_same_answers(store, new_);
  EXPECT_EQ(*missing_count(store), *missing_count(new_));
  Machine machine(*read_parameters(store));
  machine.store() = store;
  machine.issue_milestone(kTestTimeMs + 2 + machine.parameters().waiting_max_ms);
  EXPECT_FALSE(machine.standing(part_[1]).known);
  EXPECT_EQ(*missing_count(machine.store()), 0u);
  expect_sound(machine.store());
}

// What approved a milestone waited for it, as for a transaction.
TEST_F(StateUpgradeTest, WhatWaitsForAMilestoneWaitsNoLonger) {
  MemoryStore store = old_;
  const std::string place = key(Index::kMilestone, encode_integer(1, 4));
  const std::string value = store.content(Column::kIndexes).at(place);
  StateBatch batch(store);
  batch.put(Column::kIndexes, place, pack(test_hash("UNKNOWN")) + value.substr(PackedHash::kSize));
  batch.erase(Column::kIndexes, key(Index::kMilestoneHash, value.substr(0, PackedHash::kSize)));
  batch.put(Column::kIndexes, key(Index::kMilestoneHash, test_hash("UNKNOWN")), encode_integer(1, 4));
  ASSERT_TRUE(store.commit(batch));
  EXPECT_TRUE(step(store, 1000));
  expect_sound(store);
  EXPECT_TRUE(missing_hashes(store, 10)->empty());
  Machine machine(*read_parameters(store));
  machine.store() = store;
  EXPECT_FALSE(machine.standing(part_[1]).solid);
  machine.issue_milestone(kTestTimeMs + 2);
  EXPECT_TRUE(machine.standing(part_[1]).solid);
  ASSERT_TRUE(machine.submit({part_[0]}, kTestTimeMs + 3));
  EXPECT_TRUE(machine.standing(part_[0]).valid);
  expect_sound(machine.store());
}

}  // namespace
}  // namespace glucoledger::ledger
