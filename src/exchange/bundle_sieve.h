// Puts bundles together from transactions that come some at a time, and keeps little.
//
// Anyone can post at an address that is known, so junk may stand there by the thousand. Each bundle is judged as soon
// as it is whole; parts are kept up to a limit (11 MB), the oldest dropped first. A publisher's bundle comes in one
// piece, so its parts stand next to one another. Not thread-safe.
#pragma once

#include <deque>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ledger/bundle.h"

namespace glucoledger::exchange {

class BundleSieve {
 public:
  // The bundles that became whole: chained by their trunks, not checked further (ledger::check_bundle). One that was
  // attached several times comes as often.
  std::vector<ledger::Bundle> add(std::vector<ledger::Transaction> some);

 private:
  bool complete(const ledger::Transaction& tail, ledger::Bundle& bundle) const;
  void keep_few();

  std::unordered_map<crypto::Hash, ledger::Transaction> parts_;
  std::deque<crypto::Hash> in_order_;
  std::vector<crypto::Hash> open_tails_;  // index 0, and the rest has not come
};

}  // namespace glucoledger::exchange
