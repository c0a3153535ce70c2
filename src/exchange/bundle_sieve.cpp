#include "exchange/bundle_sieve.h"

#include <algorithm>

#include "base/limits.h"

namespace glucoledger::exchange {

// Follows the trunks from index 0.
bool BundleSieve::complete(const ledger::Transaction& tail, ledger::Bundle& bundle) const {
  std::vector<const ledger::Transaction*> chain{&tail};
  while (chain.back()->current_index() < tail.last_index()) {
    const auto next = parts_.find(chain.back()->trunk());
    if (next == parts_.end()) return false;
    if (next->second.current_index() != chain.size() || chain.size() >= base::limits::kReadBundleTransactionsMax) {
      return true;  // it can only be junk: an empty bundle
    }
    chain.push_back(&next->second);
  }
  bundle.hash = tail.bundle();
  for (const auto* transaction : chain) bundle.transactions.push_back(*transaction);
  return true;
}

std::vector<ledger::Bundle> BundleSieve::add(std::vector<ledger::Transaction> some) {
  for (auto& transaction : some) {
    const auto hash = transaction.hash();
    const bool is_tail = transaction.current_index() == 0;
    if (!parts_.emplace(hash, std::move(transaction)).second) continue;
    in_order_.push_back(hash);
    if (is_tail) open_tails_.push_back(hash);
  }
  std::vector<ledger::Bundle> whole;
  std::erase_if(open_tails_, [&](const crypto::Hash& tail) {
    ledger::Bundle bundle;
    if (!complete(parts_.at(tail), bundle)) return false;
    if (!bundle.transactions.empty()) whole.push_back(std::move(bundle));
    return true;
  });
  keep_few();
  return whole;
}

// What was part of a whole bundle stays for now: a forged index 0 may name the rest of a genuine one as its own.
void BundleSieve::keep_few() {
  if (in_order_.size() <= base::limits::kLoosePartsMax) return;
  std::unordered_set<crypto::Hash> open(open_tails_.begin(), open_tails_.end());
  while (in_order_.size() > base::limits::kLoosePartsMax) {
    open.erase(in_order_.front());
    parts_.erase(in_order_.front());
    in_order_.pop_front();
  }
  std::erase_if(open_tails_, [&](const crypto::Hash& tail) { return !open.contains(tail); });
}

}  // namespace glucoledger::exchange
