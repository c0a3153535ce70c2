// Making a ledger, milestones, pruning; state_submit.cpp takes transactions in, state_queries.cpp only reads.
#include "ledger/state.h"

#include <array>

#include "crypto/curl.h"
#include "ledger/state_head.h"
#include "ledger/state_records.h"
#include "ledger/state_solidity.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

Result<void> remove_old_tips(const StateReader& reader, const Parameters& parameters, std::uint32_t latest,
                             Head& head) {
  if (latest <= parameters.tip_depth_max) return {};
  GL_TRY(oldest, read_milestone(reader, latest - parameters.tip_depth_max));
  head.remove_tips_to(oldest.confirmed_count);
  return {};
}

}  // namespace

Hash milestone_hash(const Parameters& parameters, const Hash& previous, const Milestone& milestone) {
  std::string header(base::as_text(parameters.network_id));
  header += records::encode_integer(milestone.index, 4);
  header += records::encode_integer(static_cast<std::uint64_t>(milestone.time_ms), 8);
  header += records::encode_integer(milestone.transaction_count, 8);
  header += records::encode_integer(milestone.confirmed_count, 8);
  header += base::as_text(milestone.root);
  crypto::Curl curl(crypto::CurlRounds::kP81);
  curl.absorb(previous.trits());
  curl.absorb(crypto::trits_from_trytes(crypto::b1t6_encode(base::as_bytes(header))));
  std::array<crypto::Trit, crypto::kHashTrits> digest{};
  curl.squeeze(digest);
  return Hash::from_trits(digest);
}

void create_ledger(StateBatch& batch, const Parameters& parameters) {
  batch.put(Column::kParameters, kParametersKey, encode(parameters));
}

Result<Milestone> issue_milestone(StateBatch& batch, const Parameters& parameters, std::int64_t now_ms,
                                  bool even_if_empty) {
  GL_TRY(head, read_head(batch));
  GL_TRY(milestone, latest_milestone(batch));
  head.time_ms = time_at(head, parameters, now_ms);
  const bool spreads = head.spreads != 0;
  Solidity solidity(batch, head);
  GL_CHECK(solidity.spread(parameters.housekeeping_max));
  solidity.finish();
  const bool confirms = head.order > head.confirmed;
  const bool is_due = confirms || even_if_empty;
  if (is_due) {
    GL_TRY(range, read_mountain_range(batch));
    const Hash previous = milestone.hash;
    milestone = Milestone{milestone.index + 1, {}, head.time_ms, range.count(), head.order, range.root()};
    milestone.hash = milestone_hash(parameters, previous, milestone);
    head.confirmed = head.order;
    put_milestone(batch, milestone);
    if (confirms) {
      batch.put(Column::kIndexes, key(Index::kOrder, head.order), records::encode_integer(milestone.index, 4));
    }
    GL_CHECK(remove_old_tips(batch, parameters, milestone.index, head));
  }
  GL_TRY(kept_house, keep_house(batch, parameters, head));
  if (is_due || spreads || kept_house) put_head(batch, head);
  return milestone;
}

Result<std::uint64_t> prune_before(StateBatch& batch, const Parameters& parameters, std::uint64_t sequence) {
  GL_TRY(head, read_head(batch));
  std::uint64_t first = sequence;  // that still has a body
  GL_CHECK(batch.scan(Column::kBodies, "", [&](std::string_view key, std::string_view) {
    first = decode_integer(key).value_or(1);
    return false;
  }));
  std::uint64_t pruned = 0;
  for (std::uint64_t candidate = first; candidate < sequence && candidate <= head.sequence; ++candidate) {
    GL_TRY(transaction, find_body(batch, candidate));
    if (!transaction) continue;
    GL_TRY(record, find_record(batch, transaction->hash()));
    if (!record) return tl::unexpected(damaged());
    if (record->version_1_milestone == 0 && (record->order == 0 || record->order > head.confirmed)) continue;
    GL_CHECK(prune_transaction(batch, parameters, head, *transaction, *record));
    ++pruned;
  }
  if (pruned != 0) put_head(batch, head);
  return pruned;
}

}  // namespace glucoledger::ledger
