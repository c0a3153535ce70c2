#include "ledger/state_solidity.h"

#include <algorithm>
#include <utility>

#include "ledger/bundle.h"
#include "ledger/state.h"

namespace glucoledger::ledger {

using namespace records;

Result<std::optional<Spread>> find_spread(const StateReader& reader, const PackedHash& hash) {
  GL_TRY(bytes, reader.get(Column::kIndexes, key(Index::kSpread, hash)));
  if (!bytes) return std::nullopt;
  GL_TRY(from, decode_integer(*bytes));
  return Spread{hash, from};
}

void put_spread(StateBatch& batch, Head& head, const Spread& spread) {
  batch.put(Column::kIndexes, key(Index::kSpread, spread.hash), records::encode_integer(spread.from, 8));
  ++head.spreads;
}

Result<Solidity::Entry*> Solidity::find(const PackedHash& hash) {
  const auto [place, is_new] = entries_.try_emplace(hash);
  Entry* const entry = &place->second;
  if (is_new) {
    entry->hash = hash;
    GL_ASSIGN(entry->record, find_record(batch_, hash));
  }
  return entry;
}

Result<bool> Solidity::is_solid(const PackedHash& hash) {
  if (hash.is_null()) return true;
  GL_TRY(entry, find(hash));
  if (entry->record) return entry->record->solid;
  if (!entry->is_milestone) {
    GL_ASSIGN(entry->is_milestone, is_milestone(batch_, hash));
  }
  return *entry->is_milestone;
}

Result<void> Solidity::spread(std::size_t work_max) {
  work_left_ = work_max;
  GL_CHECK(look_at_fresh());
  while (work_left_ != 0) {
    if (spreads_.empty()) {
      GL_TRY(taken, take_stored_spread());
      if (!taken) break;
    }
    GL_CHECK(spread_last());
    GL_CHECK(look_at_fresh());
  }
  return {};
}

Result<void> Solidity::look_at_fresh() {
  for (; !looks_.empty(); looks_.pop_front()) GL_CHECK(look(*looks_.front()));
  return {};
}

Result<void> Solidity::look(Entry& entry) {
  if (entry.record->solid) return {};
  GL_TRY(trunk_solid, is_solid(entry.record->trunk));
  if (!trunk_solid) return {};
  GL_TRY(branch_solid, is_solid(entry.record->branch));
  if (!branch_solid) return {};
  entry.record->solid = true;
  entry.changed = true;
  if (entry.record->current_index == 0) GL_CHECK(judge_bundle(entry));
  looks_.insert(looks_.end(), entry.fresh_children.begin(), entry.fresh_children.end());
  bool is_named = entry.awaited;  // others that are fresh are children
  if (entry.fresh == nullptr) {
    GL_ASSIGN(is_named, has_approver(batch_, entry.hash));
  }
  if (is_named) spreads_.push_back({{entry.hash, 0}, false});
  return {};
}

Result<bool> Solidity::take_stored_spread() {
  if (head_.spreads == 0) return false;
  const std::string prefix = key(Index::kSpread, "");
  if (stored_from_.empty()) stored_from_ = prefix;
  std::optional<std::pair<std::string, std::string>> found;
  GL_CHECK(batch_.scan_from(Column::kIndexes, prefix, stored_from_, [&](std::string_view key, std::string_view value) {
    found.emplace(key, value);
    return false;
  }));
  if (!found) return false;
  stored_from_ = found->first + '\0';
  Spread spread;
  GL_ASSIGN(spread.hash, PackedHash::from_bytes(std::string_view(found->first).substr(prefix.size())));
  GL_ASSIGN(spread.from, decode_integer(found->second));
  spreads_.push_back({spread, true});
  return true;
}

// A piece of the approvers of the last spread; those that become solid come with spreads of their own.
Result<void> Solidity::spread_last() {
  constexpr std::size_t kPiece = 64;
  const std::size_t place = spreads_.size() - 1;
  const OpenSpread open = spreads_[place];
  const std::string prefix = key(Index::kApprovee, open.spread.hash);
  const std::size_t count_max = std::min(kPiece, work_left_);
  std::vector<std::pair<std::string, std::string>> approvers;
  GL_CHECK(batch_.scan_from(Column::kIndexes, prefix, prefix + records::encode_integer(open.spread.from, 8),
                            [&](std::string_view key, std::string_view value) {
                              approvers.emplace_back(key.substr(prefix.size()), value);
                              return approvers.size() < count_max;
                            }));
  if (approvers.empty()) spend(1);
  bool is_finished = approvers.size() < count_max;
  for (const auto& [sequence, hash] : approvers) {
    if (work_left_ == 0) {
      is_finished = false;
      break;
    }
    spend(1);
    GL_TRY(from, decode_integer(sequence));
    GL_TRY(approver, PackedHash::from_bytes(hash));
    GL_TRY(child, find(approver));
    if (!child->record) return tl::unexpected(damaged());
    GL_CHECK(look(*child));
    spreads_[place].spread.from = from + 1;
  }
  if (!is_finished) return {};
  spreads_.erase(spreads_.begin() + static_cast<std::ptrdiff_t>(place));
  if (!open.is_stored) return {};
  batch_.erase(Column::kIndexes, key(Index::kSpread, open.spread.hash));
  --head_.spreads;
  return {};
}

Result<std::vector<Solidity::Entry*>> Solidity::walk(Entry& tail) {
  std::vector<Entry*> parts{&tail};
  while (parts.size() <= tail.record->last_index) {
    GL_TRY(next, find(parts.back()->record->trunk));
    if (!next->record || next->record->pruned) return std::vector<Entry*>();
    if (next->record->current_index != parts.size() || next->record->last_index != tail.record->last_index ||
        next->record->bundle != tail.record->bundle) {
      return refused(tail.hash.unpacked(), "its trunk is not the next part of its bundle");
    }
    ++parts_read_;
    parts.push_back(next);
  }
  return parts;
}

Result<std::vector<Solidity::Entry*>> Solidity::read_bundle(Entry& tail) {
  GL_TRY(parts, walk(tail));
  if (parts.empty()) return parts;
  std::vector<std::string_view> essences;
  for (Entry* part : parts) {
    GL_TRY(essence, essence_of(*part));
    essences.push_back(essence);
  }
  if (PackedHash(bundle_hash(essences)) == tail.record->bundle) return parts;
  return refused(tail.hash.unpacked(), "its bundle hash does not fit its transactions");
}

Result<bool> Solidity::approves_tails(const std::vector<Entry*>& parts) {
  PackedHash looked_at;  // the parts of one bundle mostly approve the same
  for (const Entry* part : parts) {
    const bool is_last = part == parts.back();
    for (const PackedHash& hash : {part->record->branch, is_last ? part->record->trunk : PackedHash()}) {
      if (hash.is_null() || hash == looked_at) continue;
      GL_TRY(approved, find(hash));
      const auto& record = approved->record;
      if (record && (record->current_index != 0 || (record->solid && !record->valid))) return false;
      looked_at = hash;
    }
  }
  return true;
}

Result<std::string_view> Solidity::essence_of(Entry& part) {
  if (part.fresh != nullptr) return part.fresh->transaction.essence();
  if (part.essence.empty()) {
    GL_ASSIGN(part.essence, read_essence(batch_, part.record->sequence));
  }
  return std::string_view(part.essence);
}

// All of a valid bundle that approves tails gets its order now: what it approves is no tip any more, its tail is one.
Result<void> Solidity::judge_bundle(Entry& tail) {
  std::vector<Entry*> parts = tail.bundle;
  if (tail.fresh == nullptr) {
    const std::size_t before = parts_read_;
    auto read = read_bundle(tail);
    spend(parts_read_ - before);
    if (!read && read.error().code != ErrorCode::kInputRefused) return tl::unexpected(read.error());
    if (read) parts = std::move(*read);
  }
  GL_TRY(stands_on_tails, approves_tails(parts));
  if (!stands_on_tails) return {};
  for (Entry* part : parts) {
    Record& record = *part->record;
    head_.remove_tip(record.trunk);
    head_.remove_tip(record.branch);
    if (record.valid) continue;
    record.valid = true;
    record.order = ++head_.order;
    part->changed = true;
    if (part->fresh == nullptr) GL_CHECK(complete(record));
  }
  if (!parts.empty()) head_.add_tip(tail.hash, tail.record->order);
  return {};
}

Result<void> Solidity::complete(const Record& record) {
  GL_TRY(open, find_open(batch_, record.sequence));
  head_.tell(Event::kCompleted, record.sequence);
  if (!open) return {};  // settled before
  erase_open(batch_, record.sequence, *open);
  --head_.open;
  return {};
}

void Solidity::finish() {
  for (const auto& [hash, entry] : entries_) {
    if (entry.changed) put_record(batch_, hash, *entry.record);
  }
  for (const OpenSpread& open : spreads_) {
    if (open.is_stored) --head_.spreads;  // it is counted again
    put_spread(batch_, head_, open.spread);
  }
}

}  // namespace glucoledger::ledger
