// A heap of transactions as others may send it: what is assembled from it is valid.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "ledger/bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger::ledger;
  using glucoledger::crypto::kTryteAlphabet;
  constexpr std::size_t kHeapMax = 128;
  std::vector<Transaction> heap;
  for (std::size_t offset = 0; offset + kTransactionTrytes <= size && heap.size() < kHeapMax;) {
    std::string trytes(reinterpret_cast<const char*>(data) + offset, kTransactionTrytes);
    for (char& c : trytes) {
      if (!glucoledger::crypto::is_trytes({&c, 1})) c = kTryteAlphabet[static_cast<std::uint8_t>(c) % 27];
    }
    offset += kTransactionTrytes;
    if (auto transaction = Transaction::from_trytes(std::move(trytes))) heap.push_back(std::move(*transaction));
  }
  const auto whole = check_bundle(heap);
  const std::vector<Bundle> bundles = assemble(heap);
  if (whole && bundles.empty()) std::abort();
  std::set<std::string> tails;
  for (const Bundle& bundle : bundles) {
    if (!check_bundle(bundle.transactions)) std::abort();
    if (!tails.insert(std::string(bundle.transactions[0].hash().trytes())).second) std::abort();
    if (bundle.payload().size() != bundle.transactions.size() * kFragmentTrytes) std::abort();
  }
  return 0;
}
