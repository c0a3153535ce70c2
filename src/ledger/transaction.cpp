#include "ledger/transaction.h"

#include <algorithm>
#include <array>
#include <limits>

#include "crypto/curl.h"

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

struct TryteTrits {
  std::array<crypto::Trit, crypto::kTritsPerTryte> trits{};
  bool is_tryte = false;
};

// By a table, which crypto:: does not use since seeds pass through there; a transaction is public.
constexpr std::array<TryteTrits, 256> kTryteTrits = [] {
  std::array<TryteTrits, 256> table{};
  for (std::size_t letter = 0; letter < crypto::kTryteAlphabet.size(); ++letter) {
    const std::size_t digits = (letter + 13) % 27;  // value + 13
    table[static_cast<std::uint8_t>(crypto::kTryteAlphabet[letter])] = {
        {static_cast<crypto::Trit>(static_cast<int>(digits % 3) - 1),
         static_cast<crypto::Trit>(static_cast<int>(digits / 3 % 3) - 1),
         static_cast<crypto::Trit>(static_cast<int>(digits / 9) - 1)},
        true};
  }
  return table;
}();

Result<void> write_trits(std::string_view trytes, std::span<crypto::Trit> trits) {
  if (trytes.size() != kTransactionTrytes) {
    return tl::unexpected(
        refused("it has " + std::to_string(trytes.size()) + " trytes, not " + std::to_string(kTransactionTrytes)));
  }
  bool are_trytes = true;
  for (std::size_t i = 0; i < trytes.size(); ++i) {
    const TryteTrits& entry = kTryteTrits[static_cast<std::uint8_t>(trytes[i])];
    are_trytes = are_trytes && entry.is_tryte;
    std::copy(entry.trits.begin(), entry.trits.end(), trits.begin() + static_cast<std::ptrdiff_t>(3 * i));
  }
  if (!are_trytes) return tl::unexpected(refused("it holds characters other than 9 and A to Z"));
  return {};
}

}  // namespace

Result<Transaction> Transaction::from_trytes(std::string trytes) {
  std::array<crypto::Trit, kTransactionTrits> trits;
  GL_CHECK(write_trits(trytes, trits));
  GL_TRY(transaction, read_fields(std::move(trytes), trits));
  transaction.hash_ = crypto::curl_hash(crypto::CurlRounds::kP81, trits);
  return transaction;
}

Result<std::vector<Transaction>> Transaction::many_from_trytes(std::vector<std::string> trytes) {
  constexpr std::size_t kPiece = 16;
  std::vector<Transaction> transactions;
  transactions.reserve(trytes.size());
  crypto::Trits trits(std::min(kPiece, trytes.size()) * kTransactionTrits);
  std::array<Hash, kPiece> hashes;
  while (transactions.size() < trytes.size()) {
    const std::size_t begin = transactions.size();
    const std::size_t count = std::min(kPiece, trytes.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      const auto own = std::span(trits).subspan(i * kTransactionTrits, kTransactionTrits);
      GL_CHECK(write_trits(trytes[begin + i], own));
      GL_TRY(transaction, read_fields(std::move(trytes[begin + i]), own));
      transactions.push_back(std::move(transaction));
    }
    crypto::curl_hash_many(crypto::CurlRounds::kP81, std::span(trits).first(count * kTransactionTrits),
                           std::span(hashes).first(count));
    for (std::size_t i = 0; i < count; ++i) transactions[begin + i].hash_ = hashes[i];
  }
  return transactions;
}

Result<Transaction> Transaction::read_fields(std::string trytes, crypto::TritView trits) {
  Transaction transaction;
  const auto value_end = trytes.begin() + fields::kValue.offset + fields::kValue.length;
  if (!std::all_of(trytes.begin() + fields::kValue.offset + kValueTrytesMax, value_end,
                   [](char c) { return c == '9'; })) {
    return tl::unexpected(refused("its value is out of range"));
  }
  GL_ASSIGN(transaction.value_, crypto::decode_integer(trits.subspan(fields::kValue.offset * crypto::kTritsPerTryte,
                                                                     kValueTrytesMax * crypto::kTritsPerTryte)));
  GL_ASSIGN(transaction.timestamp_s_, decode_natural(trits, fields::kTimestamp, "timestamp"));
  GL_ASSIGN(transaction.current_index_, decode_index(trits, fields::kCurrentIndex, "index"));
  GL_ASSIGN(transaction.last_index_, decode_index(trits, fields::kLastIndex, "last index"));
  GL_ASSIGN(transaction.attachment_timestamp_ms_,
            decode_natural(trits, fields::kAttachmentTimestamp, "attachment timestamp"));
  if (transaction.current_index_ > transaction.last_index_) {
    return tl::unexpected(refused("its index is above its last index"));
  }
  transaction.trytes_ = std::move(trytes);
  return transaction;
}

// 81 trytes of a valid transaction are a valid hash.
Hash Transaction::address() const {
  return *Hash::from_trytes(view(fields::kAddress));
}
Hash Transaction::bundle() const {
  return *Hash::from_trytes(view(fields::kBundle));
}
Hash Transaction::trunk() const {
  return *Hash::from_trytes(view(fields::kTrunk));
}
Hash Transaction::branch() const {
  return *Hash::from_trytes(view(fields::kBranch));
}

}  // namespace glucoledger::ledger
