// For tests: a reader that counts what is looked at, since what one call may cost is a promise of the state machine.
#pragma once

#include <array>
#include <numeric>
#include <string>

#include "ledger/state_storage.h"

namespace glucoledger::ledger {

class CountingReader final : public StateReader {
 public:
  // Counts the keys that begin with `prefix`.
  explicit CountingReader(const StateReader& base, std::string prefix = "") : base_(base), prefix_(std::move(prefix)) {}

  // Keys asked for, keys handed out, and seeking.
  std::size_t count(Column column) const { return counts_[static_cast<std::size_t>(column)]; }
  std::size_t count() const { return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0}); }

  Result<std::optional<std::string>> get(Column column, std::string_view key) const override {
    tell(column, key);
    return base_.get(column, key);
  }
  Result<void> scan(Column column, std::string_view prefix, const Visitor& visit) const override {
    return scan_from(column, prefix, prefix, visit);
  }
  Result<void> scan_from(Column column, std::string_view prefix, std::string_view from,
                         const Visitor& visit) const override {
    tell(column, from);
    return base_.scan_from(column, prefix, from, [&](std::string_view key, std::string_view value) {
      tell(column, key);
      return visit(key, value);
    });
  }

 private:
  void tell(Column column, std::string_view key) const {
    if (key.starts_with(prefix_)) ++counts_[static_cast<std::size_t>(column)];
  }

  const StateReader& base_;
  const std::string prefix_;
  mutable std::array<std::size_t, kColumnCount> counts_{};
};

}  // namespace glucoledger::ledger
