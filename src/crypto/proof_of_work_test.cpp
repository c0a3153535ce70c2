#include "crypto/proof_of_work.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <thread>

#include "crypto/curl.h"

namespace glucoledger::crypto {
namespace {

Trits example_transaction(std::uint32_t random) {
  Trits trits(kTransactionTrits);
  for (Trit& trit : trits) {
    random = random * 1664525 + 1013904223;
    trit = static_cast<Trit>(static_cast<int>((random >> 16) % 3) - 1);
  }
  return trits;
}

Hash hash_with(Trits transaction, const std::array<Trit, kNonceTrits>& nonce) {
  std::copy(nonce.begin(), nonce.end(), transaction.end() - kNonceTrits);
  return curl_hash(CurlRounds::kP81, transaction);
}

TEST(ProofOfWork, FindsWhatTheScalarHashConfirms) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    for (const int threads : {1, 2, 0}) {
      const Trits transaction = example_transaction(seed);
      ProofOfWorkOptions options;
      options.min_weight_magnitude = static_cast<int>(seed) + 3;
      options.threads = threads;
      const auto nonce = find_nonce(transaction, options);
      ASSERT_TRUE(nonce);
      EXPECT_GE(weight_magnitude(hash_with(transaction, *nonce)), options.min_weight_magnitude);
    }
  }
}

TEST(ProofOfWork, OneThreadIsDeterministic) {
  const Trits transaction = example_transaction(7);
  ProofOfWorkOptions options;
  options.min_weight_magnitude = 8;
  options.threads = 1;
  EXPECT_EQ(find_nonce(transaction, options), find_nonce(transaction, options));
}

TEST(ProofOfWork, MagnitudeZeroNeedsNoSearch) {
  ProofOfWorkOptions options;
  options.min_weight_magnitude = 0;
  EXPECT_TRUE(find_nonce(example_transaction(3), options));
}

TEST(ProofOfWork, StopsWhenCancelled) {
  base::CancelSource cancel;
  std::uint64_t hashes_reported = 0;
  ProofOfWorkOptions options;
  options.min_weight_magnitude = 243;  // hopeless
  options.cancel = cancel.token();
  options.report = [&](std::uint64_t hashes) {
    EXPECT_GT(hashes, hashes_reported);
    hashes_reported = hashes;
    cancel.trip();
  };
  EXPECT_FALSE(find_nonce(example_transaction(1), options));
  EXPECT_GT(hashes_reported, 0U);
}

std::size_t threads_here() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

std::size_t heap_bytes() {
  const auto info = ::mallinfo2();  // under AddressSanitizer zeros: it looks for leaks itself
  return info.uordblks + info.hblkhd;
}

TEST(ProofOfWork, StartsAndStopsAThousandTimesAndLeavesNothing) {
  using Clock = std::chrono::steady_clock;
  const Trits transaction = example_transaction(2);
  const std::size_t threads_before = threads_here();
  std::size_t heap_bytes_early = 0;
  Clock::duration cancelled_in_at_most{};
  for (int repetition = 0; repetition < 1000; ++repetition) {
    if (repetition == 50) heap_bytes_early = heap_bytes();
    base::CancelSource cancel;
    if (repetition % 3 == 0) cancel.trip();
    Clock::time_point cancelled_at;
    ProofOfWorkOptions options;
    options.min_weight_magnitude = 243;
    options.threads = 2;
    options.cancel = cancel.token();
    std::jthread canceller([&] {
      if (repetition % 2 == 0) std::this_thread::yield();
      cancelled_at = Clock::now();
      cancel.trip();
    });
    ASSERT_FALSE(find_nonce(transaction, options));
    const auto stopped_at = Clock::now();
    canceller.join();
    cancelled_in_at_most = std::max(cancelled_in_at_most, stopped_at - cancelled_at);
  }
  // The system may list a thread for a moment after it was joined; one that stays keeps this from ending.
  while (threads_here() > threads_before) std::this_thread::yield();
  EXPECT_LE(heap_bytes(), heap_bytes_early + (std::size_t{1} << 16));
  std::printf("cancelled within %.1f ms at most, of 1,000 times\n",
              std::chrono::duration<double, std::milli>(cancelled_in_at_most).count());
}

TEST(ProofOfWork, CountsZerosAtTheEnd) {
  EXPECT_EQ(weight_magnitude(Hash()), 243);
  EXPECT_EQ(weight_magnitude(*Hash::from_trytes(std::string(80, 'A') + "9")), 5);  // A = 1, 0, 0
  EXPECT_EQ(weight_magnitude(*Hash::from_trytes(std::string(81, 'M'))), 0);
  EXPECT_EQ(weight_magnitude(*Hash::from_trytes(std::string(81, 'C'))), 1);  // C = 0, 1, 0
}

}  // namespace
}  // namespace glucoledger::crypto
