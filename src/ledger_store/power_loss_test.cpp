// The embedded ledger on a disk that loses power, fills up and fails: what it acknowledged is there.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "ledger/test_bundles.h"
#include "ledger_store/fake_disk.h"
#include "ledger_store/rocks_store.h"
#include "ledger_store/tangle.h"
#include "ledger_store/verification.h"
#include "ports/test_reading.h"

namespace glucoledger::ledger_store {
namespace {

using ledger::FixedClock;
using ledger::Transaction;
using Bundle = std::vector<Transaction>;

// Bundles that approve each other: every one stands on earlier ones.
std::vector<Bundle> make_bundles(std::size_t count) {
  std::mt19937_64 random(3);
  std::vector<Bundle> bundles;
  std::vector<Hash> tails{Hash()};
  for (std::size_t i = 0; i < count; ++i) {
    bundles.push_back(ledger::test_bundle("ADDRESS", 1 + random() % 3, tails[random() % tails.size()],
                                          tails[random() % tails.size()], std::string(i + 1, 'P'),
                                          ledger::kTestTimeMs - static_cast<std::int64_t>(i)));  // no part is shared
    tails.push_back(bundles.back()[0].hash());
  }
  return bundles;
}

class Machine {
 public:
  Result<std::unique_ptr<Tangle>> open() {
    GL_TRY(store, RocksStore::open("/ledger", RocksStore::Access::kWrite, env_.get()));
    TangleOptions options;
    options.min_weight_magnitude = ledger::kTestWeight;
    return Tangle::over(std::move(store), "/ledger", options, clock_);
  }
  Result<std::unique_ptr<Tangle>> open_to_read() {
    GL_TRY(store, RocksStore::open("/ledger", RocksStore::Access::kReadOnly, env_.get()));
    TangleOptions options;
    options.read_only = true;
    return Tangle::over(std::move(store), "/ledger", options, clock_);
  }
  // Every invariant holds.
  void verify() {
    const auto store = RocksStore::open("/ledger", RocksStore::Access::kReadOnly, env_.get());
    ASSERT_TRUE(store) << store.error().message;
    const auto view = (*store)->view();
    ASSERT_TRUE(view) << view.error().message;
    const auto report = verify_state(**view, {});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(report->sound()) << report->findings.front();
  }
  FakeDisk& disk() { return *disk_; }

  using Files = std::map<std::string, std::string>;
  Files files() {
    Files files;
    std::vector<std::string> names;
    EXPECT_TRUE(env_->GetChildren("/ledger", &names).ok());
    for (const std::string& name : names) {
      EXPECT_TRUE(rocksdb::ReadFileToString(env_.get(), "/ledger/" + name, &files[name]).ok());
    }
    return files;
  }
  void put(const Files& wanted) {
    for (const auto& [name, content] : files()) EXPECT_TRUE(env_->DeleteFile("/ledger/" + name).ok());
    for (const auto& [name, content] : wanted) {
      EXPECT_TRUE(rocksdb::WriteStringToFile(env_.get(), content, "/ledger/" + name, true).ok());
    }
  }

 private:
  FixedClock clock_;
  std::shared_ptr<FakeDisk> disk_ = std::make_shared<FakeDisk>();
  std::unique_ptr<rocksdb::Env> env_ = make_environment(disk_);
};

std::uint64_t power_cuts(std::uint64_t count) {
  const char* asked = std::getenv("GLUCOLEDGER_POWER_CUTS");
  return asked == nullptr ? count : std::strtoull(asked, nullptr, 10);
}

class PowerLossTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { bundles_ = new std::vector<Bundle>(make_bundles(24)); }
  static void TearDownTestSuite() { delete bundles_; }

  // The first `acknowledged` bundles are there, and what is there beyond is whole and consistent.
  void check(Tangle& tangle, std::size_t acknowledged) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < bundles_->size(); ++i) {
      std::vector<Hash> hashes;
      for (const Transaction& transaction : (*bundles_)[i]) hashes.push_back(transaction.hash());
      const auto stored = tangle.get(hashes);
      const auto confirmed = tangle.confirmed(hashes);
      ASSERT_TRUE(stored) << stored.error().message;
      ASSERT_TRUE(confirmed) << confirmed.error().message;
      const bool here = (*stored)[0].known;
      if (i < acknowledged) {
        ASSERT_TRUE(here) << "an acknowledged bundle is gone: " << i;
      }
      for (std::size_t part = 0; part < hashes.size(); ++part) {
        ASSERT_EQ((*stored)[part].known, here) << "half a bundle";
        ASSERT_EQ((*stored)[part].transaction.has_value(), here);
        ASSERT_EQ((*confirmed)[part], here) << "without its milestone";
        count += here ? 1 : 0;
      }
    }
    ASSERT_EQ(*tangle.transaction_count(), count);
    const Hash address = ledger::test_hash("ADDRESS");
    ASSERT_EQ(ports::read_all(tangle, std::span(&address, 1))->transactions.size(), count);
    const auto milestone = tangle.latest_milestone();
    ASSERT_TRUE(milestone);
    if (count > 0) {
      ASSERT_EQ((*tangle.find_milestone(milestone->hash))->index, milestone->index);
      ASSERT_EQ(tangle.tip_hashes(100)->empty(), false);
    }
    ASSERT_TRUE(tangle.missing_hashes(1)->empty());
  }

  static std::vector<Bundle>* bundles_;
};

std::vector<Bundle>* PowerLossTest::bundles_ = nullptr;

TEST_F(PowerLossTest, WhatWasAcknowledgedIsThereAfterAPowerCut) {
  const std::uint64_t base = std::random_device{}();
  constexpr std::uint64_t kCutsPerDisk = 6;
  const std::uint64_t disks = power_cuts(150) / kCutsPerDisk;
  for (std::uint64_t round = 0; round < disks; ++round) {
    SCOPED_TRACE("seed " + std::to_string(base + round));
    std::mt19937_64 random(base + round);
    Machine machine;
    std::size_t acknowledged = 0;
    std::string network_id;
    for (std::uint64_t cut = 0; cut < kCutsPerDisk; ++cut) {
      machine.disk().fail_after(random() % 60, FakeDisk::Fault::kPowerCut);
      for (std::size_t opening = 1 + random() % 3; opening > 0; --opening) {
        auto tangle = machine.open();
        if (!tangle) break;
        if (network_id.empty()) network_id = (*tangle)->info()->network_id;
        ASSERT_EQ((*tangle)->info()->network_id, network_id);
        for (std::size_t i = 1 + random() % 4; i > 0 && acknowledged < bundles_->size(); --i) {
          if (!(*tangle)->submit((*bundles_)[acknowledged])) break;
          ++acknowledged;
        }
      }
      machine.disk().restart(random);
      auto tangle = machine.open();
      ASSERT_TRUE(tangle) << tangle.error().message;
      ASSERT_NO_FATAL_FAILURE(machine.verify());
      if (network_id.empty()) network_id = (*tangle)->info()->network_id;
      check(**tangle, acknowledged);
      if (HasFatalFailure()) return;
    }
    auto tangle = machine.open();
    ASSERT_TRUE(tangle);
    for (const Bundle& bundle : *bundles_) ASSERT_TRUE((*tangle)->submit(bundle));
    check(**tangle, bundles_->size());
    if (HasFatalFailure()) return;
  }
}

TEST_F(PowerLossTest, WhatIsSubmittedAgainAfterAFailureIsOnTheDisk) {
  for (std::uint64_t call = 1; call < 60; ++call) {
    SCOPED_TRACE("call " + std::to_string(call));
    std::mt19937_64 random(call);
    Machine machine;
    ASSERT_TRUE(machine.open());
    machine.disk().fail_after(call, FakeDisk::Fault::kBroken);
    {
      auto tangle = machine.open();
      for (std::size_t i = 0; tangle && i < bundles_->size(); ++i) {
        if ((*tangle)->submit((*bundles_)[i])) continue;
        machine.disk().repair();
        ASSERT_TRUE((*tangle)->submit((*bundles_)[i]));
      }
      machine.disk().fail_after(1, FakeDisk::Fault::kPowerCut);
      if (!tangle) continue;
    }
    machine.disk().restart(random);
    auto tangle = machine.open();
    ASSERT_TRUE(tangle) << tangle.error().message;
    check(**tangle, bundles_->size());
    if (HasFatalFailure()) return;
  }
}

TEST_F(PowerLossTest, WhatAProcessLeftUnsyncedIsOnTheDiskOnceItIsShown) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    Machine machine;
    ASSERT_TRUE(machine.open());
    machine.disk().let_syncs_do_nothing(true);  // as if the process had been killed before each
    for (std::size_t i = 0; i < 3; ++i) ASSERT_TRUE((*machine.open())->submit((*bundles_)[i]));
    machine.disk().let_syncs_do_nothing(false);
    ASSERT_TRUE(machine.open());
    machine.disk().restart(random);
    auto tangle = machine.open();
    ASSERT_TRUE(tangle) << tangle.error().message;
    check(**tangle, 3);
    if (HasFatalFailure()) return;
  }
}

// Several threads, each with bundles of its own that stand on what it submitted before.
TEST_F(PowerLossTest, AcknowledgedInGroupsIsThereAfterAPowerCut) {
  const std::uint64_t base = std::random_device{}();
  const std::uint64_t cuts = power_cuts(40);
  for (std::uint64_t cut = 0; cut < cuts; ++cut) {
    SCOPED_TRACE("seed " + std::to_string(base + cut));
    std::mt19937_64 random(base + cut);
    Machine machine;
    ASSERT_TRUE(machine.open());
    std::vector<std::atomic<bool>> acknowledged(bundles_->size());
    {
      auto tangle = machine.open();
      ASSERT_TRUE(tangle) << tangle.error().message;
      machine.disk().fail_after(1 + random() % 40, FakeDisk::Fault::kPowerCut);
      constexpr std::size_t kThreads = 4;
      std::vector<std::thread> threads;
      for (std::size_t thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
          for (std::size_t i = thread; i < bundles_->size(); i += kThreads) {
            acknowledged[i] = (*tangle)->submit((*bundles_)[i]).has_value();
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    machine.disk().restart(random);
    auto tangle = machine.open();
    ASSERT_TRUE(tangle) << tangle.error().message;
    ASSERT_NO_FATAL_FAILURE(machine.verify());
    for (std::size_t i = 0; i < bundles_->size(); ++i) {
      const Hash tail = (*bundles_)[i][0].hash();
      const auto stored = (*tangle)->get(std::span(&tail, 1));
      ASSERT_TRUE(stored) << stored.error().message;
      ASSERT_TRUE((*stored)[0].known || !acknowledged[i]) << "an acknowledged bundle is gone: " << i;
    }
    for (const Bundle& bundle : *bundles_) ASSERT_TRUE((*tangle)->submit(bundle));
    check(**tangle, bundles_->size());
    if (HasFatalFailure()) return;
  }
}

TEST_F(PowerLossTest, AFailingDiskIsReportedAndLosesNothing) {
  for (const auto fault : {FakeDisk::Fault::kFull, FakeDisk::Fault::kBroken}) {
    for (std::uint64_t call = 1; call < 60; call += 2) {
      SCOPED_TRACE("call " + std::to_string(call));
      Machine machine;
      machine.disk().fail_after(call, fault);
      const auto expect_reported = [&](const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::kFailed) << error.message;
        EXPECT_FALSE(error.next_step.empty()) << error.message;
        if (fault == FakeDisk::Fault::kFull) {
          EXPECT_NE(error.message.find("disk is full"), std::string::npos) << error.message;
        }
      };
      auto tangle = machine.open();
      std::size_t acknowledged = 0;
      if (!tangle) {
        expect_reported(tangle.error());
        machine.disk().repair();
        tangle = machine.open();
        ASSERT_TRUE(tangle) << tangle.error().message;
      } else {
        for (; acknowledged < bundles_->size(); ++acknowledged) {
          const auto submitted = (*tangle)->submit((*bundles_)[acknowledged]);
          if (submitted) continue;
          expect_reported(submitted.error());
          break;
        }
        check(**tangle, acknowledged);  // reading goes on meanwhile
      }
      machine.disk().repair();
      check(**tangle, acknowledged);
      ASSERT_NO_FATAL_FAILURE(machine.verify());
      for (const Bundle& bundle : *bundles_) ASSERT_TRUE((*tangle)->submit(bundle));
      check(**tangle, bundles_->size());
      tangle->reset();
      tangle = machine.open();
      ASSERT_TRUE(tangle) << tangle.error().message;
      check(**tangle, bundles_->size());
      if (HasFatalFailure()) return;
    }
  }
}

// As after a restart: what is there is read, what comes is refused, and once there is room it goes on.
TEST_F(PowerLossTest, ALedgerOnAFullDiskIsOpenedAndRead) {
  for (const bool with_tables : {false, true}) {
    Machine machine;
    const std::size_t count = with_tables ? 12 : 3;  // so many openings that the logs become tables
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE((*machine.open())->submit((*bundles_)[i]));
    machine.disk().fail_after(1, FakeDisk::Fault::kFull);
    {
      const auto tangle = machine.open();
      ASSERT_TRUE(tangle) << tangle.error().message;
      check(**tangle, count);
      const auto submitted = (*tangle)->submit((*bundles_)[count]);
      ASSERT_FALSE(submitted);
      EXPECT_NE(submitted.error().message.find("disk is full"), std::string::npos) << submitted.error().message;
      EXPECT_FALSE((*tangle)->issue_milestone(true));
      check(**tangle, count);
      machine.disk().repair();
      for (const Bundle& bundle : *bundles_) ASSERT_TRUE((*tangle)->submit(bundle));
      check(**tangle, bundles_->size());
    }
    ASSERT_NO_FATAL_FAILURE(machine.verify());
  }
  Machine machine;  // where none was made yet there is nothing to read
  machine.disk().fail_after(1, FakeDisk::Fault::kFull);
  const auto tangle = machine.open();
  ASSERT_FALSE(tangle);
  EXPECT_EQ(tangle.error().code, ErrorCode::kFailed);
}

TEST_F(PowerLossTest, DamageInTheMiddleOfTheLogIsTold) {
  Machine machine;
  {
    auto tangle = machine.open();
    ASSERT_TRUE(tangle);
    for (const Bundle& bundle : *bundles_) ASSERT_TRUE((*tangle)->submit(bundle));
  }
  ASSERT_EQ(machine.disk().damage(".log"), 1);
  const auto tangle = machine.open();
  ASSERT_FALSE(tangle);
  EXPECT_EQ(tangle.error().code, ErrorCode::kCorrupt) << tangle.error().message;
}

// Whatever the disk loses of logs and of the list of files, but the very last commit: it is told, or nothing is
// missing.
TEST_F(PowerLossTest, NoDamageOfLogsOrOfTheListOfFilesLosesAnythingSilently) {
  Machine machine;
  const auto publish = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) ASSERT_TRUE((*machine.open())->submit((*bundles_)[i]));
  };
  publish(0, 9);  // the ninth opening writes tables; its list of files tells of that, record by record
  const auto with_first_tables = machine.files();
  publish(9, 12);
  const auto with_new_list = machine.files();
  for (const auto& [sound, count] : {std::pair(with_first_tables, std::size_t{9}), {with_new_list, std::size_t{12}}}) {
    std::string last_log;
    for (const auto& [name, content] : sound) {
      if (name.ends_with(".log") && !content.empty()) last_log = name;
    }
    const auto try_files = [&, &all = sound, acknowledged = count](const Machine::Files& files) {
      machine.put(files);
      for (const auto access : {RocksStore::Access::kReadOnly, RocksStore::Access::kWrite}) {
        const auto opened = access == RocksStore::Access::kReadOnly ? machine.open_to_read() : machine.open();
        if (!opened) {
          EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt) << opened.error().message;
        } else {
          check(**opened, acknowledged);
        }
      }
      machine.put(all);
    };
    for (const auto& [name, content] : sound) {
      const bool is_log = name.ends_with(".log") && name != last_log && !content.empty();
      if (!is_log && !name.starts_with("MANIFEST") && name != "CURRENT") continue;
      SCOPED_TRACE(name);
      auto files = sound;
      files.erase(name);
      try_files(files);
      const std::size_t step = name == "CURRENT" ? content.size() : std::max<std::size_t>(content.size() / 12, 1);
      for (std::size_t at = 0; at < content.size(); at += step) {
        SCOPED_TRACE(at);
        files[name] = content;
        files[name][at] = static_cast<char>(files[name][at] ^ 4);
        try_files(files);
        files[name] = content.substr(0, at) + std::string(content.size() - at, '\0');
        try_files(files);
        if (is_log && at == 0) continue;  // an empty one is as one to which nothing was written
        files[name] = content.substr(0, at);
        try_files(files);
      }
    }
  }
}

TEST_F(PowerLossTest, DamageOnTheDiskIsNeverHandedOut) {
  for (const std::string files : {".sst", ".blob"}) {
    SCOPED_TRACE(files);
    Machine machine;
    for (const Bundle& bundle : *bundles_) {  // so many openings that the logs become tables
      auto tangle = machine.open();
      ASSERT_TRUE(tangle);
      ASSERT_TRUE((*tangle)->submit(bundle));
    }
    ASSERT_GT(machine.disk().damage(files), 0);
    const auto tangle = machine.open();
    if (!tangle) {
      EXPECT_EQ(tangle.error().code, ErrorCode::kCorrupt) << tangle.error().message;
      continue;
    }
    int corrupt = 0;
    for (const Bundle& bundle : *bundles_) {
      for (const Transaction& transaction : bundle) {
        const Hash hash = transaction.hash();
        const auto stored = (*tangle)->get(std::span(&hash, 1));
        if (!stored) {
          EXPECT_EQ(stored.error().code, ErrorCode::kCorrupt) << stored.error().message;
          ++corrupt;
        } else if ((*stored)[0].transaction) {
          EXPECT_EQ((*stored)[0].transaction->trytes(), transaction.trytes());
        }
      }
    }
    EXPECT_GT(corrupt, 0);
  }
}

}  // namespace
}  // namespace glucoledger::ledger_store
