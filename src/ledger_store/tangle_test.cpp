#include "ledger_store/tangle.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include "base/test_clock.h"
#include "base/test_folder.h"
#include "ledger/state_records.h"
#include "ledger/test_bundles.h"
#include "ledger_store/rocks_store.h"
#include "ports/test_reading.h"

namespace glucoledger::ledger_store {
namespace {

using ledger::FixedClock;
using ledger::hashes_of;
using ledger::test_bundle;
using ledger::Transaction;

TangleOptions weight(int min_weight_magnitude) {
  TangleOptions options;
  options.min_weight_magnitude = min_weight_magnitude;
  return options;
}

TangleOptions read_only() {
  TangleOptions options;
  options.read_only = true;
  return options;
}

class TangleTest : public testing::Test {
 protected:
  std::unique_ptr<Tangle> open(const TangleOptions& options = weight(ledger::kTestWeight)) {
    auto tangle = Tangle::open(folder_, options, clock_);
    EXPECT_TRUE(tangle) << tangle.error().message;
    return tangle ? std::move(*tangle) : nullptr;
  }
  std::size_t count_at(Tangle& tangle, std::string_view name) {
    const Hash address = ledger::test_hash(name);
    const auto contents = ports::read_all(tangle, std::span(&address, 1));
    EXPECT_TRUE(contents) << contents.error().message;
    return contents ? contents->transactions.size() : 0;
  }

  FixedClock clock_;
  const base::TestFolder parent_;
  const std::filesystem::path folder_ = parent_ / "ledger";
};

TEST_F(TangleTest, KeepsWhatWasSubmitted) {
  const auto bundle = test_bundle("ADDRESS", 3);
  std::string network_id;
  {
    const auto tangle = open();
    network_id = tangle->info()->network_id;
    EXPECT_EQ(network_id.size(), 32u);
    EXPECT_TRUE(tangle->tips()->trunk.is_null());
    ASSERT_TRUE(tangle->submit(bundle));
    ASSERT_TRUE(tangle->submit(bundle));
  }
  const auto tangle = open();
  EXPECT_EQ(tangle->info()->network_id, network_id);
  EXPECT_EQ(tangle->info()->min_weight_magnitude, ledger::kTestWeight);
  EXPECT_TRUE(tangle->info()->confirms_data);
  EXPECT_EQ(tangle->info()->locator, folder_.string());
  EXPECT_EQ(count_at(*tangle, "ADDRESS"), 3u);
  EXPECT_EQ(*tangle->confirmed(hashes_of(bundle)), std::vector<bool>(3, true));
  EXPECT_EQ(tangle->tips()->trunk, bundle[0].hash());
  EXPECT_EQ(*tangle->transaction_count(), 3u);
  EXPECT_EQ(tangle->latest_milestone()->index, 1u);
  const Hash unknown = ledger::test_hash("UNKNOWN");
  EXPECT_EQ(*tangle->confirmed(std::span(&unknown, 1)), std::vector<bool>(1, false));
}

TEST_F(TangleTest, TheWeightBelongsToTheLedger) {
  TangleOptions unset;
  EXPECT_EQ(open(unset)->info()->min_weight_magnitude, Tangle::kDefaultMinWeightMagnitude);
  EXPECT_EQ(open(unset)->info()->min_weight_magnitude, 9);
  EXPECT_EQ(open(weight(9))->info()->min_weight_magnitude, 9);
  const auto other = Tangle::open(folder_, weight(14), clock_);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kUsage);
  EXPECT_NE(other.error().message.find("9"), std::string::npos);
  EXPECT_NE(other.error().message.find("14"), std::string::npos);
  EXPECT_EQ(Tangle::open(parent_ / "new", weight(0), clock_).error().code, ErrorCode::kUsage);
  EXPECT_EQ(Tangle::open(parent_ / "new", weight(23), clock_).error().code, ErrorCode::kUsage);
  const auto refused = open(unset)->submit(test_bundle("ADDRESS", 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInputRefused);
}

TEST_F(TangleTest, AReaderNeedsALedgerAndNeverWrites) {
  EXPECT_EQ(Tangle::open(folder_, read_only(), clock_).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder_));
  open();
  const auto reader = open(read_only());
  EXPECT_EQ(reader->submit(test_bundle("ADDRESS", 1)).error().code, ErrorCode::kNotAllowed);
  EXPECT_EQ(reader->issue_milestone().error().code, ErrorCode::kNotAllowed);
}

TEST_F(TangleTest, AReaderBesideAWriterSeesAllThatWasAcknowledged) {
  const auto writer = open();
  const auto reader = open(read_only());
  for (std::size_t i = 1; i <= 10; ++i) {
    ASSERT_TRUE(writer->submit(test_bundle("ADDRESS", 1, Hash(), Hash(), std::string(i, 'P'))));
    EXPECT_EQ(count_at(*reader, "ADDRESS"), i);
    EXPECT_EQ(count_at(*open(read_only()), "ADDRESS"), i);
  }
}

TEST_F(TangleTest, AReaderSeesAllWhileWritersComeAndGo) {
  constexpr std::size_t kRounds = 30;  // enough for the logs to be moved to tables and deleted meanwhile
  open();
  const auto reader = open(read_only());
  std::atomic<std::size_t> acknowledged = 0;
  std::thread writing([&] {
    for (std::size_t i = 1; i <= kRounds; ++i) {
      const auto writer = open();
      ASSERT_TRUE(writer->submit(test_bundle("ADDRESS", 1, Hash(), Hash(), std::string(i, 'P'))));
      acknowledged = i;
    }
  });
  while (acknowledged < kRounds) {
    const std::size_t least = acknowledged;
    EXPECT_GE(count_at(*reader, "ADDRESS"), least);
  }
  writing.join();
  EXPECT_EQ(count_at(*reader, "ADDRESS"), kRounds);
}

TEST_F(TangleTest, WritersTakeTurns) {
  auto first = open();
  base::TestClock clock(ledger::kTestTimeMs);
  TangleOptions patient;
  patient.lock_wait_ms = 20'000;
  const auto second = Tangle::open(folder_, patient, clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_EQ(clock.now_ms(), ledger::kTestTimeMs + 20'000);
  clock.on_wait([&](std::int64_t) {
    if (!first) return;
    ASSERT_TRUE(first->submit(test_bundle("ADDRESS", 1)));
    first.reset();
  });
  const auto tangle = Tangle::open(folder_, patient, clock);
  ASSERT_TRUE(tangle) << tangle.error().message;
  EXPECT_EQ(count_at(**tangle, "ADDRESS"), 1u);
}

TEST_F(TangleTest, AcknowledgedBundlesSurviveTheProcess) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer allows no threads in a process that was forked from one with threads";
#endif
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto tangle = Tangle::open(folder_, weight(ledger::kTestWeight), clock_);
    for (std::size_t i = 1; tangle; ++i) {
      if (!(*tangle)->submit(test_bundle("ADDRESS", 1, Hash(), Hash(), std::string(i % 2000 + 1, 'P')))) break;
      if (::write(pipe_ends[1], "x", 1) != 1) break;
    }
    ::_exit(1);
  }
  std::size_t acknowledged = 0;
  for (char byte = 0; acknowledged < 20 && ::read(pipe_ends[0], &byte, 1) == 1;) ++acknowledged;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
  EXPECT_GE(acknowledged, 20u);
  EXPECT_GE(count_at(*open(), "ADDRESS"), acknowledged);
}

TEST_F(TangleTest, SeveralThreadsMaySubmit) {
  const auto tangle = open();
  std::vector<std::thread> threads;
  for (char name = 'A'; name < 'E'; ++name) {
    threads.emplace_back([&, name] {
      for (std::size_t i = 1; i <= 10; ++i) {
        const auto tips = tangle->tips();
        ASSERT_TRUE(tips);
        ASSERT_TRUE(tangle->submit(test_bundle(std::string(1, name), 2, tips->trunk, tips->branch)));
        EXPECT_GE(count_at(*tangle, std::string(1, name)), 2 * i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*tangle->transaction_count(), 80u);
}

TEST_F(TangleTest, ANodeConfirmsByMilestones) {
  const auto tangle = Tangle::in_memory(ledger::kTestWeight, clock_);
  const auto bundle = test_bundle("ADDRESS", 2);
  const auto hashes = hashes_of(bundle);
  ASSERT_TRUE(tangle->submit_without_milestone(std::span(bundle).subspan(1)));
  EXPECT_EQ(tangle->issue_milestone()->index, 0u);
  ASSERT_TRUE(tangle->submit_without_milestone(std::span(bundle).first(1)));
  EXPECT_EQ(*tangle->confirmed(hashes), std::vector<bool>(2, false));
  EXPECT_EQ(tangle->issue_milestone()->index, 1u);
  EXPECT_EQ(*tangle->confirmed(hashes), std::vector<bool>(2, true));
  EXPECT_EQ(tangle->find({{ledger::test_hash("ADDRESS")}, {}, {}, {}}, 0, 100)->hashes,
            (std::vector<Hash>{bundle[1].hash(), bundle[0].hash()}));
  EXPECT_EQ(tangle->issue_milestone(true)->index, 2u);
  EXPECT_FALSE(tangle->inconsistency(std::span(hashes).first(1))->has_value());
  EXPECT_TRUE(tangle->inconsistency(hashes)->has_value());
  EXPECT_EQ(*tangle->prune_before(100), 2u);
  const Hash address = ledger::test_hash("ADDRESS");
  EXPECT_EQ(ports::read_all(*tangle, std::span(&address, 1))->pruned_addresses, std::vector<Hash>{address});
  EXPECT_EQ((*tangle->standing(hashes))[0].pruned, true);
}

TEST_F(TangleTest, WhatComesTogetherSharesACommitAndFailsAlone) {
  const auto tangle = open();
  constexpr std::size_t kThreads = 8;
  std::atomic<std::size_t> refused = 0;
  std::size_t commits = 0;
  ledger::Position told;
  const auto subscription = tangle->subscribe([&](const Commit& commit) {
    ++commits;
    EXPECT_EQ(commit.before, told);
    told = commit.after;
  });
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const std::string name(1, static_cast<char>('A' + thread));
      for (std::size_t i = 1; i <= 20; ++i) {
        auto bundle = test_bundle(name, 2, Hash(), Hash(), name + std::string(i, 'P'),
                                  ledger::kTestTimeMs - static_cast<std::int64_t>(i));
        if (i % 5 == 0) {  // its tail names another trunk than its second part: the whole bundle is refused
          bundle = {bundle[0], test_bundle(name, 2, Hash(), Hash(), "OTHER")[0]};
          const auto late = test_bundle(name, 1, Hash(), Hash(), "LATE", ledger::kTestTimeMs + 86'400'000);
          bundle.push_back(late[0]);
        }
        if (!tangle->submit(bundle)) ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, kThreads * 4);
  const std::size_t taken = kThreads * 16 * 2;
  EXPECT_EQ(*tangle->transaction_count(), taken);
  EXPECT_EQ(told, (ledger::Position{taken, tangle->latest_milestone()->index}));
  EXPECT_LE(commits, kThreads * 16);
  std::vector<Hash> hashes;
  const auto history = tangle->history_after({}, 1000);
  ASSERT_TRUE(history);
  for (const auto& entry : history->transactions) hashes.push_back(entry.transaction.hash());
  EXPECT_EQ(std::set<Hash>(hashes.begin(), hashes.end()).size(), taken);
  EXPECT_EQ(*tangle->confirmed(hashes), std::vector<bool>(taken, true));
}

TEST_F(TangleTest, EachOfThoseWhoDoNotWaitIsAnswered) {
  auto tangle = open();
  constexpr std::size_t kCount = 30;
  std::vector<bool> taken(kCount, false);
  std::atomic<std::size_t> answers = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const auto late = static_cast<std::int64_t>(i % 3 == 0 ? 86'400'000 : 0);
    const auto bundle = test_bundle("ADDRESS", 1, Hash(), Hash(), std::string(i + 1, 'P'), ledger::kTestTimeMs + late);
    tangle->submit_without_milestone(bundle, [&, i](Result<void> result) {
      ++answers;
      taken[i] = result.has_value();
    });
  }
  const auto empty = Transaction::from_trytes(std::string(ledger::kTransactionTrytes, '9'));
  tangle->submit_without_milestone(std::span(&*empty, 1), [&](Result<void> result) {
    ++answers;
    EXPECT_FALSE(result);
  });
  tangle.reset();  // waits for all
  EXPECT_EQ(answers, kCount + 1);
  for (std::size_t i = 0; i < kCount; ++i) EXPECT_EQ(taken[i], i % 3 != 0);
  EXPECT_EQ(*open()->transaction_count(), kCount / 3 * 2);
}

TEST_F(TangleTest, TellsWhatIsNewWhereOldIsGone) {
  const auto tangle = open();
  ASSERT_TRUE(tangle->submit(test_bundle("ADDRESS", 3)));
  EXPECT_EQ(*tangle->prune_before(3), 2u);
  std::vector<Commit> commits;
  const auto subscription = tangle->subscribe([&](const Commit& commit) { commits.push_back(commit); });
  ASSERT_TRUE(tangle->submit(test_bundle("ADDRESS", 3)));  // known
  EXPECT_TRUE(commits.empty());
  ASSERT_TRUE(tangle->submit(test_bundle("OTHER", 2)));
  ASSERT_EQ(commits.size(), 1u);
  EXPECT_EQ(commits[0].before, (ledger::Position{3, 1}));
  EXPECT_EQ(commits[0].after, (ledger::Position{5, 2}));
}

TEST_F(TangleTest, ASubscriptionEnds) {
  const auto tangle = Tangle::in_memory(ledger::kTestWeight, clock_);
  std::size_t calls = 0;
  auto subscription = tangle->subscribe([&](const Commit&) { ++calls; });
  const auto bundle = test_bundle("ADDRESS", 1);
  ASSERT_TRUE(tangle->submit(bundle));
  ASSERT_TRUE(tangle->submit(bundle));  // nothing new
  EXPECT_EQ(calls, 1u);
  subscription.reset();
  ASSERT_TRUE(tangle->submit(test_bundle("OTHER", 1)));
  EXPECT_EQ(calls, 1u);
}

TEST_F(TangleTest, ReadersSeeWholeCommitsBesideTheWriter) {
  const auto tangle = open();
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        EXPECT_EQ(count_at(*tangle, "ADDRESS") % 2, 0u);
        const auto milestone = tangle->latest_milestone();
        ASSERT_TRUE(milestone);
        EXPECT_TRUE(milestone->index == 0 || tangle->find_milestone(milestone->hash)->has_value());
      }
    });
  }
  for (std::int64_t i = 1; i <= 40; ++i) {
    EXPECT_TRUE(tangle->submit(test_bundle("ADDRESS", 2, Hash(), Hash(), std::string(static_cast<std::size_t>(i), 'P'),
                                           ledger::kTestTimeMs - i)));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(TangleTest, SummarisesAndProvesWhatItHolds) {
  const auto tangle = open();
  const auto bundle = test_bundle("ADDRESS", 3);
  ASSERT_TRUE(tangle->submit(bundle));
  const auto summary = tangle->summary();
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->transaction_count, 3u);
  for (const Transaction& transaction : bundle) {
    const auto path = tangle->inclusion_path(transaction.hash());
    ASSERT_TRUE(path && *path);
    EXPECT_TRUE(ledger::check_inclusion(transaction, **path, summary->root));
  }
  EXPECT_FALSE(tangle->inclusion_path(ledger::test_hash("UNKNOWN"))->has_value());
  ledger::Query query;
  query.addresses = {ledger::test_hash("ADDRESS")};
  const auto first = tangle->find(query, 0, 2);
  ASSERT_TRUE(first && first->next);
  EXPECT_EQ(first->hashes.size(), 2u);
  EXPECT_EQ(tangle->find(query, *first->next, 2)->hashes.size(), 1u);
}

TEST_F(TangleTest, RetentionBelongsToTheLedger) {
  TangleOptions options = weight(ledger::kTestWeight);
  options.retention_ms = std::int64_t{30} * 86'400'000;
  EXPECT_EQ(open(options)->parameters().retention_ms, *options.retention_ms);
  EXPECT_EQ(open()->parameters().retention_ms, *options.retention_ms);
  options.retention_ms = 1;
  EXPECT_EQ(Tangle::open(folder_, options, clock_).error().code, ErrorCode::kUsage);
  EXPECT_EQ(Tangle::open(parent_ / "new", options, clock_).error().code, ErrorCode::kUsage);
}

TEST_F(TangleTest, RefusesALedgerOfANewerVersionByName) {
  open();
  {
    auto store = RocksStore::open((folder_ / "state").string(), RocksStore::Access::kWrite);
    ASSERT_TRUE(store);
    const ledger::MemoryStore nothing;
    ledger::StateBatch batch(nothing);
    batch.put(ledger::Column::kParameters, ledger::records::kParametersKey,
              ledger::records::encode_integer(ledger::kStateFormatVersion + 1, 4));
    ASSERT_TRUE((*store)->commit(batch));
  }
  for (const auto& options : {weight(1), read_only()}) {
    const auto newer = Tangle::open(folder_, options, clock_);
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, ErrorCode::kNewerFormat) << newer.error().message;
  }
}

TEST_F(TangleTest, AFileInTheWayIsAnError) {
  std::ofstream(folder_) << "not a folder";
  EXPECT_FALSE(Tangle::open(folder_, weight(1), clock_));
  EXPECT_FALSE(Tangle::open(folder_, read_only(), clock_));
}

}  // namespace
}  // namespace glucoledger::ledger_store
