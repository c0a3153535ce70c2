#include "ledger/checked_transactions.h"

#include <algorithm>
#include <numeric>

#include "base/limits.h"
#include "crypto/proof_of_work.h"
#include "ledger/bundle.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

tl::unexpected<Error> refused(const Transaction& transaction, const std::string& why) {
  return records::refused(transaction.hash(), why);
}

CheckedTransaction pack_all(const Transaction& transaction) {
  CheckedTransaction checked{transaction,
                             records::pack(transaction.trytes()),
                             {},
                             PackedHash(transaction.hash()),
                             PackedHash(transaction.address()),
                             PackedHash(transaction.bundle()),
                             PackedHash(transaction.trunk()),
                             PackedHash(transaction.branch()),
                             records::pack(transaction.tag())};
  checked.leaf = leaf_digest(base::as_bytes(checked.body));
  return checked;
}

}  // namespace

Result<void> CheckedTransactions::check_alone(const Transaction& transaction, const Parameters& parameters) {
  if (std::all_of(transaction.trytes().begin(), transaction.trytes().end(), [](char c) { return c == '9'; })) {
    return refused(transaction, "it is empty");
  }
  const int weight = crypto::weight_magnitude(transaction.hash());
  if (weight < parameters.min_weight_magnitude) {
    return refused(transaction, "its proof of work has weight " + std::to_string(weight) + ", this ledger asks for " +
                                    std::to_string(parameters.min_weight_magnitude));
  }
  if (transaction.value() != 0) return refused(transaction, "it moves value, and this ledger carries data only");
  if (transaction.last_index() >= parameters.bundle_transactions_max) {
    return refused(transaction,
                   "its bundle has more than " + std::to_string(parameters.bundle_transactions_max) + " transactions");
  }
  return {};
}

Result<CheckedTransactions> CheckedTransactions::check(const Parameters& parameters,
                                                       std::span<const Transaction> transactions) {
  CheckedTransactions result;
  std::vector<std::size_t> order(transactions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return transactions[left].hash() < transactions[right].hash();
  });
  std::vector<bool> is_first(transactions.size(), true);
  for (std::size_t i = 1; i < order.size(); ++i) {
    is_first[order[i]] = transactions[order[i]].hash() != transactions[order[i - 1]].hash();
  }
  result.all_.reserve(transactions.size());
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    if (!is_first[i]) continue;
    GL_CHECK(check_alone(transactions[i], parameters));
    result.all_.push_back(pack_all(transactions[i]));
  }
  result.by_hash_.resize(result.all_.size());
  std::iota(result.by_hash_.begin(), result.by_hash_.end(), std::size_t{0});
  std::sort(result.by_hash_.begin(), result.by_hash_.end(),
            [&](std::size_t left, std::size_t right) { return result.all_[left].hash < result.all_[right].hash; });
  std::size_t parts_left = result.size() + base::limits::kSharedPartsMax;
  for (CheckedTransaction& tail : result.all_) {
    if (tail.transaction.current_index() == 0) GL_CHECK(result.check_bundle_of(tail, parts_left));
  }
  return result;
}

// A tail answers for its bundle: it names all of it by hash. Other parts may be named by a stranger's tail.
Result<void> CheckedTransactions::check_bundle_of(CheckedTransaction& tail, std::size_t& parts_left) const {
  std::vector<const Transaction*> chain{&tail.transaction};
  const CheckedTransaction* last = &tail;
  while (chain.size() <= tail.transaction.last_index()) {
    const std::size_t next = find(last->trunk);
    if (next == size()) return {};
    if (parts_left-- == 0) return refused(tail.transaction, "too many tails share parts: send fewer of them at once");
    last = &all_[next];
    if (last->transaction.current_index() != chain.size() ||
        last->transaction.last_index() != tail.transaction.last_index() || last->bundle != tail.bundle) {
      return refused(tail.transaction, "its trunk is not the next part of its bundle");
    }
    chain.push_back(&last->transaction);
  }
  GL_CHECK(check_chain(chain));
  tail.bundle_checked = true;
  return {};
}

std::size_t CheckedTransactions::find(const PackedHash& hash) const {
  const auto found = std::lower_bound(by_hash_.begin(), by_hash_.end(), hash,
                                      [&](std::size_t at, const PackedHash& key) { return all_[at].hash < key; });
  return found != by_hash_.end() && all_[*found].hash == hash ? *found : size();
}

}  // namespace glucoledger::ledger
