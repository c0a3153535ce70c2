#include "ledger_store/snapshot.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/test_folder.h"
#include "ledger/test_bundles.h"
#include "ledger_store/snapshot_file.h"
#include "ledger_store/tangle.h"
#include "ports/test_reading.h"

namespace glucoledger::ledger_store {
namespace {

using ledger::FixedClock;
using ledger::Transaction;

class SnapshotTest : public testing::Test {
 protected:
  std::unique_ptr<Tangle> open(const std::string& name, bool read_only = false) {
    TangleOptions options;
    options.read_only = read_only;
    if (!read_only) options.min_weight_magnitude = ledger::kTestWeight;
    auto tangle = Tangle::open(parent_ / name, options, clock_);
    EXPECT_TRUE(tangle) << tangle.error().message;
    return tangle ? std::move(*tangle) : nullptr;
  }
  Result<SnapshotInfo> write(const std::string& ledger, const std::string& file) {
    return write_snapshot(parent_ / ledger, parent_ / file, {});
  }
  Result<SnapshotInfo> restore(const std::string& file, const std::string& ledger) {
    return restore_snapshot(parent_ / file, parent_ / ledger, clock_, {});
  }
  std::string content(const std::string& file) { return *base::read_file(parent_ / file, std::size_t{1} << 24); }
  void put(const std::string& file, const std::string& bytes) {
    std::ofstream(parent_ / file, std::ios::binary) << bytes;
  }
  std::size_t file_count() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(parent_.path()), {}));
  }
  // A ledger with a few bundles, of which one is not complete, and its snapshot.
  void make_ledger() {
    const auto tangle = open("ledger");
    const auto bundle = ledger::test_bundle("ADDRESS", 3);
    ASSERT_TRUE(tangle->submit(bundle));
    const auto second = ledger::test_bundle("SECOND", 2, bundle[0].hash(), bundle[0].hash(), "OTHER");
    ASSERT_TRUE(tangle->submit_without_milestone(std::span(second).subspan(1)));
    ASSERT_TRUE(write("ledger", "snapshot"));
  }

  FixedClock clock_;
  const base::TestFolder parent_;
};

TEST_F(SnapshotTest, RestoresTheSameLedger) {
  make_ledger();
  const auto restored = restore("snapshot", "copies/copy/");
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->transaction_count, 4u);
  EXPECT_EQ(restored->milestone.index, 1u);
  EXPECT_EQ(restored->size, content("snapshot").size());
  const auto original = open("ledger");
  const auto copy = open("copies/copy");
  EXPECT_EQ(copy->info()->network_id, original->info()->network_id);
  EXPECT_EQ(copy->latest_milestone()->hash, original->latest_milestone()->hash);
  ASSERT_TRUE(write("copies/copy", "again"));
  EXPECT_EQ(content("again"), content("snapshot"));
  EXPECT_TRUE(copy->submit(ledger::test_bundle("ADDRESS", 1, {}, {}, "MORE")));
}

TEST_F(SnapshotTest, IsOfOneMomentWhileANodeWrites) {
  const auto writer = open("ledger");
  ASSERT_TRUE(writer->submit(ledger::test_bundle("ADDRESS", 1)));
  std::atomic<bool> stop = false;
  std::thread writing([&] {
    for (std::size_t i = 1; !stop; ++i) {
      EXPECT_TRUE(writer->submit(ledger::test_bundle("ADDRESS", 2, {}, {}, std::string(i % 2000 + 1, 'P'))));
    }
  });
  for (int i = 0; i < 5; ++i) {
    const std::string name = std::to_string(i);
    const auto info = write("ledger", "snapshot" + name);
    ASSERT_TRUE(info) << info.error().message;
    ASSERT_TRUE(restore("snapshot" + name, "copy" + name));
    const auto copy = open("copy" + name, true);
    EXPECT_EQ(copy->latest_milestone()->index, info->milestone.index);
    const Hash address = ledger::test_hash("ADDRESS");
    EXPECT_EQ(ports::read_all(*copy, std::span(&address, 1))->transactions.size(), info->transaction_count);
  }
  stop = true;
  writing.join();
}

TEST_F(SnapshotTest, RefusesDamageWhereverItIs) {
  make_ledger();
  const std::string whole = content("snapshot");
  const std::size_t files = file_count();
  for (std::size_t place = 0; place < whole.size(); place += 1 + whole.size() / 150) {
    SCOPED_TRACE(place);
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 16);
    for (const std::string& bytes : {damaged, whole.substr(0, place)}) {
      put("damaged", bytes);
      const auto restored = restore("damaged", "copy");
      ASSERT_FALSE(restored);
      EXPECT_TRUE(restored.error().code == ErrorCode::kCorrupt || place < 12) << restored.error().message;
      EXPECT_EQ(file_count(), files + 1);
    }
  }
  put("damaged", whole + "x");
  EXPECT_EQ(restore("damaged", "copy").error().code, ErrorCode::kCorrupt);
}

TEST_F(SnapshotTest, RefusesWhatItMustNotTouch) {
  make_ledger();
  EXPECT_EQ(write("ledger", "snapshot").error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(write("nothing", "other").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(restore("snapshot", "ledger").error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(restore("nothing", "copy").error().code, ErrorCode::kNotFound);
  put("text", "no snapshot at all, but a text");
  EXPECT_EQ(restore("text", "copy").error().code, ErrorCode::kInputRefused);
  std::string newer = content("snapshot");
  newer[11] = 2;
  put("newer", newer);
  const auto restored = restore("newer", "copy");
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kNewerFormat);
  EXPECT_NE(restored.error().message.find('2'), std::string::npos);
  std::filesystem::create_directory(parent_ / "empty");
  EXPECT_TRUE(restore("snapshot", "empty"));
}

TEST_F(SnapshotTest, RefusesALedgerThatIsNotSound) {
  make_ledger();
  auto reader = SnapshotReader::open(parent_ / "snapshot");
  auto writer = SnapshotWriter::create(parent_ / "unsound");
  ASSERT_TRUE(reader && writer);
  while (true) {
    auto record = reader->next();
    ASSERT_TRUE(record);
    if (!*record) break;
    std::string& value = (*record)->value;
    if ((*record)->column == ledger::Column::kBodies) value[100] = static_cast<char>(value[100] ^ 1);
    ASSERT_TRUE(writer->add((*record)->column, (*record)->key, value));
  }
  ASSERT_TRUE(writer->finish());
  const std::size_t files = file_count();
  EXPECT_EQ(restore("unsound", "copy").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(file_count(), files);
}

// The same ledger, with a state of version 2 and of this version.
TEST_F(SnapshotTest, TheGoldenFilesAreRestored) {
  const std::filesystem::path golden = "tests/vectors/ledger.snapshot";
  for (const auto& file : {golden, std::filesystem::path("tests/vectors/ledger-state-2.snapshot")}) {
    SCOPED_TRACE(file);
    const auto restored = restore_snapshot(file, parent_ / "copy", clock_, {});
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restored->transaction_count, 5u);
    EXPECT_EQ(restored->milestone.index, 1u);
    EXPECT_EQ(restored->parameters.min_weight_magnitude, 1);
    ASSERT_TRUE(write("copy", "again"));
    EXPECT_EQ(content("again"), *base::read_file(golden, std::size_t{1} << 20));
    std::filesystem::remove_all(parent_ / "copy");
    std::filesystem::remove(parent_ / "again");
  }
}

TEST_F(SnapshotTest, WithoutALedgerItIsNone) {
  auto writer = SnapshotWriter::create(parent_ / "none");
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->finish());
  EXPECT_EQ(restore("none", "copy").error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace glucoledger::ledger_store
