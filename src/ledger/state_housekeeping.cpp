// What a ledger lets go of: bounded in every call, and in the same order in every replica.
#include <algorithm>
#include <deque>

#include "ledger/state.h"
#include "ledger/state_head.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

class Housekeeping {
 public:
  Housekeeping(StateBatch& batch, const Parameters& parameters, Head& head)
      : batch_(batch), parameters_(parameters), head_(head) {}

  Result<bool> run() {
    const bool is_settled = head_.spreads == 0;  // what may be solid in a moment does not wait too long
    if (is_settled) GL_CHECK(drop_what_waits_too_long());
    GL_CHECK(prune());
    if (is_settled) GL_CHECK(forget());
    return changed_;
  }

 private:
  enum class Need { kNone, kWaiting, kValid };  // by what it is approved: nothing solid, solid ones, valid ones

  // The open ones whose time has come. One that was stamped when the clock was far ahead waits from now.
  Result<void> drop_what_waits_too_long() {
    budget_ = parameters_.housekeeping_max;
    std::vector<std::uint64_t> due;
    std::vector<std::uint64_t> ahead;
    const std::string prefix = key(Index::kDeadline, "");
    const auto time_key = [&](std::int64_t ms) {
      return prefix + records::encode_integer(static_cast<std::uint64_t>(ms), 8);
    };
    const auto look_of = [&](std::string_view key) {
      return static_cast<std::int64_t>(decode_integer(key.substr(prefix.size(), 8)).value_or(0));
    };
    const auto add = [&](std::vector<std::uint64_t>& to, std::string_view key) {
      to.push_back(decode_integer(key.substr(prefix.size() + 8)).value_or(0));
      return to.size() < parameters_.housekeeping_max;
    };
    const std::int64_t oldest_ms = head_.time_ms - parameters_.waiting_max_ms;
    if (head_.first_look_ms <= oldest_ms) {
      std::int64_t first_ms = Head::kNever;
      GL_CHECK(batch_.scan_from(Column::kIndexes, prefix, time_key(head_.first_look_ms),
                                [&](std::string_view key, std::string_view) {
                                  if (due.empty()) first_ms = look_of(key);
                                  return look_of(key) <= oldest_ms && add(due, key);
                                }));
      changed_ = changed_ || first_ms != head_.first_look_ms;
      head_.first_look_ms = first_ms;
    }
    const std::int64_t ahead_ms = head_.time_ms + parameters_.clock_lead_max_ms + 1;
    GL_CHECK(batch_.scan_from(Column::kIndexes, prefix, time_key(ahead_ms),
                              [&](std::string_view key, std::string_view) { return add(ahead, key); }));
    for (const std::uint64_t sequence : ahead) GL_CHECK(postpone(sequence, true));
    // The newest first: what is only approved by others that go can go with them.
    std::reverse(due.begin(), due.end());
    queue_.assign(due.begin(), due.end());
    for (; !queue_.empty(); queue_.pop_front()) GL_CHECK(drop(queue_.front()));
    return {};
  }

  Result<void> postpone(std::uint64_t sequence, bool anew) {
    GL_TRY(open, find_open(batch_, sequence));
    if (!open) return tl::unexpected(damaged());
    erase_open(batch_, sequence, *open);
    open->look_ms = head_.time_ms;
    if (anew) open->came_ms = head_.time_ms;
    put_open(batch_, head_, sequence, *open);
    return tell(Event::kPostponed, sequence);
  }

  Result<void> drop(std::uint64_t sequence) {
    GL_TRY(open, find_open(batch_, sequence));
    if (!open) return {};  // by now it is gone
    if (budget_ == 0) return postpone_to_next(sequence, *open);
    --budget_;
    GL_TRY(record, find_record(batch_, open->hash));
    if (!record) return tl::unexpected(damaged());
    Need need = Need::kNone;
    if (record->solid) {
      GL_ASSIGN(need, need_of(open->hash));
    }
    if (need == Need::kWaiting) return postpone(sequence, false);
    erase_open(batch_, sequence, *open);
    --head_.open;
    if (need == Need::kValid) return tell(Event::kSettled, sequence);
    GL_TRY(transaction, read_body(batch_, sequence));
    erase_body(batch_, transaction, sequence);
    batch_.erase(Column::kIndexes, key(Index::kHash, open->hash));
    ++head_.gone;
    GL_CHECK(await_again(open->hash));
    for (const PackedHash& parent : {record->trunk, record->branch}) GL_CHECK(leave(parent));
    return tell(Event::kDropped, sequence);
  }

  // Nothing is left for this call: it is looked at first in the next one.
  Result<void> postpone_to_next(std::uint64_t sequence, Open open) {
    if (open.look_ms <= head_.time_ms - parameters_.waiting_max_ms) return {};
    erase_open(batch_, sequence, open);
    open.look_ms = open.came_ms;
    put_open(batch_, head_, sequence, open);
    return tell(Event::kPostponed, sequence);
  }

  // Looks at as many approvers as are left to look at; one with more of them waits on.
  Result<Need> need_of(const PackedHash& hash) {
    std::vector<std::string> approvers;
    constexpr std::size_t kAlways = 64;  // whatever is left, so that it comes to an end
    const std::size_t count_max = std::max<std::size_t>(budget_, kAlways) + 1;
    GL_CHECK(batch_.scan(Column::kIndexes, key(Index::kApprovee, hash), [&](std::string_view, std::string_view value) {
      approvers.emplace_back(value);
      return approvers.size() < count_max;
    }));
    Need need = approvers.size() == count_max ? Need::kWaiting : Need::kNone;
    for (const std::string& approver : approvers) {
      budget_ -= std::min<std::size_t>(budget_, 1);
      GL_TRY(approver_hash, PackedHash::from_bytes(approver));
      GL_TRY(record, find_record(batch_, approver_hash));
      if (!record) return tl::unexpected(damaged());
      if (record->valid) return Need::kValid;
      if (record->solid) need = Need::kWaiting;
    }
    return need;
  }

  // What was dropped may be named by others that wait.
  Result<void> await_again(const PackedHash& hash) {
    GL_TRY(is_named, has_approver(batch_, hash));
    if (is_named) GL_CHECK(put_missing(batch_, head_, hash));
    return {};
  }

  // A parent that no one else names is not awaited any more; one that waited only for this child may go now.
  Result<void> leave(const PackedHash& parent) {
    if (parent.is_null()) return {};
    GL_TRY(record, find_record(batch_, parent));
    if (!record) {
      GL_TRY(is_named, has_approver(batch_, parent));
      if (!is_named) GL_CHECK(end_missing(batch_, head_, parent));
      return {};
    }
    GL_TRY(open, find_open(batch_, record->sequence));
    if (open && open->came_ms <= head_.time_ms - parameters_.waiting_max_ms) queue_.push_back(record->sequence);
    return {};
  }

  // Whole milestones at a time become old enough; their transactions go piece by piece.
  Result<void> prune() {
    if (parameters_.retention_ms == 0) return {};
    GL_TRY(latest, latest_milestone(batch_));
    for (std::uint32_t i = 0; i < parameters_.housekeeping_max && head_.prune_milestone <= latest.index; ++i) {
      GL_TRY(milestone, read_milestone(batch_, head_.prune_milestone));
      // Where the clock was far ahead, its transactions go with those of the next one.
      const bool is_ahead = milestone.time_ms - head_.time_ms > parameters_.clock_lead_max_ms;
      if (!is_ahead && head_.time_ms - milestone.time_ms < parameters_.retention_ms) break;
      if (!is_ahead) head_.prune_to = std::max(head_.prune_to, milestone.transaction_count);
      ++head_.prune_milestone;
      changed_ = true;
    }
    for (std::uint32_t i = 0; i < parameters_.housekeeping_max && head_.pruned_to < head_.prune_to; ++i) {
      const std::uint64_t sequence = head_.pruned_to + 1;
      GL_TRY(transaction, find_body(batch_, sequence));
      if (transaction) {
        GL_TRY(record, find_record(batch_, transaction->hash()));
        if (!record) return tl::unexpected(damaged());
        if (!record->solid || (record->valid && record->order > head_.confirmed)) break;  // settled or dropped soon
        GL_CHECK(prune_transaction(batch_, parameters_, head_, *transaction, *record));
      }
      head_.pruned_to = sequence;
      changed_ = true;
    }
    return {};
  }

  // Nobody can submit them again by now: they were attached before the duplicate window. One that a body still names
  // waits for another window.
  Result<void> forget() {
    if (parameters_.duplicate_window_ms == 0) return {};
    const std::int64_t ahead_ms = head_.time_ms + parameters_.clock_lead_max_ms + 1;  // stamped by a clock far ahead
    GL_TRY(ahead, forgettable(ahead_ms, std::nullopt));
    for (const auto& [place, hash] : ahead) GL_CHECK(keep_known(place, hash));
    const std::int64_t age_ms = parameters_.duplicate_window_ms + parameters_.timestamp_future_max_ms;
    if (head_.time_ms <= age_ms) return {};
    GL_TRY(due, forgettable(0, head_.time_ms - age_ms));
    for (const auto& [place, hash] : due) {
      GL_TRY(is_named, has_approver(batch_, hash));
      if (is_named) {
        GL_CHECK(keep_known(place, hash));
        continue;
      }
      batch_.erase(Column::kIndexes, place);
      batch_.erase(Column::kIndexes, key(Index::kHash, hash));
      head_.remove_tip(hash);
      GL_CHECK(tell(Event::kForgotten, sequence_of(place)));
    }
    return {};
  }

  using Forgettable = std::vector<std::pair<std::string, PackedHash>>;  // by their keys

  // The first that were pruned at `begin_ms` or later, and before `end_ms`.
  Result<Forgettable> forgettable(std::int64_t begin_ms, std::optional<std::int64_t> end_ms) const {
    const std::string prefix = key(Index::kForgettable, "");
    const auto place_at = [&](std::int64_t ms) {
      return prefix + records::encode_integer(static_cast<std::uint64_t>(ms), 8);
    };
    Forgettable found;
    bool is_damaged = false;
    GL_CHECK(batch_.scan_from(Column::kIndexes, prefix, place_at(begin_ms),
                              [&](std::string_view key, std::string_view value) {
                                if (end_ms && key >= place_at(*end_ms)) return false;
                                const auto hash = PackedHash::from_bytes(value);
                                is_damaged = !hash;
                                if (is_damaged) return false;
                                found.emplace_back(key, *hash);
                                return found.size() < parameters_.housekeeping_max;
                              }));
    if (is_damaged) return tl::unexpected(damaged());
    return found;
  }

  static std::uint64_t sequence_of(std::string_view place) {
    return decode_integer(place.substr(place.size() - 8)).value_or(0);
  }

  Result<void> keep_known(const std::string& place, const PackedHash& hash) {
    batch_.erase(Column::kIndexes, place);
    put_forgettable(batch_, sequence_of(place), head_.time_ms, hash);
    return tell(Event::kPostponed, sequence_of(place));
  }

  Result<void> tell(Event event, std::uint64_t sequence) {
    head_.tell(event, sequence);
    changed_ = true;
    return {};
  }

  StateBatch& batch_;
  const Parameters& parameters_;
  Head& head_;
  std::size_t budget_ = 0;
  std::deque<std::uint64_t> queue_;  // to be looked at whether they may go
  bool changed_ = false;
};

}  // namespace

Result<bool> keep_house(StateBatch& batch, const Parameters& parameters, Head& head) {
  return Housekeeping(batch, parameters, head).run();
}

void put_forgettable(StateBatch& batch, std::uint64_t sequence, std::int64_t time_ms, const PackedHash& hash) {
  const std::string time = records::encode_integer(static_cast<std::uint64_t>(time_ms), 8);
  batch.put(Column::kIndexes, key(Index::kForgettable, time, sequence), hash.bytes());
}

Result<void> prune_transaction(StateBatch& batch, const Parameters& parameters, Head& head,
                               const Transaction& transaction, Record record) {
  const PackedHash hash(transaction.hash());
  erase_body(batch, transaction, record.sequence);
  batch.put(Column::kIndexes, key(Index::kPrunedAddress, transaction.address()), "");
  record.pruned = true;
  put_record(batch, hash, record);
  ++head.gone;
  GL_TRY(open, find_open(batch, record.sequence));
  if (open) {
    erase_open(batch, record.sequence, *open);
    --head.open;
  }
  if (parameters.duplicate_window_ms != 0) put_forgettable(batch, record.sequence, head.time_ms, hash);
  head.tell(Event::kPruned, record.sequence);
  return {};
}

}  // namespace glucoledger::ledger
