#include "exchange/read_judged.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "exchange/bundle_sieve.h"

namespace glucoledger::exchange {
namespace {

constexpr std::size_t kAddressesPerRead = 250;

class SliceSink final : public ports::Sink {
 public:
  // `first`: the number of the slice's first address.
  SliceSink(std::span<const crypto::Hash> addresses, std::size_t first, const TakeBundles& take) : take_(take) {
    for (std::size_t i = 0; i < addresses.size(); ++i) number_.emplace(addresses[i], first + i);
  }

  void take(std::vector<ledger::Transaction> some) override {
    std::vector<FoundBundle> found;
    for (auto& bundle : sieve_.add(std::move(some))) {
      const auto at = number_.find(bundle.transactions.front().address());
      if (at == number_.end() || settled_.contains(at->second)) continue;
      found.push_back({at->second, std::move(bundle)});
    }
    if (found.empty()) return;
    for (const auto which : take_(found)) settled_.insert(which);
  }

  bool wants(const crypto::Hash& address) const override {
    const auto at = number_.find(address);
    return at != number_.end() && !settled_.contains(at->second);
  }

 private:
  const TakeBundles& take_;
  std::unordered_map<crypto::Hash, std::size_t> number_;
  std::unordered_set<std::size_t> settled_;
  BundleSieve sieve_;
};

}  // namespace

Result<JudgedEnd> read_bundles(ports::Ledger& ledger, std::span<const crypto::Hash> addresses, const TakeBundles& take,
                               const base::CancelToken& cancel) {
  JudgedEnd end{std::vector<bool>(addresses.size()), std::vector<bool>(addresses.size()), {}};
  for (std::size_t first = 0; first < addresses.size(); first += kAddressesPerRead) {
    GL_CHECK(cancel.check());
    const auto slice = addresses.subspan(first, std::min(kAddressesPerRead, addresses.size() - first));
    SliceSink sink(slice, first, take);
    GL_TRY(read, ledger.read_into(slice, sink, cancel));
    const auto mark = [&](const std::vector<crypto::Hash>& hashes, std::vector<bool>& marks) {
      if (hashes.empty()) return;
      const std::unordered_set<crypto::Hash> listed(hashes.begin(), hashes.end());
      for (std::size_t i = 0; i < slice.size(); ++i) marks[first + i] = listed.contains(slice[i]);
    };
    mark(read.pruned_addresses, end.pruned);
    mark(read.cut_addresses, end.cut);
    if (!read.doubt.empty()) end.doubt = std::move(read.doubt);
  }
  return end;
}

}  // namespace glucoledger::exchange
