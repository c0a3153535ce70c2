// For tests: all that stands at addresses, at once.
#pragma once

#include <iterator>
#include <utility>

#include "ports/ledger.h"

namespace glucoledger::ports {

struct AddressContents {
  std::vector<ledger::Transaction> transactions;
  std::vector<Hash> pruned_addresses;
};

class CollectingSink final : public Sink {
 public:
  void take(std::vector<ledger::Transaction> some) override {
    std::move(some.begin(), some.end(), std::back_inserter(transactions));
  }
  bool wants(const Hash&) const override { return true; }
  std::vector<ledger::Transaction> transactions;
};

inline Result<AddressContents> read_all(Ledger& ledger, std::span<const Hash> addresses) {
  CollectingSink sink;
  GL_TRY(end, ledger.read_into(addresses, sink));
  return AddressContents{std::move(sink.transactions), std::move(end.pruned_addresses)};
}

}  // namespace glucoledger::ports
