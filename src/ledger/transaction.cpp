#include "ledger/transaction.h"

#include <algorithm>
#include <limits>

#include "crypto/curl.h"
#include "ledger/transaction_fields.h"

namespace glucoledger::ledger {
namespace {

constexpr std::size_t kValueTrytesMax = 11;  // 33 trits hold the whole supply; the other 16 trytes are 9

Error refused(const std::string& what) {
  return {ErrorCode::kInputRefused, "transaction refused: " + what, ""};
}

// A count or a time: never negative.
Result<std::int64_t> decode_natural(crypto::TritView trits, fields::Field field, const char* name) {
  GL_TRY(value, crypto::decode_integer(
                    trits.subspan(field.offset * crypto::kTritsPerTryte, field.length * crypto::kTritsPerTryte)));
  if (value < 0) return tl::unexpected(refused(std::string("its ") + name + " is negative"));
  return value;
}

Result<std::uint32_t> decode_index(crypto::TritView trits, fields::Field field, const char* name) {
  GL_TRY(value, decode_natural(trits, field, name));
  if (value > std::numeric_limits<std::uint32_t>::max()) {
    return tl::unexpected(refused(std::string("its ") + name + " is out of range"));
  }
  return static_cast<std::uint32_t>(value);
}

}  // namespace

Result<Transaction> Transaction::from_trytes(std::string trytes) {
  if (trytes.size() != kTransactionTrytes) {
    return tl::unexpected(refused("it has " + std::to_string(trytes.size()) + " trytes, not 2673"));
  }
  if (!crypto::is_trytes(trytes)) return tl::unexpected(refused("it holds characters other than 9 and A to Z"));
  const crypto::Trits trits = crypto::trits_from_trytes(trytes);
  Transaction transaction;
  const auto value_end = trytes.begin() + fields::kValue.offset + fields::kValue.length;
  if (!std::all_of(trytes.begin() + fields::kValue.offset + kValueTrytesMax, value_end,
                   [](char c) { return c == '9'; })) {
    return tl::unexpected(refused("its value is out of range"));
  }
  GL_ASSIGN(transaction.value_,
            crypto::decode_integer(crypto::TritView(trits).subspan(fields::kValue.offset * crypto::kTritsPerTryte,
                                                                   kValueTrytesMax * crypto::kTritsPerTryte)));
  GL_ASSIGN(transaction.timestamp_s_, decode_natural(trits, fields::kTimestamp, "timestamp"));
  GL_ASSIGN(transaction.current_index_, decode_index(trits, fields::kCurrentIndex, "index"));
  GL_ASSIGN(transaction.last_index_, decode_index(trits, fields::kLastIndex, "last index"));
  GL_ASSIGN(transaction.attachment_timestamp_ms_,
            decode_natural(trits, fields::kAttachmentTimestamp, "attachment timestamp"));
  if (transaction.current_index_ > transaction.last_index_) {
    return tl::unexpected(refused("its index is above its last index"));
  }
  transaction.hash_ = crypto::curl_hash(crypto::CurlRounds::kP81, trits);
  transaction.trytes_ = std::move(trytes);
  return transaction;
}

// 81 trytes of a valid transaction are a valid hash.
Hash Transaction::address() const {
  return *Hash::from_trytes(view(fields::kAddress.offset, fields::kAddress.length));
}
Hash Transaction::bundle() const {
  return *Hash::from_trytes(view(fields::kBundle.offset, fields::kBundle.length));
}
Hash Transaction::trunk() const {
  return *Hash::from_trytes(view(fields::kTrunk.offset, fields::kTrunk.length));
}
Hash Transaction::branch() const {
  return *Hash::from_trytes(view(fields::kBranch.offset, fields::kBranch.length));
}

}  // namespace glucoledger::ledger
