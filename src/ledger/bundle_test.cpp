// Vectors: @iota/bundle and @iota/transaction-converter, in tests/vectors/trinary.json and beside the project.
#include "ledger/bundle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "base/limits.h"
#include "ledger/test_bundles.h"
#include "ledger/test_vectors.h"
#include "ledger/transaction_fields.h"

namespace glucoledger::ledger {
namespace {

TEST(BundleTest, PreparesWhatTheReferenceClientsPrepare) {
  const auto bundles = bundle_vectors();
  for (const auto& vector : bundles) {
    std::string payload;
    for (const auto& fragment : vector["fragments"]) payload += fragment.get<std::string>();
    const auto prepared = prepare(payload, *Hash::from_trytes(vector["address"].get<std::string>()),
                                  vector["tag"].get<std::string>(), vector["timestamp"]);
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(*prepared, vector["trytes"].get<PreparedBundle>());
    EXPECT_EQ(bundle_hash_of(*prepared).trytes(), vector["bundle_hash"].get<std::string>());
  }
}

TEST(BundleTest, SplitsThePayload) {
  EXPECT_EQ(prepare("", Hash(), "", 0)->size(), 1u);
  EXPECT_EQ(prepare(std::string(2187, 'A'), Hash(), "", 0)->size(), 1u);
  EXPECT_EQ(prepare(std::string(2188, 'A'), Hash(), "", 0)->size(), 2u);
  EXPECT_EQ(prepare(std::string(64 * 2187, 'A'), Hash(), "", 0)->size(), 64u);
  EXPECT_EQ(prepare(std::string(64 * 2187 + 1, 'A'), Hash(), "", 0).error().code, ErrorCode::kInputRefused);
}

TEST(BundleTest, RefusesToPrepareWhatDoesNotFit) {
  EXPECT_FALSE(prepare("a", Hash(), "", 0));
  EXPECT_FALSE(prepare("A", Hash(), "tag", 0));
  EXPECT_FALSE(prepare("A", Hash(), std::string(28, 'T'), 0));
  EXPECT_FALSE(prepare("A", Hash(), "", -1));
  EXPECT_FALSE(prepare("A", Hash(), "", std::int64_t{1} << 62));
}

TEST(BundleTest, AttachesFromTheLastDown) {
  const auto prepared = prepare(std::string(3 * 2187, 'C'), test_hash("ADDRESS"), "", 1);
  const auto bundle = attach_for_test(*prepared, test_hash("TRUNK"), test_hash("BRANCH"), 1'600'000'000'123, 4);
  ASSERT_EQ(bundle.size(), 3u);
  EXPECT_EQ(bundle[2].trunk(), test_hash("TRUNK"));
  EXPECT_EQ(bundle[2].branch(), test_hash("BRANCH"));
  EXPECT_EQ(bundle[1].trunk(), bundle[2].hash());
  EXPECT_EQ(bundle[1].branch(), test_hash("TRUNK"));
  EXPECT_EQ(bundle[0].trunk(), bundle[1].hash());
  EXPECT_EQ(bundle[0].branch(), test_hash("TRUNK"));
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    EXPECT_GE(crypto::weight_magnitude(bundle[i].hash()), 4);
    EXPECT_EQ(bundle[i].attachment_timestamp_ms(), 1'600'000'000'123);
    EXPECT_EQ(bundle[i].essence(), std::string_view((*prepared)[i]).substr(2187, 162));
    EXPECT_EQ(bundle[i].tag(), bundle[i].obsolete_tag());  // an empty tag takes the obsolete one
  }
  EXPECT_TRUE(check_bundle(bundle));
}

TEST(BundleTest, KeepsATagWhenAttaching) {
  const auto bundle = attach_for_test(*prepare("A", Hash(), "MYTAG", 1), Hash(), Hash());
  EXPECT_EQ(bundle[0].tag(), "MYTAG9999999999999999999999");
}

TEST(BundleTest, AttachingCanBeCancelled) {
  base::CancelSource cancel;
  cancel.trip();
  crypto::ProofOfWorkOptions options;
  options.min_weight_magnitude = 20;
  options.cancel = cancel.token();
  const auto attached = attach(*prepare("A", Hash(), "", 1), {}, options);
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().code, ErrorCode::kInterrupted);
}

TEST(BundleTest, RefusesToAttachWhatIsNoBundle) {
  EXPECT_FALSE(attach({}, {}, {}));
  EXPECT_FALSE(attach({"9"}, {}, {}));
  EXPECT_FALSE(attach({std::string(kTransactionTrytes, 'a')}, {}, {}));
  EXPECT_FALSE(attach(*prepare("A", Hash(), "", 1), {Hash(), Hash(), -1}, {}));
}

TEST(BundleTest, RefusesChangedBundles) {
  const std::vector<Transaction> good = test_bundle("ADDRESS", 3);
  ASSERT_TRUE(check_bundle(good));
  EXPECT_FALSE(check_bundle({}));
  EXPECT_FALSE(check_bundle(std::span(good).first(2)));
  EXPECT_FALSE(check_bundle(std::span(good).subspan(1)));
  std::vector<Transaction> reordered = good;
  std::swap(reordered[0], reordered[1]);
  EXPECT_FALSE(check_bundle(reordered));
  std::vector<Transaction> doubled = good;
  doubled.push_back(good[2]);
  EXPECT_FALSE(check_bundle(doubled));
  std::vector<Transaction> replayed = good;
  replayed[1] = good[0];
  EXPECT_FALSE(check_bundle(replayed));
  std::vector<Transaction> mixed = good;
  mixed[2] = test_bundle("OTHER", 3)[2];
  EXPECT_FALSE(check_bundle(mixed));
}

TEST(BundleTest, RefusesAnotherEssence) {
  PreparedBundle prepared = *prepare(std::string(2 * 2187, 'C'), test_hash("ADDRESS"), "", 1);
  prepared[1].replace(fields::kAddress.offset, 1, "Z");
  const auto result = check_bundle(attach_for_test(prepared, Hash(), Hash()));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInputRefused);
}

TEST(BundleTest, AssemblesOutOfAHeap) {
  const auto first = test_bundle("ADDRESS", 3, Hash(), Hash(), "FIRST");
  const auto second = test_bundle("ADDRESS", 1, Hash(), Hash(), "SECOND");
  const auto again =
      attach_for_test(*prepare(first[0].signature_message_fragment(), test_hash("OTHER"), "", 7), Hash(), Hash());
  const auto incomplete = test_bundle("ADDRESS", 2, Hash(), Hash(), "INCOMPLETE");
  std::vector<Transaction> heap = first;
  heap.insert(heap.end(), first.begin(), first.end());  // what two nodes told
  heap.push_back(second[0]);
  heap.push_back(again[0]);
  heap.push_back(incomplete[0]);
  std::mt19937 random(7);
  std::shuffle(heap.begin(), heap.end(), random);
  const std::vector<Bundle> bundles = assemble(heap);
  ASSERT_EQ(bundles.size(), 3u);
  const auto found =
      std::find_if(bundles.begin(), bundles.end(), [&](const Bundle& b) { return b.hash == first[0].bundle(); });
  ASSERT_NE(found, bundles.end());
  EXPECT_EQ(found->payload(), "FIRST" + std::string(3 * 2187 - 5, 'A'));
}

TEST(BundleTest, CountsAttachmentsOnceAndForgedPayloadsApart) {
  const PreparedBundle prepared = *prepare(std::string(2 * 2187, 'C'), test_hash("ADDRESS"), "", 1);
  std::vector<Transaction> heap = attach_for_test(prepared, test_hash("A"), test_hash("B"));
  for (const Transaction& transaction : attach_for_test(prepared, test_hash("C"), test_hash("D")))
    heap.push_back(transaction);
  EXPECT_EQ(assemble(heap).size(), 1u);
  // The payload is not under the bundle hash: who opens it has to find the genuine one.
  PreparedBundle forged = prepared;
  forged[1][0] = 'X';
  for (const Transaction& transaction : attach_for_test(forged, Hash(), Hash())) heap.push_back(transaction);
  EXPECT_EQ(assemble(heap).size(), 2u);
}

TEST(BundleTest, ManyTailsOnOneBodyStayCheap) {
  const auto body = test_bundle("ADDRESS", base::limits::kBundleTransactionsMax);
  std::vector<Transaction> heap(body.begin(), body.end());
  std::string trytes = body[0].trytes();
  for (char c = 'A'; c <= 'Z'; ++c) {
    trytes[0] = c;  // another fragment: another tail of the same body
    heap.push_back(*Transaction::from_trytes(trytes));
  }
  EXPECT_EQ(assemble(heap).size(), 26u);  // one of them is the genuine one
}

}  // namespace
}  // namespace glucoledger::ledger
