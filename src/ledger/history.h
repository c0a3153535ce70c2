// The ledger in the order in which it grew, for those who follow it: from any position on, as far as bodies are kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/state.h"

namespace glucoledger::ledger {

struct Position {
  std::uint64_t sequence = 0;   // of the last transaction that was seen
  std::uint32_t milestone = 0;  // index of the last milestone that was seen

  friend bool operator==(const Position&, const Position&) = default;
};

struct History {
  struct Entry {
    std::uint64_t sequence = 0;
    Transaction transaction;
  };
  std::vector<Entry> transactions;    // pruned ones are left out
  std::vector<Milestone> milestones;  // after all transactions
  Position end;                       // to go on from; the position asked for when there is nothing after it
};

Result<Position> latest_position(const StateReader& reader);
// Looks at `count_max` transactions at most, and at as many milestones once there are no more transactions.
Result<History> history_after(const StateReader& reader, const Position& after, std::size_t count_max);

}  // namespace glucoledger::ledger
