#include "crypto/proof_of_work.h"

#include <algorithm>
#include <bit>
#include <system_error>
#include <thread>
#include <vector>

#include "crypto/curl_lanes.h"
#include "crypto/curl_permutation.h"

// The nonce's first 4 trits tell the 64 lanes apart, the next 40 count batches, the rest stays as it was given.
namespace glucoledger::crypto {
namespace {

constexpr std::size_t kLaneTrits = 4;
constexpr std::size_t kCounterTrits = 40;
constexpr std::size_t kNonceOffset = kHashTrits - kNonceTrits;  // in the last of the 33 blocks
constexpr std::uint64_t kReportBatches = 1024;

struct Search {
  std::array<Trit, Curl::kStateTrits> state;  // the last block written over the rate, but not yet transformed
  const ProofOfWorkOptions& options;
  std::atomic<std::uint64_t> next_batch{0};
  std::atomic<bool> stop{false};
  std::atomic<bool> won{false};
  std::array<Trit, kNonceTrits> nonce{};  // written by the one thread that wins
};

std::array<Trit, kNonceTrits> nonce_of(const Search& search, std::uint64_t batch, std::size_t lane) {
  std::array<Trit, kNonceTrits> nonce;
  std::copy_n(search.state.begin() + kNonceOffset, kNonceTrits, nonce.begin());
  encode_integer(static_cast<std::int64_t>(lane) - 32, std::span(nonce).first(kLaneTrits));
  encode_integer(static_cast<std::int64_t>(batch), std::span(nonce).subspan(kLaneTrits, kCounterTrits));
  return nonce;
}

void load(const Search& search, std::uint64_t batch, CurlLanes& lanes) {
  for (std::size_t i = 0; i < Curl::kStateTrits; ++i) lanes.set_all(i, search.state[i]);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const auto nonce = nonce_of(search, batch, lane);
    for (std::size_t i = 0; i < kLaneTrits; ++i) lanes.set_lane(kNonceOffset + i, lane, nonce[i]);
  }
  const auto nonce = nonce_of(search, batch, 0);
  for (std::size_t i = kLaneTrits; i < kNonceTrits; ++i) lanes.set_all(kNonceOffset + i, nonce[i]);
}

// The lanes whose hash ends in enough zeros, as bits.
std::uint64_t winners(const CurlLanes& lanes, int min_weight_magnitude) {
  std::uint64_t found = ~std::uint64_t{0};
  for (int k = 1; k <= min_weight_magnitude && found != 0; ++k) {
    found &= lanes.zeros(kCurlOrderP81.position[kHashTrits - static_cast<std::size_t>(k)]);
  }
  return found;
}

void work(Search& search, bool reports) {
  CurlLanes start;
  CurlLanes scratch_a;
  CurlLanes scratch_b;
  load(search, 0, start);
  std::uint64_t own_batches = 0;
  while (!search.stop.load(std::memory_order_relaxed)) {
    if (search.options.cancel != nullptr && search.options.cancel->load(std::memory_order_relaxed)) {
      search.stop = true;
      return;
    }
    const std::uint64_t batch = search.next_batch.fetch_add(1, std::memory_order_relaxed);
    if (reports && search.options.report && ++own_batches % kReportBatches == 0) search.options.report(batch * kLanes);
    std::array<Trit, kCounterTrits> counter;
    encode_integer(static_cast<std::int64_t>(batch), counter);
    for (std::size_t i = 0; i < kCounterTrits; ++i) start.set_all(kNonceOffset + kLaneTrits + i, counter[i]);
    scratch_a = start;
    const CurlLanes& hashes = transform_lanes(CurlRounds::kP81, scratch_a, scratch_b);
    const std::uint64_t found = winners(hashes, search.options.min_weight_magnitude);
    if (found == 0) continue;
    if (!search.won.exchange(true)) {
      search.nonce = nonce_of(search, batch, static_cast<std::size_t>(std::countr_zero(found)));
    }
    search.stop = true;
  }
}

}  // namespace

int weight_magnitude(const Hash& hash) {
  const auto trits = hash.trits();
  const auto last = std::find_if(trits.rbegin(), trits.rend(), [](Trit trit) { return trit != 0; });
  return static_cast<int>(last - trits.rbegin());
}

std::optional<std::array<Trit, kNonceTrits>> find_nonce(TritView transaction, const ProofOfWorkOptions& options) {
  GL_ASSERT(transaction.size() == kTransactionTrits);
  GL_ASSERT(options.min_weight_magnitude >= 0 && options.min_weight_magnitude <= static_cast<int>(kHashTrits));
  Curl curl(CurlRounds::kP81);
  curl.absorb(transaction.first(kTransactionTrits - kHashTrits));
  const TritView last_block = transaction.last(kHashTrits);
  std::copy(last_block.begin(), last_block.end(), curl.state().begin());
  Search search{.state = {}, .options = options};
  std::copy(curl.state().begin(), curl.state().end(), search.state.begin());

  const unsigned wanted =
      options.threads > 0 ? static_cast<unsigned>(options.threads) : std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> others;
  others.reserve(wanted);
  try {
    while (others.size() + 1 < wanted) others.emplace_back([&search] { work(search, false); });
  } catch (const std::system_error&) {
    // The system has no more threads to give: the ones there are do it all.
  }
  work(search, true);
  others.clear();
  if (!search.won) return std::nullopt;
  return search.nonce;
}

}  // namespace glucoledger::crypto
