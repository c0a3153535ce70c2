// Reading addresses on which anyone may have posted: every bundle that stands there whole and valid is judged, and what
// passes is taken, until nothing more is wanted of any address.
//
// However many addresses there are, they are asked for in slices, and the ends of these are folded into one. Bundles
// are judged by several threads at once and taken by one, the caller's, so that what takes needs no lock.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "ledger/bundle.h"
#include "ports/ledger.h"

namespace glucoledger::exchange {

struct JudgedEnd {
  std::vector<bool> pruned;  // by the addresses' order: the ledger dropped something there
  std::vector<bool> cut;     // the ledger holds more there than it hands out
  // Where too few nodes answered to be sure of what is missing: who did, in words (ports::ReadEnd).
  std::string doubt;
};

// A bundle that stands, whole, at the address of this number. Not checked further.
struct FoundBundle {
  std::size_t which = 0;
  ledger::Bundle bundle;
};
// Takes bundles as they become whole; says of which addresses nothing more is wanted.
using TakeBundles = std::function<std::vector<std::size_t>(std::span<const FoundBundle> bundles)>;
Result<JudgedEnd> read_bundles(ports::Ledger& ledger, std::span<const crypto::Hash> addresses, const TakeBundles& take,
                               const base::CancelToken& cancel);

// `judge(which, bundle)`: what a valid bundle at addresses[which] is, an optional; thread-safe. `take(which, finding)`:
// true when nothing more is wanted of this address.
template <typename Judge, typename Take>
Result<JudgedEnd> read_judged(ports::Ledger& ledger, std::span<const crypto::Hash> addresses, const Judge& judge,
                              const Take& take, const base::CancelToken& cancel) {
  using Finding = decltype(judge(std::size_t{}, std::declval<const ledger::Bundle&>()));
  const auto take_bundles = [&](std::span<const FoundBundle> bundles) {
    std::vector<Finding> findings(bundles.size());
    base::in_parallel(bundles.size(), [&](std::size_t i) {
      if (ledger::check_bundle(bundles[i].bundle.transactions)) {
        findings[i] = judge(bundles[i].which, bundles[i].bundle);
      }
    });
    std::vector<std::size_t> settled;
    for (std::size_t i = 0; i < bundles.size(); ++i) {
      const bool is_settled = std::find(settled.begin(), settled.end(), bundles[i].which) != settled.end();
      if (!findings[i] || is_settled) continue;
      if (take(bundles[i].which, std::move(*findings[i]))) settled.push_back(bundles[i].which);
    }
    return settled;
  };
  return read_bundles(ledger, addresses, take_bundles, cancel);
}

}  // namespace glucoledger::exchange
