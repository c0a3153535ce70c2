// The engine and its sequencers: what several replicas make of the same commands, and what a command leaves that fails.
#include "ledger_store/engine.h"

#include <gtest/gtest.h>

#include <map>
#include <new>

#include "base/test_clock.h"
#include "ledger/test_machine.h"
#include "ledger_store/local_sequencer.h"

namespace glucoledger::ledger_store {
namespace {

using ledger::Command;
using ledger::kTestTimeMs;
using ledger::test_bundle;
using ledger::test_parameters;

ledger::Submit submission(const ledger::Transactions& transactions) {
  return {*ledger::CheckedTransactions::check(test_parameters(), transactions)};
}

// A store that tells what it was given, as bytes.
class RecordingStore final : public Store {
 public:
  Result<View> view() override { return store_.view(); }
  Result<void> commit(const ledger::StateBatch& batch) override {
    if (is_full) return fail(ErrorCode::kFailed, "the disk is full");
    for (std::size_t column = 0; column < ledger::kColumnCount; ++column) {
      for (const auto& [key, value] : batch.changes(static_cast<ledger::Column>(column))) {
        content[std::to_string(column) + key] = value.value_or("erased");
      }
    }
    ++commits;
    return store_.commit(batch);
  }
  Result<void> reclaim() override { return {}; }

  std::map<std::string, std::string> content;
  int commits = 0;
  bool is_full = false;

 private:
  VolatileStore store_;
};

std::vector<Command> a_life() {
  const auto first = test_bundle("FIRST", 2);
  const auto second = test_bundle("SECOND", 1, first[0].hash(), first[0].hash());
  return {{ledger::CreateLedger{test_parameters()}, kTestTimeMs},
          {ledger::Upgrade{}, kTestTimeMs},
          {submission(first), kTestTimeMs},
          {ledger::IssueMilestone{}, kTestTimeMs + 1},
          {submission(second), kTestTimeMs + 2},
          {ledger::Prune{3}, kTestTimeMs + 3},
          {ledger::IssueMilestone{true}, kTestTimeMs + 4}};
}

TEST(EngineTest, TheSameCommandsGiveTheSameBytesHoweverTheyAreGrouped) {
  RecordingStore one_by_one;
  Engine first(one_by_one);
  for (const Command& command : a_life()) ASSERT_TRUE(first.run(command));

  RecordingStore at_once;
  Engine second(at_once);
  auto block = second.begin();
  ASSERT_TRUE(block);
  EXPECT_FALSE(block->parameters());
  for (const Command& command : a_life()) {
    const auto outcome = block->apply(command);
    ASSERT_TRUE(outcome) << outcome.error().message;
  }
  EXPECT_EQ(*block->parameters(), test_parameters());
  EXPECT_EQ(block->before(), ledger::Position());
  EXPECT_EQ(block->after()->sequence, 3u);
  EXPECT_EQ(block->after()->milestone, 2u);
  const auto expected = block->summary();  // known before the commit
  EXPECT_EQ(at_once.commits, 0);
  ASSERT_TRUE(second.commit(std::move(*block)));
  EXPECT_EQ(at_once.commits, 1);
  EXPECT_EQ(second.begin()->summary()->state, expected->state);
  EXPECT_EQ(first.begin()->summary()->state, expected->state);
  for (const auto& [key, value] : at_once.content) EXPECT_EQ(one_by_one.content[key], value);
}

TEST(EngineTest, ACommandThatFailsLeavesNothingAndABlockThatGoesNothingEither) {
  RecordingStore store;
  Engine engine(store);
  ASSERT_TRUE(engine.run({ledger::CreateLedger{test_parameters()}, kTestTimeMs}));
  const auto before = engine.begin()->summary();
  {
    auto block = engine.begin();
    ASSERT_TRUE(block->apply({submission(test_bundle("GONE", 1)), kTestTimeMs}));
  }
  auto block = engine.begin();
  const auto too_early = block->apply({submission(test_bundle("EARLY", 1)), 0});
  ASSERT_FALSE(too_early);
  EXPECT_EQ(too_early.error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(block->summary()->state, before->state);
  ASSERT_TRUE(engine.commit(std::move(*block)));
  EXPECT_EQ(store.commits, 1);  // there was nothing to write
  EXPECT_EQ(engine.begin()->summary()->state, before->state);
}

class LocalSequencerTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(engine_.run({ledger::CreateLedger{test_parameters()}, kTestTimeMs})); }

  RecordingStore store_;
  Engine engine_{store_};
  const base::TestClock clock_{kTestTimeMs};
  LocalSequencer sequencer_{engine_, clock_};
};

TEST_F(LocalSequencerTest, ConfirmsAtOnceWhereThatIsWantedAndTellsOfCommits) {
  std::vector<ledger::Position> told;
  const auto throwing = sequencer_.subscribe([](const Commit&) { throw std::bad_alloc(); });
  const auto subscription = sequencer_.subscribe([&](const Commit& commit) { told.push_back(commit.after); });
  ASSERT_TRUE(sequencer_.run(submission(test_bundle("FIRST", 2)), LocalSequencer::Confirm::kAtOnce));
  ASSERT_TRUE(sequencer_.run(submission(test_bundle("SECOND", 1))));
  const auto milestone = sequencer_.run(ledger::IssueMilestone{});
  ASSERT_TRUE(milestone);
  EXPECT_EQ(milestone->milestone.index, 2u);
  EXPECT_EQ(milestone->milestone.time_ms, kTestTimeMs);
  EXPECT_EQ(told, (std::vector<ledger::Position>{{2, 1}, {3, 1}, {3, 2}}));
}

TEST_F(LocalSequencerTest, WhereWritingFailsAllOfTheGroupFailAndTheNextOneGoesOn) {
  store_.is_full = true;
  EXPECT_EQ(sequencer_.run(submission(test_bundle("FIRST", 2))).error().code, ErrorCode::kFailed);
  store_.is_full = false;
  ASSERT_TRUE(sequencer_.run(submission(test_bundle("FIRST", 2))));
  EXPECT_EQ(engine_.begin()->before().sequence, 2u);
}

TEST_F(LocalSequencerTest, WhoThrowsWhenAnsweredDoesNotEndIt) {
  sequencer_.add(submission(test_bundle("FIRST", 2)), [](const Result<ledger::Outcome>&) { throw std::bad_alloc(); });
  ASSERT_TRUE(sequencer_.run(ledger::IssueMilestone{}));
  EXPECT_EQ(engine_.begin()->before(), (ledger::Position{2, 1}));
}

}  // namespace
}  // namespace glucoledger::ledger_store
