// Taking transactions in: all that one call brings is looked at in memory and written once, at the end.
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/wall_time.h"
#include "ledger/state.h"
#include "ledger/state_head.h"
#include "ledger/state_records.h"
#include "ledger/state_solidity.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

std::string time_text(std::int64_t ms) {
  constexpr std::int64_t kLastYearMs = 253'370'764'800'000;  // 9999: a stamp may say what it likes
  return base::wall_time_text(std::min(ms, kLastYearMs) / 1000 * 1000) + "Z";
}

class Submission {
 public:
  Submission(StateBatch& batch, const Parameters& parameters, const CheckedTransactions& transactions)
      : batch_(batch), parameters_(parameters), transactions_(transactions), solidity_(batch, head_) {}

  Result<void> run(std::int64_t now_ms) {
    GL_ASSIGN(head_, read_head(batch_));
    head_.time_ms = time_at(head_, parameters_, now_ms);
    for (const CheckedTransaction& transaction : transactions_.all()) {
      GL_TRY(entry, solidity_.find(transaction.hash));
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
    for (Entry* entry : fresh_) solidity_.look_at(*entry);
    // Little, since many submissions share a commit, and the more the more they bring: who piles something up has
    // helped to clear as much.
    GL_CHECK(solidity_.spread(parameters_.housekeeping_max / 64 + fresh_.size()));
    return finish();
  }

 private:
  using Entry = Solidity::Entry;

  Result<void> check_times(const Transaction& transaction) const {
    const std::int64_t stamped_ms = transaction.stamped_ms();
    if (stamped_ms - head_.time_ms > parameters_.timestamp_future_max_ms) {
      return refused(transaction.hash(), "its timestamp lies in the future: it is " + time_text(stamped_ms) +
                                             ", the ledger's time " + time_text(head_.time_ms) +
                                             "; the clock of who attached it is wrong, or that of the ledger's node");
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

  // What checked_transactions.h could not see: a bundle of which a part was here before, and what a bundle approves.
  Result<void> refuse_invalid_bundle(Entry& tail) {
    if (tail.record->current_index != 0) return {};
    GL_CHECK(collect_bundle(tail));
    GL_TRY(stands_on_tails, solidity_.approves_tails(tail.bundle));
    if (stands_on_tails) return {};
    return refused(tail.hash.unpacked(),
                   "its bundle approves what is no tail of a valid bundle, so nothing would ever confirm it");
  }

  Result<void> collect_bundle(Entry& tail) {
    if (tail.fresh->bundle_checked) {
      for (Entry* part = &tail;;) {
        tail.bundle.push_back(part);
        if (tail.bundle.size() > tail.record->last_index) return {};
        GL_ASSIGN(part, solidity_.find(part->record->trunk));
      }
    }
    GL_ASSIGN(tail.bundle, solidity_.read_bundle(tail));
    if (solidity_.parts_read() <= transactions_.size() + base::limits::kSharedPartsMax) return {};
    return refused(tail.hash.unpacked(), "too many parts of its bundles came before: send fewer tails at once");
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
    GL_ASSIGN(entry.awaited, end_missing(batch_, head_, checked.hash));
    for (const PackedHash& parent_hash : {checked.trunk, checked.branch}) {
      if (parent_hash.is_null()) continue;
      GL_TRY(parent, solidity_.find(parent_hash));
      if (!parent->record || !parent->record->solid) parent->fresh_children.push_back(&entry);
    }
    return {};
  }

  Result<void> finish() {
    bool adds_open = false;
    for (const Entry* entry : fresh_) {
      const Record& record = *entry->record;
      if (record.valid) continue;
      adds_open = true;
      ++head_.open;
      put_open(batch_, head_, record.sequence, {head_.time_ms, head_.time_ms, entry->hash});
      head_.tell(Event::kOpened, record.sequence);
      if (record.solid) continue;
      for (const PackedHash& parent_hash : {record.trunk, record.branch}) {
        GL_TRY(parent, solidity_.find(parent_hash));
        if (parent->record) continue;
        GL_TRY(is_ground, solidity_.is_solid(parent_hash));
        if (!is_ground) GL_CHECK(put_missing(batch_, head_, parent_hash));
      }
    }
    if (adds_open && head_.open > parameters_.waiting_count_max) {
      return refused(fresh_.front()->hash.unpacked(),
                     "too many transactions wait for what they approve or for "
                     "the rest of their bundle");
    }
    solidity_.finish();
    put_mountain_range(batch_, range_);
    put_head(batch_, head_);
    return {};
  }

  StateBatch& batch_;
  const Parameters& parameters_;
  const CheckedTransactions& transactions_;
  Head head_;
  MountainRange range_;
  Solidity solidity_;
  std::vector<Entry*> fresh_;
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
