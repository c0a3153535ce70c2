#include "crypto/proof_of_work.h"

#include <algorithm>
#include <cmath>
#include <system_error>
#include <thread>
#include <vector>

#include "crypto/curl.h"
#include "crypto/simd/kernel.h"
#include "crypto/simd/lane_buffer.h"

// The nonce's first 9 trits belong to one step of the kernel's search, the next 40 count the steps, the rest stays as
// it was given.
namespace glucoledger::crypto {
namespace {

constexpr std::size_t kStepTrits = simd::kSearchLaneTrits + simd::kSearchInnerTrits;
constexpr std::size_t kCounterTrits = 40;
constexpr std::size_t kNonceOffset = kHashTrits - kNonceTrits;  // in the last of the 33 blocks
static_assert(kNonceOffset == simd::kSearchNonceAt);
constexpr std::uint64_t kReportSteps = 8;

using State = std::array<Trit, Curl::kStateTrits>;

struct Search {
  State state;  // the last block written over the rate, but not yet transformed
  const ProofOfWorkOptions& options;
  const simd::Kernel& kernel;
  std::atomic<std::uint64_t> next_step{0};
  std::atomic<bool> stop{false};
  std::atomic<bool> won{false};
  std::array<Trit, kNonceTrits> nonce{};  // written by the one thread that wins

  std::uint64_t hashes_per_step() const { return kernel.search_lanes * simd::kSearchInner; }
};

void work(Search& search, bool reports) {
  simd::LaneBuffer scratch(search.kernel.search_scratch_words);
  State state = search.state;
  const auto nonce = std::span(state).subspan(kNonceOffset, kNonceTrits);
  std::uint64_t own_steps = 0;
  while (!search.stop.load(std::memory_order_relaxed)) {
    if (search.options.cancel.cancelled()) {
      search.stop = true;
      return;
    }
    const std::uint64_t step = search.next_step.fetch_add(1, std::memory_order_relaxed);
    if (reports && search.options.report && ++own_steps % kReportSteps == 0) {
      search.options.report(step * search.hashes_per_step());
    }
    encode_integer(static_cast<std::int64_t>(step), nonce.subspan(kStepTrits, kCounterTrits));
    const auto hit = search.kernel.search(state.data(), search.options.min_weight_magnitude, scratch.data());
    if (!hit.found) continue;
    if (!search.won.exchange(true)) {
      simd::write_search_digits(hit, nonce.data());
      std::copy(nonce.begin(), nonce.end(), search.nonce.begin());
    }
    search.stop = true;
  }
}

}  // namespace

double expected_hashes(int min_weight_magnitude) {
  return std::pow(3.0, min_weight_magnitude);
}

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
  Search search{.state = {}, .options = options, .kernel = simd::kernel()};
  std::copy(curl.state().begin(), curl.state().end(), search.state.begin());

  const unsigned wanted =
      options.threads > 0 ? static_cast<unsigned>(options.threads) : std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> others;
  others.reserve(wanted);
  const auto help = [&search] {
    try {
      work(search, false);
    } catch (const std::exception&) {  // no memory for it: the others do it all
    }
  };
  try {
    while (others.size() + 1 < wanted) others.emplace_back(help);
  } catch (const std::system_error&) {
    // The system has no more threads to give: the ones there are do it all.
  }
  try {
    work(search, true);
  } catch (...) {
    search.stop = true;  // nobody is left to hear of a nonce
    throw;
  }
  others.clear();
  if (!search.won) return std::nullopt;
  return search.nonce;
}

}  // namespace glucoledger::crypto
