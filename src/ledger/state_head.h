// What a command of the state machine begins and ends with: the counters, the tips and the journal.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "ledger/packed_hash.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {

// What happens beside the order in which transactions came; told to the journal by its letter.
enum class Event : char {
  kOpened = 'o',     // came, and is in no valid bundle yet
  kCompleted = 'c',  // became part of a valid bundle after it was open
  kSettled = 's',    // is in no valid bundle, and stays since one approves it
  kPostponed = 'l',  // would be dropped, but others that wait approve it
  kDropped = 'd',
  kPruned = 'p',
  kForgotten = 'f',
};

inline constexpr std::size_t kTipsMax = 64;  // part of the format

struct Tip {
  std::uint64_t order = 0;
  PackedHash hash;
};

struct Head {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  std::uint64_t sequence = 0;   // of the newest transaction
  std::uint64_t order = 0;      // how many became valid; each bears its number
  std::uint64_t confirmed = 0;  // of these
  std::uint64_t gone = 0;       // bodies pruned or dropped
  std::uint64_t open = 0;       // in no valid bundle yet
  std::uint64_t spreads = 0;    // solid ones of which not all approvers were looked at (state_solidity.h)
  std::uint64_t missing = 0;    // hashes that are named by what waits, and not here
  std::int64_t time_ms = 0;
  // No open one is to be looked at before: where deadlines begin, behind all that were erased.
  std::int64_t first_look_ms = kNever;
  // Retention: milestones before this index have been looked at, bodies may go up to the sequence number `prune_to`,
  // and have gone up to `pruned_to`.
  std::uint32_t prune_milestone = 1;
  std::uint64_t prune_to = 0;
  std::uint64_t pruned_to = 0;
  Digest journal{};  // a chain of digests over all events
  std::vector<Tip> tips;

  void tell(Event event, std::uint64_t sequence);
  void add_tip(const PackedHash& hash, std::uint64_t tip_order);
  void remove_tip(const PackedHash& hash);
  // Those of an order up to this one, but the newest stays.
  void remove_tips_to(std::uint64_t tip_order);
};

Result<Head> read_head(const StateReader& reader);
void put_head(StateBatch& batch, const Head& head);
// The ledger's time at `now_ms`: it does not run backward while the clock is off by less than the lead.
std::int64_t time_at(const Head& head, const Parameters& parameters, std::int64_t now_ms);

// A chain of hashes: two ledgers with the same milestone took the same transactions in the same order.
Hash milestone_hash(const Parameters& parameters, const Hash& previous, const Milestone& milestone);

// A transaction in no valid bundle: when it came, and when it is looked at whether it may be dropped.
struct Open {
  std::int64_t came_ms = 0;
  std::int64_t look_ms = 0;
  PackedHash hash;
};
Result<std::optional<Open>> find_open(const StateReader& reader, std::uint64_t sequence);
void put_open(StateBatch& batch, Head& head, std::uint64_t sequence, const Open& open);
void erase_open(StateBatch& batch, std::uint64_t sequence, const Open& open);

// Tells that a hash is missing, or is no longer; end_missing() is true where it was.
Result<void> put_missing(StateBatch& batch, Head& head, const PackedHash& hash);
Result<bool> end_missing(StateBatch& batch, Head& head, const PackedHash& hash);

// Takes the body and what finds it away; the record is the caller's.
void erase_body(StateBatch& batch, const Transaction& transaction, std::uint64_t sequence);
// Nothing where it was pruned or dropped.
Result<std::optional<Transaction>> find_body(const StateReader& reader, std::uint64_t sequence);
// kCorrupt where there is none.
Result<Transaction> read_body(const StateReader& reader, std::uint64_t sequence);
// The record stays, and the mark on the address. Those of before a duplicate window are forgotten in their time.
Result<void> prune_transaction(StateBatch& batch, const Parameters& parameters, Head& head,
                               const Transaction& transaction, records::Record record);
void put_forgettable(StateBatch& batch, std::uint64_t sequence, std::int64_t time_ms, const PackedHash& hash);
// What waits too long is dropped, what is older than the retention pruned, hashes older than the duplicate window
// forgotten; parameters.housekeeping_max of each at most. True when anything changed.
Result<bool> keep_house(StateBatch& batch, const Parameters& parameters, Head& head);

}  // namespace glucoledger::ledger
