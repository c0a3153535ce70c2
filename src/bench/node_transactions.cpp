#include "bench/node_transactions.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <random>

#include "base/parallel.h"
#include "bench/measure.h"
#include "crypto/kerl.h"
#include "ledger/bundle.h"

namespace glucoledger::bench {
namespace {

constexpr std::string_view kTag = "GLUCOLEDGERBENCH";

// Nothing here is a secret: the trytes only have to differ, and not to compress better than a MAM payload does.
std::string random_trytes(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  std::string trytes(count, '9');
  for (std::size_t i = 0; i < count;) {
    std::uint64_t word = random();
    for (int digit = 0; digit < 13 && i < count; ++digit, word /= 27) trytes[i++] = crypto::kTryteAlphabet[word % 27];
  }
  return trytes;
}

std::uint64_t mixed(std::uint64_t series, std::uint64_t number) {
  return (series * 0x9e3779b97f4a7c15U) ^ (number + 0x7f4a7c15U) * 0xbf58476d1ce4e5b9U;
}

}  // namespace

ledger::Hash numbered_address(std::uint64_t series, std::uint64_t number) {
  std::string trytes = random_trytes(mixed(series, number), crypto::kHashTrytes - 1);
  const auto address = ledger::Hash::from_trytes(trytes + '9');
  GL_ASSERT(address);
  return *address;
}

TransactionSeries::TransactionSeries(const SeriesOptions& options, const base::CancelToken& cancel)
    : options_(options), cancel_(cancel) {
  GL_ASSERT(options.window > 0);
  recent_.resize(options.window);
}

Result<ledger::Transaction> TransactionSeries::make(std::uint64_t number, std::int64_t now_ms) const {
  const std::string payload = random_trytes(~mixed(options_.series, number), ledger::kFragmentTrytes);
  GL_TRY(bundle, ledger::prepare(payload, numbered_address(options_.series, number), kTag, now_ms / 1'000));
  ledger::Attachment attachment{options_.tips.trunk, options_.tips.branch, now_ms};
  if (number >= options_.window) {
    attachment.trunk = recent_[number % options_.window];
    attachment.branch = recent_[(number / 2) % options_.window];
  }
  GL_TRY(attached, ledger::attach(bundle, attachment, proof_of_work(options_.min_weight_magnitude, 1, cancel_)));
  return std::move(attached.front());
}

// None of them approves another of the same window, so threads share them out.
Result<std::vector<ledger::Transaction>> TransactionSeries::next_window(std::size_t count, std::int64_t now_ms) {
  std::vector<std::optional<ledger::Transaction>> made(count);
  std::atomic<bool> failed{false};
  base::in_parallel(count, [&](std::size_t i) {
    if (failed || cancel_.cancelled()) {
      failed = true;
      return;
    }
    auto transaction = make(made_ + i, now_ms);
    if (transaction) {
      made[i] = std::move(*transaction);
    } else {
      failed = true;
    }
  });
  if (failed) return fail(ErrorCode::kInterrupted, "interrupted while transactions were made");

  std::vector<ledger::Transaction> window;
  window.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    recent_[(made_ + i) % options_.window] = made[i]->hash();
    window.push_back(std::move(*made[i]));
  }
  made_ += count;
  return window;
}

Result<std::vector<ledger::Transaction>> TransactionSeries::next(std::size_t count, std::int64_t now_ms) {
  std::vector<ledger::Transaction> all;
  all.reserve(count);
  while (all.size() < count) {
    const std::size_t room = options_.window - static_cast<std::size_t>(made_ % options_.window);
    GL_TRY(window, next_window(std::min(room, count - all.size()), now_ms));
    std::move(window.begin(), window.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace glucoledger::bench
