// For tests: a state machine over a store in memory, each command committed.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "ledger/state.h"
#include "ledger/test_bundles.h"
#include "ledger/transaction_fields.h"

namespace glucoledger::ledger {

using Transactions = std::vector<Transaction>;

inline Parameters test_parameters(int weight = kTestWeight) {
  Parameters parameters;
  parameters.network_id = Bytes(kNetworkIdSize, 7);
  parameters.min_weight_magnitude = weight;
  return parameters;
}

// All pages, joined.
inline Result<std::vector<Hash>> find_all(const StateReader& reader, const Query& query) {
  std::vector<Hash> hashes;
  for (std::optional<std::uint64_t> after = 0; after;) {
    GL_TRY(page, find(reader, query, *after, base::limits::kTransactionsPerAddressMax));
    hashes.insert(hashes.end(), page.hashes.begin(), page.hashes.end());
    after = page.next;
  }
  return hashes;
}

class Machine {
 public:
  explicit Machine(int weight = kTestWeight) : Machine(test_parameters(weight)) {}
  explicit Machine(const Parameters& parameters) : parameters_(parameters) {
    StateBatch batch(store_);
    create_ledger(batch, parameters_);
    EXPECT_TRUE(store_.commit(batch));
  }

  Result<void> submit(const Transactions& transactions, std::int64_t now_ms = kTestTimeMs) {
    StateBatch batch(store_);
    GL_CHECK(ledger::submit(batch, parameters_, transactions, now_ms));
    return store_.commit(batch);
  }
  Milestone issue_milestone(std::int64_t now_ms = kTestTimeMs, bool even_if_empty = false) {
    StateBatch batch(store_);
    const auto milestone = ledger::issue_milestone(batch, parameters_, now_ms, even_if_empty);
    EXPECT_TRUE(milestone) << milestone.error().message;
    EXPECT_TRUE(store_.commit(batch));
    return *milestone;
  }
  std::uint64_t prune_before(std::uint64_t sequence) {
    StateBatch batch(store_);
    const auto count = ledger::prune_before(batch, parameters_, sequence);
    EXPECT_TRUE(count) << count.error().message;
    EXPECT_TRUE(store_.commit(batch));
    return *count;
  }
  Standing standing(const Transaction& transaction) const { return *ledger::standing(store_, transaction.hash()); }
  // All are confirmed.
  bool confirmed(const Transactions& transactions) const {
    return std::all_of(transactions.begin(), transactions.end(),
                       [&](const Transaction& transaction) { return standing(transaction).milestone != 0; });
  }
  MemoryStore& store() { return store_; }
  const MemoryStore& store() const { return store_; }
  const Parameters& parameters() const { return parameters_; }

 private:
  MemoryStore store_;
  Parameters parameters_;
};

// The transaction with a field set, and a proof of work for it.
inline Transaction with(const Transaction& transaction, fields::Field field, std::string_view value) {
  std::string trytes = transaction.trytes();
  trytes.replace(field.offset, value.size(), value);
  crypto::ProofOfWorkOptions options;
  options.min_weight_magnitude = kTestWeight;
  options.threads = 1;
  const auto nonce = crypto::find_nonce(crypto::trits_from_trytes(trytes), options);
  trytes.replace(fields::kNonce.offset, fields::kNonce.length, crypto::trytes_from_trits(*nonce));
  auto changed = Transaction::from_trytes(trytes);
  EXPECT_TRUE(changed) << changed.error().message;
  return std::move(*changed);
}

}  // namespace glucoledger::ledger
