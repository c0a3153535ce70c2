// Transactions for benchmarks: valid bundles of one transaction each, without value, numbered, no two alike.
//
// Transaction n of a series stands at numbered_address(series, n), so that whoever knows how many were stored can ask
// for any of them. Each approves two made `window` earlier, the first ones the tips that were given: a tangle about as
// wide as the window, as many clients make it. Cost: about 3^mwm hashes each, plus 50 us; 2,676 bytes of memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "ledger/transaction.h"
#include "ports/ledger.h"

namespace glucoledger::bench {

inline constexpr std::uint64_t kFillSeries = 0;  // what ledgers are filled with; a load draws another at random
ledger::Hash numbered_address(std::uint64_t series, std::uint64_t number);

struct SeriesOptions {
  std::uint64_t series = kFillSeries;
  int min_weight_magnitude = 1;
  std::size_t window = 1'000;
  ports::Tips tips;  // what the first ones approve
};

class TransactionSeries {
 public:
  TransactionSeries(const SeriesOptions& options, const base::CancelToken& cancel);
  // The next `count`, in the order in which they may be submitted. kInterrupted once cancelled.
  Result<std::vector<ledger::Transaction>> next(std::size_t count, std::int64_t now_ms);

 private:
  Result<std::vector<ledger::Transaction>> next_window(std::size_t count, std::int64_t now_ms);
  Result<ledger::Transaction> make(std::uint64_t number, std::int64_t now_ms) const;

  SeriesOptions options_;
  base::CancelToken cancel_;
  std::uint64_t made_ = 0;
  std::vector<ledger::Hash> recent_;  // the last `window` hashes, a ring by number
};

}  // namespace glucoledger::bench
