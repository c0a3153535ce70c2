// The search against one that looks at everything, and against questions that are asked to keep a node busy.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "ledger/state_records.h"
#include "ledger/test_machine.h"
#include "ledger/test_reader.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

Hash numbered(std::string_view name, std::uint64_t number) {
  std::string trytes(name);
  for (; number > 0; number /= 26) trytes += static_cast<char>('A' + number % 26);
  return test_hash(trytes);
}

// The indexes alone, as they were if such transactions had come.
class StateFindTest : public testing::Test {
 protected:
  void put(Index index, const Hash& of, std::uint64_t sequence) {
    StateBatch batch(store_);
    batch.put(Column::kIndexes, key(index, pack(of), sequence), pack(numbered("T", sequence)));
    ASSERT_TRUE(store_.commit(batch));
  }
  void put_tag(const std::string& tag, std::uint64_t sequence) {
    StateBatch batch(store_);
    batch.put(Column::kIndexes, key(Index::kTag, pack(tag), sequence), pack(numbered("T", sequence)));
    ASSERT_TRUE(store_.commit(batch));
  }
  // Asks, and sees to it that no call looks at much more than 40,000 keys.
  Page ask(const Query& query, std::uint64_t after, std::size_t count_max) {
    const CountingReader reader(store_);
    const auto page = find(reader, query, after, count_max);
    EXPECT_TRUE(page) << page.error().message;
    EXPECT_LE(reader.count(), 45'000u);
    return page.value_or(Page());
  }

  MemoryStore store_;
};

std::vector<Hash> hashes_from(std::uint64_t first, std::uint64_t last, std::uint64_t step) {
  std::vector<Hash> hashes;
  for (std::uint64_t i = first; i <= last; i += step) hashes.push_back(numbered("T", i));
  return hashes;
}

TEST_F(StateFindTest, ManyKeysOfOneKindDoNotMultiplyTheCandidatesOfAnother) {
  const Hash address = test_hash("BUSY");
  for (std::uint64_t i = 1; i <= 12'000; ++i) put(Index::kAddress, address, i);
  Query query;
  query.addresses = {address};
  for (std::uint64_t i = 0; i < 1'000; ++i) query.bundles.push_back(numbered("B", i));
  Page page = ask(query, 0, 10'000);  // none of them is anywhere
  EXPECT_TRUE(page.hashes.empty());
  EXPECT_FALSE(page.next);
  for (std::uint64_t i = 0; i < 1'000; ++i) put(Index::kBundle, query.bundles[i], 12 * i + 5);
  page = ask(query, 0, 10'000);
  EXPECT_EQ(page.hashes, hashes_from(5, 12'000, 12));
  EXPECT_FALSE(page.next);
  EXPECT_EQ(ask(query, 0, 1'000).next, std::nullopt);  // exactly as many as there are
  EXPECT_EQ(ask(query, 0, 999).next, 12u * 998 + 5);
}

TEST_F(StateFindTest, WhenTheWorkEndsThePageTellsWhereToGoOn) {
  constexpr std::uint64_t kLast = 100'000;
  const Hash address = test_hash("EVEN");
  const Hash bundle = test_hash("ODD");
  for (std::uint64_t i = 1; i < kLast; ++i)
    put(i % 2 == 0 ? Index::kAddress : Index::kBundle, i % 2 == 0 ? address : bundle, i);
  put(Index::kAddress, address, kLast);
  put(Index::kBundle, bundle, kLast);
  Query query;
  query.addresses = {address};
  query.bundles = {bundle};
  std::vector<Hash> found;
  std::optional<std::uint64_t> after = 0;
  std::size_t pages = 0;
  for (; after; ++pages) {
    const Page page = ask(query, *after, 100);
    EXPECT_EQ(page.out_of_work, page.next.has_value());
    if (page.next) {
      ASSERT_GT(*page.next, *after);
    }
    found.insert(found.end(), page.hashes.begin(), page.hashes.end());
    after = page.next;
  }
  EXPECT_GT(pages, 1u);
  EXPECT_EQ(found, hashes_from(kLast, kLast, 1));
}

TEST_F(StateFindTest, TheLongestQuestionGetsOnWithEveryCall) {
  constexpr std::uint64_t kKeys = 1'000;
  constexpr std::uint64_t kLast = 20'000;
  Query query;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    query.addresses.push_back(numbered("A", i));
    query.bundles.push_back(numbered("B", i));
    query.approvees.push_back(numbered("E", i));
    query.tags.push_back(std::string(numbered("G", i).trytes().substr(0, kTagTrytes)));
  }
  for (std::uint64_t i = 1; i <= kLast; ++i) {
    put(Index::kAddress, query.addresses[i * 7 % kKeys], i);
    put(Index::kBundle, query.bundles[i * 11 % kKeys], i);
    put(Index::kApprovee, query.approvees[i * 13 % kKeys], i);
    if (i % 2 == 0) put_tag(query.tags[i * 17 % kKeys], i);
  }
  std::vector<Hash> found;
  for (std::optional<std::uint64_t> after = 0; after;) {
    const Page page = ask(query, *after, 10'000);
    if (page.next) {
      ASSERT_GT(*page.next, *after);
    }
    found.insert(found.end(), page.hashes.begin(), page.hashes.end());
    after = page.next;
  }
  EXPECT_EQ(found, hashes_from(2, kLast, 2));
}

TEST_F(StateFindTest, FindsWhatLookingAtEverythingFinds) {
  std::mt19937_64 random(20'181'122);
  const auto below = [&random](std::uint64_t bound) { return random() % bound; };
  constexpr std::uint64_t kLast = 400;
  const std::vector<Index> kinds{Index::kAddress, Index::kBundle, Index::kApprovee};
  std::map<std::pair<Index, Hash>, std::set<std::uint64_t>> lists;
  for (std::uint64_t i = 1; i <= kLast; ++i) {
    for (const Index kind : kinds) {
      for (std::uint64_t times = kind == Index::kApprovee ? 2 : 1; times > 0; --times) {
        const Hash hash = numbered("K", below(6));
        lists[{kind, hash}].insert(i);
        put(kind, hash, i);
      }
    }
  }
  for (int round = 0; round < 300; ++round) {
    std::set<std::uint64_t> expected;
    for (std::uint64_t i = 1; i <= kLast; ++i) expected.insert(i);
    std::map<Index, std::vector<Hash>> asked;
    for (const Index kind : kinds) {
      std::set<std::uint64_t> in_kind;
      for (std::uint64_t keys = below(4); keys > 0; --keys) {
        const Hash hash = numbered("K", below(7));
        asked[kind].push_back(hash);
        in_kind.insert(lists[{kind, hash}].begin(), lists[{kind, hash}].end());
      }
      if (!asked[kind].empty()) std::erase_if(expected, [&](std::uint64_t i) { return !in_kind.contains(i); });
    }
    const Query query{asked[Index::kAddress], asked[Index::kBundle], asked[Index::kApprovee], {}};
    if (query.addresses.empty() && query.bundles.empty() && query.approvees.empty()) expected.clear();
    const std::size_t count_max = 1 + below(50);
    std::vector<Hash> found;
    for (std::optional<std::uint64_t> after = 0; after;) {
      const Page page = ask(query, *after, count_max);
      EXPECT_EQ(page.hashes.size() == count_max || !page.next, true);
      found.insert(found.end(), page.hashes.begin(), page.hashes.end());
      after = page.next;
    }
    std::vector<Hash> hashes;
    for (const std::uint64_t i : expected) hashes.push_back(numbered("T", i));
    ASSERT_EQ(found, hashes) << "round " << round;
  }
}

}  // namespace
}  // namespace glucoledger::ledger
