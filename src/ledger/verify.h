// Looks whether a ledger's store is what the state machine could have left: every invariant, from first to last key.
//
// Each body hashes to its name and is under every index that finds it, and the indexes lead nowhere else; the Merkle
// mountain range is that of the bodies (of erased ones the leaf counts as it stands); standing follows from what is
// there; milestones chain; counters count. The list with reasons: docs/formats/ledger-state.md. Reads everything once
// in the order of the keys and looks up what belongs to it: about 50 us a transaction. Memory does not grow with the
// ledger. Pure; gives no error for damage, but findings.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ledger/state.h"

namespace glucoledger::ledger {

struct VerifyOptions {
  std::size_t findings_max = 100;  // told in words; all are counted
  // Called now and then with the transactions looked at and all of them; returns false to stop (kInterrupted).
  std::function<bool(std::uint64_t done, std::uint64_t all)> progress;
};

struct VerifyReport {
  std::uint64_t transactions = 0;  // that ever came
  std::uint64_t bodies = 0;
  std::uint64_t milestones = 0;
  std::uint64_t finding_count = 0;
  std::vector<std::string> findings;
  bool sound() const { return finding_count == 0; }
};

// kNotFound and kNewerFormat as read_parameters(); errors of the store itself.
Result<VerifyReport> verify(const StateReader& reader, const VerifyOptions& options);

}  // namespace glucoledger::ledger
