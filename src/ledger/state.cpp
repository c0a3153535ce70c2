// The commands of the state machine; state_queries.cpp has what only reads.
#include "ledger/state.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <utility>

#include "base/limits.h"
#include "crypto/curl.h"
#include "crypto/proof_of_work.h"
#include "ledger/bundle.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

constexpr std::int64_t kTimeMaxMs = std::int64_t{1} << 60;

// The ledger's time at `now_ms`: it does not run backward while the clock is off by less than the lead.
Result<std::int64_t> advance_time(StateBatch& batch, const Parameters& parameters, std::int64_t now_ms) {
  now_ms = std::clamp<std::int64_t>(now_ms, 0, kTimeMaxMs);
  GL_TRY(last, counter(batch, kTimeKey));
  const std::int64_t last_ms = static_cast<std::int64_t>(last);
  const std::int64_t time_ms = std::max(now_ms, std::min(last_ms, now_ms + parameters.clock_lead_max_ms));
  put_counter(batch, kTimeKey, static_cast<std::uint64_t>(time_ms));
  return time_ms;
}

Result<void> check_times(const Transaction& transaction, const Parameters& parameters, std::int64_t time_ms) {
  const std::int64_t attached_ms = transaction.attachment_timestamp_ms();
  const std::int64_t stamped_ms = attached_ms != 0 ? attached_ms : transaction.timestamp_s() * 1000;
  if (stamped_ms - time_ms > parameters.timestamp_future_max_ms) {
    return refused(transaction.hash(), "its timestamp lies in the future");
  }
  if (parameters.duplicate_window_ms != 0 && time_ms - stamped_ms > parameters.duplicate_window_ms) {
    return refused(transaction.hash(), "it was attached too long ago for this ledger; attach it again");
  }
  return {};
}

class Submission {
 public:
  Submission(StateBatch& batch, const Parameters& parameters) : batch_(batch), parameters_(parameters) {}

  Result<void> run(const CheckedTransactions& transactions, std::int64_t now_ms) {
    GL_TRY(time_ms, advance_time(batch_, parameters_, now_ms));
    GL_ASSIGN(range_, read_mountain_range(batch_));
    std::vector<const CheckedTransaction*> fresh;
    for (const CheckedTransaction& checked : transactions.all()) {
      const Transaction& transaction = checked.transaction;
      GL_TRY(record, find_record(batch_, transaction.hash()));
      if (record) continue;
      GL_CHECK(check_times(transaction, parameters_, time_ms));
      fresh_.emplace(transaction.hash(), &transaction);
      fresh.push_back(&checked);
    }
    for (const CheckedTransaction* checked : fresh) GL_CHECK(refuse_invalid_bundle(checked->transaction));
    for (const CheckedTransaction* checked : fresh) GL_CHECK(insert(*checked));
    put_mountain_range(batch_, range_);
    for (const CheckedTransaction* checked : fresh) queue_.push_back(checked->transaction.hash());
    while (!queue_.empty()) {
      const Hash hash = queue_.front();
      queue_.pop_front();
      GL_CHECK(solidify(hash));
    }
    return {};
  }

 private:
  enum class Completeness { kIncomplete, kComplete, kBroken };
  struct Chain {
    Completeness completeness = Completeness::kIncomplete;
    std::vector<Transaction> transactions;  // index 0 first, as far as it goes
  };

  Result<std::optional<Transaction>> load(const Hash& hash) const {
    if (const auto found = fresh_.find(hash); found != fresh_.end()) return *found->second;
    GL_TRY(stored, get(batch_, hash));
    return std::move(stored.transaction);
  }

  Result<Chain> walk(const Transaction& tail) const {
    Chain chain{Completeness::kIncomplete, {tail}};
    while (chain.transactions.size() <= tail.last_index()) {
      GL_TRY(next, load(chain.transactions.back().trunk()));
      if (!next) return chain;
      if (next->current_index() != chain.transactions.size() || next->last_index() != tail.last_index() ||
          next->bundle() != tail.bundle()) {
        chain.completeness = Completeness::kBroken;
        return chain;
      }
      chain.transactions.push_back(std::move(*next));
    }
    chain.completeness = Completeness::kComplete;
    return chain;
  }

  // A tail answers for its bundle: it names all of it by hash. Other parts may be named by a stranger's tail.
  Result<void> refuse_invalid_bundle(const Transaction& transaction) {
    if (transaction.current_index() != 0) return {};
    GL_TRY(chain, walk(transaction));
    if (chain.completeness == Completeness::kIncomplete) return {};
    if (chain.completeness == Completeness::kBroken) {
      return refused(transaction.hash(), "its trunk is not the next part of its bundle");
    }
    GL_CHECK(check_bundle(chain.transactions));
    for (const Transaction& part : chain.transactions) checked_[transaction.hash()].push_back(part.hash());
    return {};
  }

  Result<void> insert(const CheckedTransaction& checked) {
    const Transaction& transaction = checked.transaction;
    GL_TRY(last_sequence, counter(batch_, kSequenceKey));
    const std::uint64_t sequence = last_sequence + 1;
    put_counter(batch_, kSequenceKey, sequence);
    const Hash& hash = transaction.hash();
    const std::string packed_hash = pack(hash);
    Record record;
    record.sequence = sequence;
    record.current_index = transaction.current_index();
    record.last_index = transaction.last_index();
    record.trunk = transaction.trunk();
    record.branch = transaction.branch();
    record.bundle = transaction.bundle();
    put_record(batch_, hash, record);
    batch_.put(Column::kBodies, records::encode_integer(sequence, 8), checked.body);
    put_nodes(batch_, sequence, range_.append(checked.leaf));
    const auto index = [&](Index kind, const std::string& packed) {
      batch_.put(Column::kIndexes, key(kind, packed, sequence), packed_hash);
    };
    index(Index::kAddress, pack(transaction.address()));
    index(Index::kBundle, pack(record.bundle));
    index(Index::kTag, pack(transaction.tag()));
    index(Index::kApprovee, pack(record.trunk));
    index(Index::kApprovee, pack(record.branch));
    batch_.erase(Column::kIndexes, key(Index::kMissing, hash));
    for (const Hash& parent : {record.trunk, record.branch}) {
      GL_TRY(parent_record, find_record(batch_, parent));
      if (!parent_record && !parent.is_null()) batch_.put(Column::kIndexes, key(Index::kMissing, parent), "");
    }
    return {};
  }

  Result<bool> is_solid(const Hash& hash) const {
    if (hash.is_null()) return true;
    GL_TRY(record, find_record(batch_, hash));
    return record && record->solid;
  }

  Result<void> solidify(const Hash& hash) {
    GL_TRY(found, find_record(batch_, hash));
    GL_ASSERT(found.has_value());
    Record& record = *found;
    if (record.solid) return {};
    GL_TRY(trunk_solid, is_solid(record.trunk));
    GL_TRY(branch_solid, is_solid(record.branch));
    if (!trunk_solid || !branch_solid) return {};
    record.solid = true;
    put_record(batch_, hash, record);
    if (record.current_index == 0) GL_CHECK(judge_bundle(hash));
    std::vector<std::string> approvers;
    GL_CHECK(batch_.scan(Column::kIndexes, key(Index::kApprovee, hash), [&](std::string_view, std::string_view value) {
      approvers.emplace_back(value);
      return true;
    }));
    for (const std::string& approver : approvers) {
      GL_TRY(approver_hash, unpack_hash(approver));
      queue_.push_back(approver_hash);
    }
    return {};
  }

  Result<void> judge_bundle(const Hash& tail_hash) {
    std::vector<Hash> parts;
    if (const auto checked = checked_.find(tail_hash); checked != checked_.end()) {
      parts = checked->second;
    } else {
      GL_TRY(tail, load(tail_hash));
      GL_ASSERT(tail.has_value());
      GL_TRY(chain, walk(*tail));
      if (chain.completeness != Completeness::kComplete || !check_bundle(chain.transactions)) return {};
      for (const Transaction& part : chain.transactions) parts.push_back(part.hash());
    }
    for (const Hash& part : parts) {
      GL_TRY(record, find_record(batch_, part));
      GL_ASSERT(record.has_value());
      GL_CHECK(remove_tip(record->trunk));
      GL_CHECK(remove_tip(record->branch));
      if (record->valid) continue;
      record->valid = true;
      put_record(batch_, part, *record);
      batch_.put(Column::kIndexes, key(Index::kWaiting, record->sequence), pack(part));
    }
    GL_TRY(tail, find_record(batch_, tail_hash));
    batch_.put(Column::kIndexes, key(Index::kTip, tail->sequence), pack(tail_hash));
    return {};
  }

  Result<void> remove_tip(const Hash& hash) {
    GL_TRY(record, find_record(batch_, hash));
    if (record) batch_.erase(Column::kIndexes, key(Index::kTip, record->sequence));
    return {};
  }

  StateBatch& batch_;
  const Parameters& parameters_;
  std::map<Hash, const Transaction*> fresh_;
  std::map<Hash, std::vector<Hash>> checked_;  // valid bundles by their tail
  std::deque<Hash> queue_;                     // may have become solid
  MountainRange range_;
};

// A chain of hashes: two ledgers with the same milestone took the same transactions in the same order.
Hash milestone_hash(const Parameters& parameters, const Hash& previous, const Milestone& milestone) {
  Bytes header = parameters.network_id;
  const std::string numbers = records::encode_integer(milestone.index, 4) +
                              records::encode_integer(static_cast<std::uint64_t>(milestone.time_ms), 8) +
                              records::encode_integer(milestone.transaction_count, 8);
  header.insert(header.end(), numbers.begin(), numbers.end());
  header.insert(header.end(), milestone.root.begin(), milestone.root.end());
  crypto::Curl curl(crypto::CurlRounds::kP81);
  curl.absorb(previous.trits());
  curl.absorb(crypto::trits_from_trytes(crypto::b1t6_encode(header)));
  std::array<crypto::Trit, crypto::kHashTrits> digest{};
  curl.squeeze(digest);
  return Hash::from_trits(digest);
}

Result<bool> confirm_waiting(StateBatch& batch, std::uint32_t milestone) {
  std::vector<std::pair<std::string, std::string>> waiting;
  GL_CHECK(batch.scan(Column::kIndexes, key(Index::kWaiting, ""), [&](std::string_view key, std::string_view value) {
    waiting.emplace_back(key, value);
    return true;
  }));
  for (const auto& [waiting_key, packed_hash] : waiting) {
    GL_TRY(hash, unpack_hash(packed_hash));
    GL_TRY(record, find_record(batch, hash));
    if (!record) return tl::unexpected(damaged());
    record->milestone = milestone;
    put_record(batch, hash, *record);
    batch.erase(Column::kIndexes, waiting_key);
  }
  return !waiting.empty();
}

Result<void> prune_body(StateBatch& batch, const Hash& hash, Record record) {
  GL_TRY(stored, get(batch, hash));
  if (!stored.transaction) return tl::unexpected(damaged());
  const Transaction& transaction = *stored.transaction;
  const auto drop = [&](Index kind, const std::string& packed) {
    batch.erase(Column::kIndexes, key(kind, packed, record.sequence));
  };
  drop(Index::kAddress, pack(transaction.address()));
  drop(Index::kBundle, pack(record.bundle));
  drop(Index::kTag, pack(transaction.tag()));
  drop(Index::kApprovee, pack(record.trunk));
  drop(Index::kApprovee, pack(record.branch));
  batch.put(Column::kIndexes, key(Index::kPrunedAddress, transaction.address()), "");
  batch.erase(Column::kBodies, records::encode_integer(record.sequence, 8));
  record.pruned = true;
  put_record(batch, hash, record);
  return {};
}

}  // namespace

void create_ledger(StateBatch& batch, const Parameters& parameters) {
  batch.put(Column::kParameters, kParametersKey, encode(parameters));
}

Result<void> submit(StateBatch& batch, const Parameters& parameters, const CheckedTransactions& transactions,
                    std::int64_t now_ms) {
  return Submission(batch, parameters).run(transactions, now_ms);
}

Result<void> submit(StateBatch& batch, const Parameters& parameters, std::span<const Transaction> transactions,
                    std::int64_t now_ms) {
  GL_TRY(checked, CheckedTransactions::check(parameters, transactions));
  return submit(batch, parameters, checked, now_ms);
}

Result<Milestone> issue_milestone(StateBatch& batch, const Parameters& parameters, std::int64_t now_ms,
                                  bool even_if_empty) {
  GL_TRY(latest, latest_milestone(batch));
  Milestone milestone;
  milestone.index = latest.index + 1;
  GL_TRY(confirms, confirm_waiting(batch, milestone.index));
  if (!confirms && !even_if_empty) return latest;
  GL_ASSIGN(milestone.time_ms, advance_time(batch, parameters, now_ms));
  GL_TRY(range, read_mountain_range(batch));
  milestone.transaction_count = range.count();
  milestone.root = range.root();
  milestone.hash = milestone_hash(parameters, latest.hash, milestone);
  put_milestone(batch, milestone);
  return milestone;
}

Result<std::uint64_t> prune_before(StateBatch& batch, std::uint64_t sequence) {
  std::vector<std::uint64_t> sequences;
  GL_CHECK(batch.scan(Column::kBodies, "", [&](std::string_view key, std::string_view) {
    const auto found = records::decode_integer(key);
    if (!found || *found >= sequence) return false;
    sequences.push_back(*found);
    return true;
  }));
  std::uint64_t pruned = 0;
  for (const std::uint64_t candidate : sequences) {
    GL_TRY(body, batch.get(Column::kBodies, records::encode_integer(candidate, 8)));
    if (!body) return tl::unexpected(damaged());
    GL_TRY(trytes, unpack(*body, kTransactionTrytes));
    GL_TRY(transaction, Transaction::from_trytes(std::move(trytes)));
    GL_TRY(record, find_record(batch, transaction.hash()));
    if (!record) return tl::unexpected(damaged());
    if (record->milestone == 0) continue;
    GL_CHECK(prune_body(batch, transaction.hash(), *record));
    ++pruned;
  }
  GL_TRY(before, counter(batch, kPrunedKey));
  put_counter(batch, kPrunedKey, before + pruned);
  return pruned;
}

}  // namespace glucoledger::ledger
