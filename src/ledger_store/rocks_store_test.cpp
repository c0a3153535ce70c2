#include "ledger_store/rocks_store.h"

#include <gtest/gtest.h>
#include <rocksdb/perf_context.h>
#include <rocksdb/perf_level.h>

#include <chrono>
#include <set>
#include <thread>

#include "base/test_folder.h"
#include "ledger_store/rocks_options.h"

namespace glucoledger::ledger_store {
namespace {

using ledger::Column;

// The database as another process has it, to have its memory flushed and its tables merged when a test wants it.
class RawDatabase {
 public:
  explicit RawDatabase(const std::string& folder) {
    rocksdb::DB* database = nullptr;
    const rocksdb::Status status =
        rocksdb::DB::Open(database_options(true, rocksdb::Env::Default()), folder,
                          family_descriptors(family_names_of_columns()), &families_, &database);
    EXPECT_TRUE(status.ok()) << status.ToString();
    database_.reset(database);
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;
  ~RawDatabase() {
    for (rocksdb::ColumnFamilyHandle* family : families_) database_->DestroyColumnFamilyHandle(family);
  }

  void put_body(const std::string& key, const std::string& body) {
    ASSERT_TRUE(database_->Put(rocksdb::WriteOptions(), bodies(), key, body).ok());
  }
  void erase_body(const std::string& key) {
    ASSERT_TRUE(database_->Delete(rocksdb::WriteOptions(), bodies(), key).ok());
  }
  void flush() { ASSERT_TRUE(database_->Flush(rocksdb::FlushOptions(), bodies()).ok()); }
  void compact() {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    ASSERT_TRUE(database_->CompactRange(options, bodies(), nullptr, nullptr).ok());
  }

 private:
  rocksdb::ColumnFamilyHandle* bodies() { return families_[static_cast<std::size_t>(Column::kBodies)]; }

  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

std::set<std::string> files_with_bodies(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".blob") names.insert(entry.path().filename());
  }
  return names;
}

const std::string kBody(1604, 'b');

TEST(RocksStore, NoCompactionRewritesBodies) {
  const base::TestFolder folder;
  RawDatabase database(folder.path());
  for (const std::string key : {"1", "2", "3"}) {
    database.put_body(key, kBody);
    database.flush();
  }
  const auto before = files_with_bodies(folder.path());
  EXPECT_EQ(before.size(), 3u);
  database.compact();
  EXPECT_EQ(files_with_bodies(folder.path()), before);
}

TEST(RocksStore, ARunningStoreReclaimsByItself) {
  constexpr int kBodies = 200;
  const base::TestFolder folder;
  RawDatabase database(folder.path());
  for (int key = 0; key < kBodies; ++key) database.put_body(std::to_string(key), kBody);
  database.flush();
  EXPECT_FALSE(files_with_bodies(folder.path()).empty());
  for (int key = 0; key < kBodies; ++key) database.erase_body(std::to_string(key));
  database.flush();
  // RocksDB merges in threads of its own and tells nobody here.
  while (!files_with_bodies(folder.path()).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

TEST(RocksStore, ReclaimsTheRoomOfErasedBodies) {
  const base::TestFolder folder;
  auto store = RocksStore::open(folder.path(), RocksStore::Access::kWrite);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  const auto change = [&](const std::string& key, bool erase) {
    auto view = (*store)->view();
    ASSERT_TRUE(view.has_value());
    ledger::StateBatch batch(**view);
    if (erase) {
      batch.erase(Column::kBodies, key);
    } else {
      batch.put(Column::kBodies, key, kBody);
    }
    view->reset();
    ASSERT_TRUE((*store)->commit(batch).has_value());
    ASSERT_TRUE((*store)->reclaim().has_value());
  };
  for (const std::string key : {"1", "2", "3"}) change(key, false);
  const auto before = files_with_bodies(folder.path());
  EXPECT_EQ(before.size(), 3u);
  change("1", true);
  const auto after = files_with_bodies(folder.path());
  EXPECT_EQ(after, (std::set<std::string>{std::next(before.begin()), before.end()}));
}

TEST(RocksStore, PrunedBodiesLeaveTheDiskAndAReaderBesideIsToldToRepeat) {
  const base::TestFolder folder;
  {
    RawDatabase database(folder.path());
    for (const std::string key : {"1", "2"}) {
      database.put_body(key, kBody);
      database.flush();
    }
  }
  auto store = RocksStore::open(folder.path(), RocksStore::Access::kReadOnly);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  {
    auto view = (*store)->view();
    ASSERT_TRUE(view.has_value());
    RawDatabase writer(folder.path());
    writer.erase_body("1");
    writer.compact();
    EXPECT_EQ(files_with_bodies(folder.path()).size(), 1u);
    const auto pruned = (*view)->get(Column::kBodies, "1");
    ASSERT_FALSE(pruned.has_value());
    EXPECT_EQ(pruned.error().code, ErrorCode::kUnreachable);
    EXPECT_EQ(*(*view)->get(Column::kBodies, "2"), kBody);
  }
  auto view = (*store)->view();
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(*(*view)->get(Column::kBodies, "1"), std::nullopt);
  EXPECT_EQ(*(*view)->get(Column::kBodies, "2"), kBody);
}

TEST(RocksStore, AScanEndsWithItsPrefixAndDoesNotPassOverWhatWasErasedBehindIt) {
  const base::TestFolder folder;
  auto store = RocksStore::open(folder.path(), RocksStore::Access::kWrite);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  const auto change = [&](auto function) {
    auto view = (*store)->view();
    ASSERT_TRUE(view.has_value());
    ledger::StateBatch batch(**view);
    function(batch);
    view->reset();
    ASSERT_TRUE((*store)->commit(batch).has_value());
  };
  constexpr int kErased = 1'000;
  const auto erased_key = [](int i) { return "t" + std::to_string(i); };
  change([&](ledger::StateBatch& batch) {
    for (int i = 0; i < kErased; ++i) batch.put(Column::kIndexes, erased_key(i), "");
    for (const std::string key : {"s", "s\xff", "s\xff\xff", "u"}) batch.put(Column::kIndexes, key, "");
  });
  change([&](ledger::StateBatch& batch) {
    for (int i = 0; i < kErased; ++i) batch.erase(Column::kIndexes, erased_key(i));
  });
  auto view = (*store)->view();
  ASSERT_TRUE(view.has_value());
  const auto keys_with = [&](std::string_view prefix) {
    std::vector<std::string> keys;
    EXPECT_TRUE((*view)->scan(Column::kIndexes, prefix, [&](std::string_view key, std::string_view) {
      keys.emplace_back(key);
      return true;
    }));
    return keys;
  };
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
  rocksdb::get_perf_context()->Reset();
  EXPECT_EQ(keys_with("s"), (std::vector<std::string>{"s", "s\xff", "s\xff\xff"}));
  EXPECT_EQ(keys_with("s\xff"), (std::vector<std::string>{"s\xff", "s\xff\xff"}));
  EXPECT_LT(rocksdb::get_perf_context()->internal_delete_skipped_count, 10u);
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  EXPECT_EQ(keys_with("").size(), 4u);
}

}  // namespace
}  // namespace glucoledger::ledger_store
