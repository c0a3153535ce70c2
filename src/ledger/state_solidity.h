// Which transactions become solid, and with that which bundles are judged: a bounded piece of it in every call.
//
// When a transaction becomes solid, those that approve it may become solid, too, and so on. A stranger may make that as
// wide and as deep as the waiting room is large; so the approvers that a call does not come to are left to later ones,
// as spreads in the store: "of this hash, the approvers from that sequence number on". Until then these wait, as if the
// last thing that they approve had come later.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/checked_transactions.h"
#include "ledger/state_head.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {

// The approvers of what is solid: those from this sequence number on have not been looked at.
struct Spread {
  PackedHash hash;
  std::uint64_t from = 0;
};
Result<std::optional<Spread>> find_spread(const StateReader& reader, const PackedHash& hash);
// And counts it.
void put_spread(StateBatch& batch, Head& head, const Spread& spread);

class Solidity {
 public:
  // What is known of a hash that this call touches.
  struct Entry {
    PackedHash hash;
    std::optional<records::Record> record;      // none: not here
    std::optional<bool> is_milestone;           // once asked
    const CheckedTransaction* fresh = nullptr;  // came with this call
    bool changed = false;
    bool awaited = false;                // it was named before it came
    std::vector<Entry*> fresh_children;  // that may become solid with it
    std::string essence;                 // of one that was here before, once its bundle was looked at
    std::vector<Entry*> bundle;          // of a fresh tail: its parts, once it is known that they are a valid bundle
  };

  Solidity(StateBatch& batch, Head& head) : batch_(batch), head_(head) {}

  Result<Entry*> find(const PackedHash& hash);
  Result<bool> is_solid(const PackedHash& hash);
  // Of a tail: its parts, index 0 first; none where not all are here. Refused where they are no valid bundle.
  Result<std::vector<Entry*>> read_bundle(Entry& tail);
  // Whether all that a whole bundle approves are tails of valid bundles (or milestones, or the hash of all 9), as far
  // as that is known: of what is solid.
  Result<bool> approves_tails(const std::vector<Entry*>& parts);
  // How many parts read_bundle() has come to.
  std::size_t parts_read() const { return parts_read_; }
  // A fresh one, whose parents may be solid.
  void look_at(Entry& entry) { looks_.push_back(&entry); }
  // All that is fresh, and of the rest about as much as `work_max` says: approvers and parts of bundles that are looked
  // at. What was left over before comes last.
  Result<void> spread(std::size_t work_max);
  // Writes what has changed.
  void finish();

 private:
  struct OpenSpread {
    Spread spread;
    bool is_stored = false;
  };

  Result<void> look(Entry& entry);
  Result<void> look_at_fresh();
  Result<bool> take_stored_spread();
  Result<void> spread_last();
  Result<std::vector<Entry*>> walk(Entry& tail);
  Result<std::string_view> essence_of(Entry& part);
  Result<void> judge_bundle(Entry& tail);
  Result<void> complete(const records::Record& record);
  void spend(std::size_t work) { work_left_ -= std::min(work, work_left_); }

  StateBatch& batch_;
  Head& head_;
  std::map<PackedHash, Entry> entries_;
  std::deque<Entry*> looks_;         // fresh ones that may have become solid
  std::vector<OpenSpread> spreads_;  // the last one first: what is deep does not pile up
  std::string stored_from_;          // where the next stored spread is looked for
  std::size_t parts_read_ = 0;
  std::size_t work_left_ = 0;
};

}  // namespace glucoledger::ledger
