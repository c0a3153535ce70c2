// bench curl, bench kerl: single hashes, many at once, bundles.
#include "crypto/curl.h"

#include <vector>

#include "bench/benches.h"
#include "bench/measure.h"
#include "crypto/kerl.h"
#include "crypto/links.h"
#include "crypto/simd/kernel.h"
#include "ledger/bundle.h"

namespace glucoledger::bench {
namespace {

constexpr int kRuns = 50;

}  // namespace

// Each as the program uses it: Curl-P-27 as a step of a sponge (masking) and as a link of a key's chain, Curl-P-81 as
// the hash of 243 trits (an address). Each hash takes the one before it as its input.
Result<Figures> measure_curl(const base::CancelToken& cancel) {
  constexpr std::size_t kLinks = 512;
  const auto trits = example_trits(crypto::kTransactionTrits);
  const auto input = crypto::TritView(trits).first(crypto::kHashTrits);
  crypto::Curl p27(crypto::CurlRounds::kP27);
  auto address = example_trits(crypto::kHashTrits);
  const auto p81 = [&address, hash = crypto::simd::kernel().hash] {
    hash(address.data(), address.size(), 1, static_cast<int>(crypto::CurlRounds::kP81), address.data());
  };
  std::vector<crypto::Link> links(kLinks, crypto::pack_link(input));
  const double one_us = best_seconds(kRuns, 200, cancel, [&] { p27.absorb(input); }) * 1e6;
  const double of_512_us = best_seconds(kRuns, 4, cancel, [&] { crypto::hash_links(links); }) / kLinks * 1e6;
  return Figures{
      {"kernel", crypto::simd::kernel().name},
      {"p27_us", one_us},
      {"p81_us", best_seconds(kRuns, 200, cancel, p81) * 1e6},
      {"p27_link_us", best_seconds(kRuns, 200, cancel, [&] { crypto::hash_links(std::span(links).first(1)); }) * 1e6},
      {"p27_of_4_us",
       best_seconds(kRuns, 200, cancel, [&] { crypto::hash_links(std::span(links).first(4)); }) / 4 * 1e6},
      {"p27_of_512_us", of_512_us},
      {"p27_of_512_percent_of_single", of_512_us / one_us * 100},
      {"transaction_us", best_seconds(kRuns, 10, cancel, [&] {
                           static_cast<void>(crypto::curl_hash(crypto::CurlRounds::kP81, trits));
                         }) * 1e6}};
}

// The bundle of one message of three transactions: its hash (and the search for a normalised one without 13, in
// prepare), and the check of the finished bundle.
Result<Figures> measure_kerl(const base::CancelToken& cancel) {
  const auto trits = example_trits(crypto::kTransactionTrits);
  const auto input = crypto::TritView(trits).first(crypto::kHashTrits);
  const std::string payload(3 * ledger::kFragmentTrytes, 'A');
  const std::string tag(ledger::kTagTrytes, '9');
  GL_TRY(prepared, ledger::prepare(payload, {}, tag, 1'542'883'200));
  GL_TRY(bundle, ledger::attach(prepared, {{}, {}, 1'542'883'200'000}, proof_of_work(1, 1, cancel)));
  std::vector<std::string_view> essences;
  for (const ledger::Transaction& transaction : bundle) essences.push_back(transaction.essence());
  return Figures{
      {"kerl_us", best_seconds(kRuns, 50, cancel, [&] { static_cast<void>(crypto::kerl_hash(input)); }) * 1e6},
      {"bundle_hash_us",
       best_seconds(kRuns, 20, cancel, [&] { static_cast<void>(ledger::bundle_hash(essences)); }) * 1e6},
      {"bundle_check_us",
       best_seconds(kRuns, 20, cancel, [&] { static_cast<void>(ledger::check_bundle(bundle)); }) * 1e6}};
}

}  // namespace glucoledger::bench
