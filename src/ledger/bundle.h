// A bundle: transactions that belong together. Here it carries a payload of trytes to one address, with no value.
//
// prepare() fixes everything but the attachment; attach() chains and does the proof of work from the last index down
// (each transaction names the hash of the next, so the work inside a bundle is sequential); assemble() finds the valid
// bundles in a heap of transactions. Source: @iota/bundle, @iota/core attachToTangle. Vectors: tests/vectors.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/proof_of_work.h"
#include "ledger/transaction.h"

namespace glucoledger::ledger {

// Trytes of a bundle's transactions, index 0 first, with trunk, branch, attachment timestamps and nonce all 9.
using PreparedBundle = std::vector<std::string>;

// Splits the payload (padded with 9) over as many transactions as it needs, at least one; finds the obsolete tag for
// which the normalised bundle hash holds no 13 (the "M-bug"). kInputRefused above limits::kBundleTransactionsMax.
Result<PreparedBundle> prepare(std::string_view payload_trytes, const Hash& address, std::string_view tag,
                               std::int64_t timestamp_s);

struct Attachment {
  Hash trunk;
  Hash branch;
  std::int64_t timestamp_ms = 0;
};
// The finished transactions, index 0 first. kInterrupted when options.cancel asked.
Result<std::vector<Transaction>> attach(const PreparedBundle& bundle, const Attachment& attachment,
                                        const crypto::ProofOfWorkOptions& options);

Hash bundle_hash(std::span<const std::string_view> essences);
// The bundle hash that prepare() wrote.
Hash bundle_hash_of(const PreparedBundle& bundle);
// Its signatureMessageFragments, joined. (A bundle's hash does not cover them.)
std::string payload_of(const PreparedBundle& bundle);

std::vector<Hash> hashes_of(std::span<const Transaction> transactions);

// Why a set of transactions, index 0 first, is no valid bundle; nothing when it is.
Result<void> check_bundle(std::span<const Transaction> bundle);
Result<void> check_chain(std::span<const Transaction* const> bundle);

struct Bundle {
  Hash hash;
  std::vector<Transaction> transactions;  // index 0 first
  std::string payload() const;            // their signatureMessageFragments, joined
};
// Every complete, valid bundle among the transactions, walked from each index 0 along the trunks. Attachments of the
// same bundle (same bundle hash and payload) count once. Transactions that belong to none are dropped.
std::vector<Bundle> assemble(std::span<const Transaction> transactions);

}  // namespace glucoledger::ledger
