#include "ledger/state_storage.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

namespace glucoledger::ledger {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs scanned(const StateReader& reader, std::string_view prefix, std::size_t count_max = 1000) {
  Pairs pairs;
  EXPECT_TRUE(reader.scan(Column::kIndexes, prefix, [&](std::string_view key, std::string_view value) {
    pairs.emplace_back(key, value);
    return pairs.size() < count_max;
  }));
  return pairs;
}

TEST(StateBatchTest, ShowsItsChangesOverTheStore) {
  MemoryStore store;
  StateBatch first(store);
  for (const char* key : {"a", "b1", "b2", "b3", "c"}) first.put(Column::kIndexes, key, "old");
  ASSERT_TRUE(store.commit(first));
  StateBatch batch(store);
  EXPECT_TRUE(batch.empty());
  batch.put(Column::kIndexes, "b0", "new");
  batch.put(Column::kIndexes, "b2", "new");
  batch.put(Column::kIndexes, "b4", "new");
  batch.erase(Column::kIndexes, "b1");
  batch.put(Column::kBodies, "b5", "another column");
  EXPECT_EQ(scanned(batch, "b"), (Pairs{{"b0", "new"}, {"b2", "new"}, {"b3", "old"}, {"b4", "new"}}));
  EXPECT_EQ(scanned(batch, "b", 2), (Pairs{{"b0", "new"}, {"b2", "new"}}));
  EXPECT_EQ(scanned(batch, "d"), Pairs{});
  EXPECT_EQ(*batch.get(Column::kIndexes, "b2"), "new");
  EXPECT_EQ(*batch.get(Column::kIndexes, "b1"), std::nullopt);
  EXPECT_EQ(*batch.get(Column::kIndexes, "b3"), "old");
  EXPECT_EQ(*store.get(Column::kIndexes, "b2"), "old");  // nothing is written before the commit
  const Pairs seen = scanned(batch, "");
  ASSERT_TRUE(store.commit(batch));
  EXPECT_EQ(scanned(store, ""), seen);
}

TEST(StateBatchTest, ScansAsTheStoreWouldAfterTheCommit) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    MemoryStore store;
    for (int step = 0; step < 3; ++step) {
      StateBatch batch(store);
      for (int i = 0; i < 6; ++i) {
        const std::string key{static_cast<char>('a' + random() % 3), static_cast<char>('a' + random() % 4)};
        if (random() % 3 == 0) {
          batch.erase(Column::kIndexes, key);
        } else {
          batch.put(Column::kIndexes, key, std::to_string(random() % 10));
        }
      }
      const Pairs all = scanned(batch, "");
      const Pairs some = scanned(batch, "b");
      const Pairs first = scanned(batch, "b", 1);
      ASSERT_TRUE(store.commit(batch));
      ASSERT_EQ(scanned(store, ""), all);
      ASSERT_EQ(scanned(store, "b"), some);
      ASSERT_EQ(scanned(store, "b", 1), first);
    }
  }
}

}  // namespace
}  // namespace glucoledger::ledger
