#include "usecases/test_ledger.h"

namespace glucoledger::usecases {

void WatchedLedger::lie(std::span<const crypto::Hash> addresses, ports::AddressContents& contents) const {
  std::erase_if(contents.transactions, [&](const auto& transaction) {
    const auto address = transaction.address();
    return network_.withheld.contains(address) || network_.said_pruned.contains(address) ||
           network_.cut.contains(address);
  });
  for (const auto& address : addresses) {
    const bool is_free = std::none_of(contents.transactions.begin(), contents.transactions.end(),
                                      [&](const auto& transaction) { return transaction.address() == address; });
    if (network_.said_pruned.contains(address) || (network_.says_all_free_is_pruned && is_free)) {
      contents.pruned_addresses.push_back(address);
    }
  }
}

// A forger keeps all that a bundle's hash does not cover consistent.
void WatchedLedger::tamper(ports::AddressContents& contents) const {
  const auto bundles = ledger::assemble(contents.transactions);
  std::erase_if(contents.transactions,
                [&](const auto& transaction) { return transaction.address() == network_.tampered; });
  for (const auto& bundle : bundles) {
    if (bundle.transactions.front().address() != network_.tampered) continue;
    ledger::PreparedBundle forged;
    for (const auto& transaction : bundle.transactions) forged.emplace_back(transaction.trytes());
    char& tryte = forged.front()[700];
    tryte = tryte == 'A' ? 'B' : 'A';
    crypto::ProofOfWorkOptions work;
    work.min_weight_magnitude = 1;
    const auto& last = bundle.transactions.back();
    const auto attached = ledger::attach(forged, {last.trunk(), last.branch(), 1}, work).value();
    contents.transactions.insert(contents.transactions.end(), attached.begin(), attached.end());
  }
}

}  // namespace glucoledger::usecases
