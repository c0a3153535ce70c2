// For tests: finished bundles at a low weight, on top of given tips.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ledger/bundle.h"

namespace glucoledger::ledger {

inline constexpr int kTestWeight = 1;
inline constexpr std::int64_t kTestTimeMs = 1'542'883'200'000;

// Its wall time stands still; who waits has waited at once.
class FixedClock final : public base::Clock {
 public:
  std::int64_t now_ms() const override { return now; }
  std::int64_t steady_ms() const override { return now + waited_ms_; }
  bool wait_ms(std::int64_t duration_ms, const base::CancelToken& cancel) const override {
    if (!cancel.cancelled()) waited_ms_ += duration_ms;
    return cancel.cancelled();
  }
  std::int64_t now = kTestTimeMs;

 private:
  mutable std::atomic<std::int64_t> waited_ms_ = 0;
};

// An address that is told by a short name.
inline Hash test_hash(std::string_view name) {
  std::string trytes(name);
  trytes.resize(crypto::kHashTrytes, '9');
  return *Hash::from_trytes(trytes);
}

inline std::vector<Transaction> attach_for_test(const PreparedBundle& prepared, const Hash& trunk, const Hash& branch,
                                                std::int64_t timestamp_ms = kTestTimeMs, int weight = kTestWeight) {
  crypto::ProofOfWorkOptions options;
  options.min_weight_magnitude = weight;
  options.threads = 1;
  auto attached = attach(prepared, {trunk, branch, timestamp_ms}, options);
  EXPECT_TRUE(attached) << attached.error().message;
  return std::move(*attached);
}

// As many transactions as asked for; the payload tells the bundle from others.
inline std::vector<Transaction> test_bundle(std::string_view address, std::size_t count, const Hash& trunk = {},
                                            const Hash& branch = {}, std::string_view payload = "PAYLOAD",
                                            std::int64_t timestamp_ms = kTestTimeMs) {
  std::string trytes(payload);
  trytes.resize(count * kFragmentTrytes, 'A');
  auto prepared = prepare(trytes, test_hash(address), "TEST", kTestTimeMs / 1000);
  EXPECT_TRUE(prepared) << prepared.error().message;
  return attach_for_test(*prepared, trunk, branch, timestamp_ms);
}

}  // namespace glucoledger::ledger
