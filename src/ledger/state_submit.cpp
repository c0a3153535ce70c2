// Taking transactions in: all that one call brings is looked at in memory and written once, at the end.
#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "ledger/bundle.h"
#include "ledger/state.h"
#include "ledger/state_head.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

class Submission {
 public:
  Submission(StateBatch& batch, const Parameters& parameters, const CheckedTransactions& transactions)
      : batch_(batch), parameters_(parameters), transactions_(transactions) {}

  Result<void> run(std::int64_t now_ms) {
    GL_ASSIGN(head_, read_head(batch_));
    head_.time_ms = time_at(head_, parameters_, now_ms);
    for (const CheckedTransaction& transaction : transactions_.all()) {
      GL_TRY(entry, find(transaction.hash));
      if (entry->record) continue;
      GL_CHECK(check_times(transaction.transaction));
      entry->fresh = &transaction;
      entry->record = record_of(transaction);
      fresh_.push_back(entry);
    }
    if (fresh_.empty()) return {};
    for (Entry* entry : fresh_) GL_CHECK(refuse_invalid_bundle(*entry));
    GL_ASSIGN(range_, read_mountain_range(batch_));
    for (Entry* entry : fresh_) GL_CHECK(insert(*entry));
    for (Entry* entry : fresh_) queue_.push_back(entry);
    for (; !queue_.empty(); queue_.pop_front()) GL_CHECK(solidify(*queue_.front()));
    return finish();
  }

 private:
  // What is known of a hash that this call touches.
  struct Entry {
    PackedHash hash;
    std::optional<Record> record;               // none: not here
    const CheckedTransaction* fresh = nullptr;  // came with this call
    bool changed = false;
    bool awaited = false;                // it was named before it came
    std::vector<Entry*> fresh_children;  // that may become solid with it
    std::string essence;                 // of one that was here before, once its bundle was looked at
    std::vector<Entry*> bundle;          // of a fresh tail: its parts, once it is known that they are a valid bundle
  };

  Result<Entry*> find(const PackedHash& hash) {
    const auto [place, is_new] = entries_.try_emplace(hash);
    Entry* const entry = &place->second;
    if (is_new) {
      entry->hash = hash;
      GL_ASSIGN(entry->record, find_record(batch_, hash));
    }
    return entry;
  }

  Result<void> check_times(const Transaction& transaction) const {
    const std::int64_t attached_ms = transaction.attachment_timestamp_ms();
    const std::int64_t stamped_ms = attached_ms != 0 ? attached_ms : transaction.timestamp_s() * 1000;
    if (stamped_ms - head_.time_ms > parameters_.timestamp_future_max_ms) {
      return refused(transaction.hash(), "its timestamp lies in the future");
    }
    if (parameters_.duplicate_window_ms != 0 && head_.time_ms - stamped_ms > parameters_.duplicate_window_ms) {
      return refused(transaction.hash(), "it was attached too long ago for this ledger: attach it anew");
    }
    return {};
  }

  static Record record_of(const CheckedTransaction& checked) {
    Record record;
    record.current_index = checked.transaction.current_index();
    record.last_index = checked.transaction.last_index();
    record.trunk = checked.trunk;
    record.branch = checked.branch;
    record.bundle = checked.bundle;
    return record;
  }

  // What checked_transactions.h could not see: a bundle of which a part was here before.
  Result<void> refuse_invalid_bundle(Entry& tail) {
    if (tail.record->current_index != 0) return {};
    if (tail.fresh->bundle_checked) {
      for (Entry* part = &tail;;) {
        tail.bundle.push_back(part);
        if (tail.bundle.size() > tail.record->last_index) return {};
        GL_ASSIGN(part, find(part->record->trunk));
      }
    }
    GL_ASSIGN(tail.bundle, read_bundle(tail));
    if (parts_read_ <= transactions_.size() + kSharedPartsMax) return {};
    return refused(tail.hash.unpacked(), "too many parts of its bundles came before: send fewer tails at once");
  }

  // Of a tail: its parts, index 0 first; none where not all are here. Refused where one cannot belong to it.
  Result<std::vector<Entry*>> walk(Entry& tail) {
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

  // The same, refused where they are no valid bundle.
  Result<std::vector<Entry*>> read_bundle(Entry& tail) {
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

  Result<std::string_view> essence_of(Entry& part) {
    if (part.fresh != nullptr) return part.fresh->transaction.essence();
    if (part.essence.empty()) {
      GL_ASSIGN(part.essence, read_essence(batch_, part.record->sequence));
    }
    return std::string_view(part.essence);
  }

  Result<void> insert(Entry& entry) {
    const CheckedTransaction& checked = *entry.fresh;
    const std::uint64_t sequence = ++head_.sequence;
    entry.record->sequence = sequence;
    entry.changed = true;
    batch_.put(Column::kBodies, records::encode_integer(sequence, 8), checked.body);
    put_nodes(batch_, sequence, range_.append(checked.leaf));
    const auto index = [&](Index kind, std::string_view packed) {
      batch_.put(Column::kIndexes, key(kind, packed, sequence), checked.hash.bytes());
    };
    index(Index::kAddress, checked.address.bytes());
    index(Index::kBundle, checked.bundle.bytes());
    index(Index::kTag, checked.tag);
    index(Index::kApprovee, checked.trunk.bytes());
    if (checked.branch != checked.trunk) index(Index::kApprovee, checked.branch.bytes());
    const std::string awaited = key(Index::kMissing, checked.hash);
    GL_TRY(waits, batch_.get(Column::kIndexes, awaited));
    entry.awaited = waits.has_value();
    if (entry.awaited) batch_.erase(Column::kIndexes, awaited);
    for (const PackedHash& parent_hash : {checked.trunk, checked.branch}) {
      if (parent_hash.is_null()) continue;
      GL_TRY(parent, find(parent_hash));
      if (!parent->record || !parent->record->solid) parent->fresh_children.push_back(&entry);
    }
    return {};
  }

  Result<bool> is_solid(const PackedHash& hash) {
    if (hash.is_null()) return true;
    GL_TRY(entry, find(hash));
    return entry->record && entry->record->solid;
  }

  Result<void> solidify(Entry& entry) {
    if (entry.record->solid) return {};
    GL_TRY(trunk_solid, is_solid(entry.record->trunk));
    if (!trunk_solid) return {};
    GL_TRY(branch_solid, is_solid(entry.record->branch));
    if (!branch_solid) return {};
    entry.record->solid = true;
    entry.changed = true;
    if (entry.record->current_index == 0) GL_CHECK(judge_bundle(entry));
    for (Entry* child : entry.fresh_children) queue_.push_back(child);
    if (entry.fresh != nullptr && !entry.awaited) return {};  // no one could have named it before
    std::vector<std::string> approvers;
    GL_CHECK(
        batch_.scan(Column::kIndexes, key(Index::kApprovee, entry.hash), [&](std::string_view, std::string_view v) {
          approvers.emplace_back(v);
          return true;
        }));
    for (const std::string& approver : approvers) {
      GL_TRY(hash, PackedHash::from_bytes(approver));
      GL_TRY(child, find(hash));
      if (!child->record) return tl::unexpected(damaged());
      queue_.push_back(child);
    }
    return {};
  }

  // All of a valid bundle gets its order now: what it approves is no tip any more, its tail is one.
  Result<void> judge_bundle(Entry& tail) {
    std::vector<Entry*> parts = tail.bundle;
    if (tail.fresh == nullptr) {
      auto read = read_bundle(tail);
      if (!read && read.error().code != ErrorCode::kInputRefused) return tl::unexpected(read.error());
      if (read) parts = std::move(*read);
    }
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

  Result<void> complete(const Record& record) {
    GL_TRY(open, find_open(batch_, record.sequence));
    head_.tell(Event::kCompleted, record.sequence);
    if (!open) return {};  // settled before
    erase_open(batch_, record.sequence, *open);
    --head_.open;
    return {};
  }

  Result<void> finish() {
    bool adds_open = false;
    for (const Entry* entry : fresh_) {
      const Record& record = *entry->record;
      if (record.valid) continue;
      adds_open = true;
      ++head_.open;
      put_open(batch_, record.sequence, {head_.time_ms, head_.time_ms, entry->hash});
      head_.tell(Event::kOpened, record.sequence);
      if (record.solid) continue;
      for (const PackedHash& parent_hash : {record.trunk, record.branch}) {
        GL_TRY(parent, find(parent_hash));
        if (!parent->record && !parent_hash.is_null()) {
          batch_.put(Column::kIndexes, key(Index::kMissing, parent_hash), "");
        }
      }
    }
    if (adds_open && head_.open > parameters_.waiting_count_max) {
      return refused(fresh_.front()->hash.unpacked(),
                     "too many transactions wait for what they approve or for the rest of their bundle");
    }
    for (const auto& [hash, entry] : entries_) {
      if (entry.changed) put_record(batch_, hash, *entry.record);
    }
    put_mountain_range(batch_, range_);
    put_head(batch_, head_);
    return {};
  }

  StateBatch& batch_;
  const Parameters& parameters_;
  const CheckedTransactions& transactions_;
  Head head_;
  MountainRange range_;
  std::map<PackedHash, Entry> entries_;
  std::vector<Entry*> fresh_;
  std::deque<Entry*> queue_;    // may have become solid
  std::size_t parts_read_ = 0;  // of bundles
};

}  // namespace

Result<void> submit(StateBatch& batch, const Parameters& parameters, const CheckedTransactions& transactions,
                    std::int64_t now_ms) {
  return Submission(batch, parameters, transactions).run(now_ms);
}

Result<void> submit(StateBatch& batch, const Parameters& parameters, std::span<const Transaction> transactions,
                    std::int64_t now_ms) {
  GL_TRY(checked, CheckedTransactions::check(parameters, transactions));
  return submit(batch, parameters, checked, now_ms);
}

}  // namespace glucoledger::ledger
