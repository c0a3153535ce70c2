// What decides which transactions a ledger takes and how long it keeps them. Made with the ledger and stored in it, so
// that every replica judges alike; a node's configuration decides none of it. Times are in ms.
//
// One canonical encoding (docs/formats/ledger-state.md). A ledger of version 1 has the defaults.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/durations.h"
#include "base/limits.h"

namespace glucoledger::ledger {

inline constexpr std::uint32_t kStateFormatVersion = 3;
inline constexpr std::size_t kNetworkIdSize = 16;

struct Parameters {
  std::uint32_t format_version = kStateFormatVersion;  // less: still to be upgraded (state.h)
  Bytes network_id;                                    // 16 random bytes
  int min_weight_magnitude = 0;
  // Bodies are pruned when their milestone is this old; 0: they stay. At least waiting_max_ms.
  std::int64_t retention_ms = 0;
  // A transaction attached longer ago is refused, so that older hashes may be forgotten once pruned; 0: no limit, and
  // no hash is forgotten. At least waiting_max_ms, so that a bundle's parts are judged alike.
  std::int64_t duplicate_window_ms = 0;
  // What is in no valid bundle by then is dropped.
  std::int64_t waiting_max_ms = base::kDayMs;
  std::uint32_t waiting_count_max = 100'000;  // beyond: only what completes a bundle on known ground is taken
  std::uint32_t tip_depth_max = 15;           // tips are taken from this many milestones back
  // How far an attachment timestamp may lie ahead.
  std::int64_t timestamp_future_max_ms = base::limits::kTimestampFutureMaxMs;
  // How far the ledger's time may stay ahead of the clock it is given: a clock set back a little must not turn it back,
  // and one absurd value must not hold it for years.
  std::int64_t clock_lead_max_ms = 10 * base::kMinuteMs;
  std::uint32_t bundle_transactions_max = base::limits::kBundleTransactionsMax;  // at most this limit
  std::uint32_t housekeeping_max = 1000;  // transactions that one milestone prunes, drops and forgets, each

  friend bool operator==(const Parameters&, const Parameters&) = default;
};

// kUsage says which value is out of its range.
Result<void> check_parameters(const Parameters& parameters);
std::string encode(const Parameters& parameters);
// Of versions 1 to 3. kNewerFormat, or kCorrupt for what encode() never wrote.
Result<Parameters> decode_parameters(std::string_view bytes);

}  // namespace glucoledger::ledger
