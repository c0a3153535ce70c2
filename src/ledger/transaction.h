// A Tangle transaction: 2,673 trytes of fixed fields, and the hash that names it.
//
// Fields in order (trytes): signatureMessageFragment 2187, address 81, value 27, obsoleteTag 27, timestamp 9,
// currentIndex 9, lastIndex 9, bundle 81, trunk 81, branch 81, tag 27, attachmentTimestamp 9 (ms),
// attachmentTimestampLowerBound 9, attachmentTimestampUpperBound 9, nonce 27. Hash: Curl-P-81 of the 8,019 trits.
// Source: @iota/transaction-converter. Vectors: tests/vectors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/proof_of_work.h"
#include "crypto/trytes.h"
#include "ledger/transaction_fields.h"

namespace glucoledger::ledger {

using crypto::Hash;
using crypto::kTransactionTrits;

inline constexpr std::size_t kTransactionTrytes = kTransactionTrits / crypto::kTritsPerTryte;
inline constexpr std::size_t kPackedTransactionSize = (kTransactionTrits + 4) / 5;  // 5 trits a byte
inline constexpr std::size_t kFragmentTrytes = fields::kSignatureMessageFragment.length;
inline constexpr std::size_t kTagTrytes = fields::kTag.length;

// Holds valid trytes only. The hash is computed once, when made.
class Transaction {
 public:
  // Exactly 2,673 trytes; kInputRefused otherwise, and for a field that no client could have written (an index or
  // timestamp out of range). Says nothing about proof of work or bundle (bundle.h, state.h).
  static Result<Transaction> from_trytes(std::string trytes);
  // The same for each of many, all or none: their hashes are computed together, in about half of the time.
  static Result<std::vector<Transaction>> many_from_trytes(std::vector<std::string> trytes);

  const std::string& trytes() const { return trytes_; }
  const Hash& hash() const { return hash_; }

  std::string_view signature_message_fragment() const { return view(fields::kSignatureMessageFragment); }
  Hash address() const;
  std::int64_t value() const { return value_; }
  std::string_view obsolete_tag() const { return view(fields::kObsoleteTag); }
  std::int64_t timestamp_s() const { return timestamp_s_; }
  std::uint32_t current_index() const { return current_index_; }
  std::uint32_t last_index() const { return last_index_; }
  Hash bundle() const;
  Hash trunk() const;
  Hash branch() const;
  std::string_view tag() const { return view(fields::kTag); }
  std::int64_t attachment_timestamp_ms() const { return attachment_timestamp_ms_; }
  // When it was attached; the bundle's time where that is not told.
  std::int64_t stamped_ms() const {
    return attachment_timestamp_ms_ != 0 ? attachment_timestamp_ms_ : timestamp_s_ * 1000;
  }
  std::string_view nonce() const { return view(fields::kNonce); }
  // What the bundle hash covers: address, value, obsoleteTag, timestamp, currentIndex, lastIndex (162 trytes).
  std::string_view essence() const { return view(fields::kEssence); }

 private:
  Transaction() = default;
  // All but the hash.
  static Result<Transaction> read_fields(std::string trytes, crypto::TritView trits);
  std::string_view view(fields::Field field) const {
    return std::string_view(trytes_).substr(field.offset, field.length);
  }
  std::string trytes_;
  Hash hash_;
  std::int64_t value_ = 0;
  std::int64_t timestamp_s_ = 0;
  std::int64_t attachment_timestamp_ms_ = 0;
  std::uint32_t current_index_ = 0;
  std::uint32_t last_index_ = 0;
};

}  // namespace glucoledger::ledger
