// Vectors: @iota/bundle and @iota/transaction-converter, in tests/vectors/trinary.json and beside the project.
#include "ledger/transaction.h"

#include <gtest/gtest.h>

#include "ledger/test_bundles.h"
#include "ledger/test_vectors.h"
#include "ledger/transaction_fields.h"

namespace glucoledger::ledger {
namespace {

std::string with(const Transaction& transaction, fields::Field field, std::string_view value) {
  std::string trytes = transaction.trytes();
  trytes.replace(field.offset, value.size(), value);
  return trytes;
}

TEST(TransactionTest, EqualsTheReferenceClients) {
  const auto bundles = bundle_vectors();
  for (const auto& vector : bundles) {
    for (std::size_t i = 0; i < vector["trytes"].size(); ++i) {
      const auto transaction = Transaction::from_trytes(vector["trytes"][i]);
      ASSERT_TRUE(transaction) << transaction.error().message;
      EXPECT_EQ(transaction->hash().trytes(), vector["transaction_hashes"][i].get<std::string>());
      EXPECT_EQ(transaction->signature_message_fragment(), vector["fragments"][i].get<std::string>());
      EXPECT_EQ(transaction->address().trytes(), vector["address"].get<std::string>());
      EXPECT_EQ(transaction->bundle().trytes(), vector["bundle_hash"].get<std::string>());
      EXPECT_EQ(transaction->tag(), vector["tag"].get<std::string>());
      EXPECT_EQ(transaction->timestamp_s(), vector["timestamp"].get<std::int64_t>());
      EXPECT_EQ(transaction->value(), 0);
      EXPECT_EQ(transaction->current_index(), i);
      EXPECT_EQ(transaction->last_index(), vector["trytes"].size() - 1);
      EXPECT_EQ(transaction->attachment_timestamp_ms(), 0);
      EXPECT_TRUE(transaction->trunk().is_null());
      EXPECT_TRUE(transaction->branch().is_null());
    }
  }
}

TEST(TransactionTest, RefusesWhatIsNoTransaction) {
  const Transaction good = test_bundle("ADDRESS", 1)[0];
  const auto refused = [](std::string trytes) {
    const auto result = Transaction::from_trytes(std::move(trytes));
    return !result && result.error().code == ErrorCode::kInputRefused;
  };
  EXPECT_FALSE(refused(good.trytes()));
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused(good.trytes().substr(1)));
  EXPECT_TRUE(refused(good.trytes() + "9"));
  EXPECT_TRUE(refused(with(good, fields::kAddress, "a")));
  EXPECT_TRUE(refused(with(good, fields::kAddress, std::string_view("\0", 1))));
  EXPECT_TRUE(refused(with(good, fields::kCurrentIndex, "Z")));       // -1
  EXPECT_TRUE(refused(with(good, fields::kLastIndex, "Z")));          // -1
  EXPECT_TRUE(refused(with(good, fields::kCurrentIndex, "A")));       // above the last index
  EXPECT_TRUE(refused(with(good, fields::kLastIndex, "MMMMMMMMM")));  // above 32 bits
  EXPECT_TRUE(refused(with(good, fields::kTimestamp, "99999999Z")));  // before 1970
  EXPECT_TRUE(refused(with(good, fields::kAttachmentTimestamp, "99999999Z")));
  EXPECT_TRUE(refused(with(good, fields::kValue, "99999999999A")));  // above the supply
}

TEST(TransactionTest, ReadsValues) {
  const Transaction good = test_bundle("ADDRESS", 1)[0];
  EXPECT_EQ(Transaction::from_trytes(with(good, fields::kValue, "A"))->value(), 1);
  EXPECT_EQ(Transaction::from_trytes(with(good, fields::kValue, "Z"))->value(), -1);
  EXPECT_EQ(Transaction::from_trytes(with(good, fields::kValue, "MMMMMMMMMMM"))->value(), 2779530283277761);
}

}  // namespace
}  // namespace glucoledger::ledger
