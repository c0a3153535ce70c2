// Transactions that passed every check that needs no ledger: format, proof of work, value, size and hash of bundles.
//
// This is most of the work of taking transactions in, and many threads can do it at once, outside of the ledger's lock.
// Pure. kInputRefused says which rule of the parameters was broken.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ledger/mountain_range.h"
#include "ledger/packed_hash.h"
#include "ledger/parameters.h"
#include "ledger/transaction.h"

namespace glucoledger::ledger {

struct CheckedTransaction {
  Transaction transaction;
  std::string body;  // packed
  Digest leaf;       // of the body
  PackedHash hash;
  PackedHash address;
  PackedHash bundle;
  PackedHash trunk;
  PackedHash branch;
  std::string tag;  // packed
  // For a tail: its whole bundle stands among the transactions and is valid.
  bool bundle_checked = false;
};

class CheckedTransactions {
 public:
  // In the given order, each once.
  static Result<CheckedTransactions> check(const Parameters& parameters, std::span<const Transaction> transactions);
  // The rules that one transaction can break by itself.
  static Result<void> check_alone(const Transaction& transaction, const Parameters& parameters);
  std::span<const CheckedTransaction> all() const { return all_; }
  // Where the one with this hash stands; size() when it is not among them.
  std::size_t find(const PackedHash& hash) const;
  std::size_t size() const { return all_.size(); }

 private:
  Result<void> check_bundle_of(CheckedTransaction& tail, std::size_t& parts_left) const;

  std::vector<CheckedTransaction> all_;
  std::vector<std::size_t> by_hash_;  // positions, in the order of the hashes
};

}  // namespace glucoledger::ledger
