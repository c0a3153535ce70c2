// The proof of work of a transaction: a nonce (its last 81 trits) for which Curl-P-81 of the 8,019 trits ends in at
// least `min_weight_magnitude` zero trits. Expected 3^mwm hashes.
//
// Bit-sliced: 128, 256 or 512 nonces go through one Curl together (simd/lane_search.h); threads share one nonce space.
// Deterministic for a given transaction with one thread and one kernel. Memory: under 1 MiB a thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/cancel.h"
#include "crypto/trytes.h"

namespace glucoledger::crypto {

inline constexpr std::size_t kTransactionTrits = 8019;
inline constexpr std::size_t kNonceTrits = 81;

struct ProofOfWorkOptions {
  int min_weight_magnitude = 9;
  int threads = 0;                                   // 0: all cores
  base::CancelToken cancel;                          // looked at at least every 10 ms
  std::function<void(std::uint64_t hashes)> report;  // hashes done so far, about; every few ms, from the calling thread
};

// The nonce, or nothing when cancelled. `transaction` is 8,019 trits.
std::optional<std::array<Trit, kNonceTrits>> find_nonce(TritView transaction, const ProofOfWorkOptions& options);

// How many hashes a search takes on average: 3^mwm. search_progress.h makes a time of it.
double expected_hashes(int min_weight_magnitude);

// Zero trits at the end of a hash.
int weight_magnitude(const Hash& hash);

}  // namespace glucoledger::crypto
