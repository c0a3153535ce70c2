// For tests of the use cases: a clock, and a ledger that remembers all that was ever sent to it and can fail at any
// call.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "base/mutex.h"
#include "base/test_clock.h"
#include "ledger/bundle.h"
#include "ledger_store/tangle.h"
#include "ports/test_reading.h"

namespace glucoledger::usecases {

// Goes on by a millisecond whenever someone looks.
class TickingClock final : public base::TestClock {
 public:
  TickingClock() : TestClock(1'735'689'600'000 /* 2025-01-01 */, 1) {}
};

// What stands between the use cases and the ledger.
struct Network {
  enum class Fault { kNone, kBefore, kAfter };  // the call fails before it did anything, or its answer is lost

  bool reachable = true;
  bool confirms_data = true;
  bool confirms_late = false;     // nothing yet
  bool is_read_only = false;      // it lets nobody submit
  std::int64_t fail_at_call = 0;  // counts down; the call that reaches 0 fails, and all after it
  Fault fault = Fault::kBefore;
  std::int64_t calls = 0;
  std::string doubt;                   // too few nodes agree on what is missing
  bool withholds = false;              // the few that answer hand out nothing
  std::set<crypto::Hash> withheld;     // of which nothing is handed out
  std::set<crypto::Hash> said_pruned;  // of which it is said to have been dropped, what stood there
  std::set<crypto::Hash> cut;          // of which only a part is handed out, and nothing of ours
  bool agreed = true;                  // as many nodes as must agree tell which ledger it is
  int more_weight = 0;                 // than the ledger asks for
  bool says_all_free_is_pruned = false;
  std::size_t lost_bundles = 0;  // of the submit whose answer is lost: so many of its first ones do not arrive
  crypto::Hash tampered;         // the address at which a trit is flipped on reading
  std::map<crypto::Hash, std::set<std::string>> payloads;  // all that was ever sent, by address
  // Happens when something is about to arrive, in the thread that sends it.
  std::function<void(const base::CancelToken& cancel)> before_submit;
};

class WatchedLedger final : public ports::Ledger {
 public:
  WatchedLedger(ledger_store::Tangle& tangle, Network& network) : tangle_(tangle), network_(network) {}

  Result<ports::LedgerInfo> info(const base::CancelToken& /*cancel*/ = {}) override {
    GL_TRY(info, call<ports::LedgerInfo>([&] { return tangle_.info(); }));
    info.confirms_data = network_.confirms_data;
    info.agreed = network_.agreed;
    info.min_weight_magnitude += network_.more_weight;
    return info;
  }
  Result<ports::Tips> tips(const base::CancelToken& /*cancel*/ = {}) override {
    return call<ports::Tips>([&] { return tangle_.tips(); });
  }
  Result<void> submit(std::span<const ledger::Transaction> transactions,
                      const base::CancelToken& cancel = {}) override {
    if (network_.before_submit) network_.before_submit(cancel);
    GL_CHECK(cancel.check());
    const base::MutexLock lock(mutex_);
    for (const auto& bundle : ledger::assemble(transactions)) {
      network_.payloads[bundle.transactions.front().address()].insert(bundle.payload());
    }
    return answer<void>([&]() -> Result<void> {
      if (network_.is_read_only) return fail(ErrorCode::kNotAllowed, "the ledger lets nobody in");
      std::size_t begin = 0;
      for (std::size_t lost = 0; !network_.reachable && lost < network_.lost_bundles && begin < transactions.size();
           ++lost) {
        begin += transactions[begin].last_index() + 1;
      }
      if (begin == transactions.size()) return {};
      return tangle_.submit(transactions.subspan(begin));
    });
  }
  Result<ports::ReadEnd> read_into(std::span<const crypto::Hash> addresses, ports::Sink& sink,
                                   const base::CancelToken& /*cancel*/ = {}) override {
    GL_TRY(contents, call<ports::AddressContents>([&] { return ports::read_all(tangle_, addresses); }));
    if (std::find(addresses.begin(), addresses.end(), network_.tampered) != addresses.end()) tamper(contents);
    lie(addresses, contents);
    if (!network_.withholds) sink.take(std::move(contents.transactions));
    ports::ReadEnd end{std::move(contents.pruned_addresses), {}, network_.doubt};
    std::copy_if(addresses.begin(), addresses.end(), std::back_inserter(end.cut_addresses),
                 [&](const auto& address) { return network_.cut.contains(address); });
    return end;
  }
  Result<std::vector<bool>> confirmed(std::span<const crypto::Hash> hashes,
                                      const base::CancelToken& /*cancel*/ = {}) override {
    GL_TRY(confirmed, call<std::vector<bool>>([&] { return tangle_.confirmed(hashes); }));
    if (!network_.confirms_data || network_.confirms_late) confirmed.assign(confirmed.size(), false);
    return confirmed;
  }
  Result<std::vector<bool>> held(std::span<const crypto::Hash> hashes,
                                 const base::CancelToken& /*cancel*/ = {}) override {
    GL_TRY(held, call<std::vector<bool>>([&] { return tangle_.held(hashes); }));
    if (network_.withholds) held.assign(held.size(), false);
    return held;
  }

 private:
  void lie(std::span<const crypto::Hash> addresses, ports::AddressContents& contents) const;
  void tamper(ports::AddressContents& contents) const;
  template <typename T, typename Function>
  Result<T> call(const Function& function) {
    const base::MutexLock lock(mutex_);
    return answer<T>(function);
  }
  template <typename T, typename Function>
  Result<T> answer(const Function& function) REQUIRES(mutex_) {
    ++network_.calls;
    const auto gone = [] { return fail(ErrorCode::kUnreachable, "the ledger does not answer"); };
    if (network_.fail_at_call > 0 && --network_.fail_at_call == 0) {
      network_.reachable = false;
      if (network_.fault == Network::Fault::kAfter) (void)function();
      return gone();
    }
    if (!network_.reachable) return gone();
    return function();
  }

  static inline base::Mutex mutex_;  // of all: several calls, and several ledgers, share one network
  ledger_store::Tangle& tangle_;
  Network& network_;
};

}  // namespace glucoledger::usecases
