#include "ledger/history.h"

#include <algorithm>

#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

constexpr std::size_t kSequenceSize = 8;
constexpr std::size_t kMilestoneIndexSize = 4;

Result<Milestone> milestone_at(const StateReader& reader, std::uint32_t index) {
  GL_TRY(bytes, reader.get(Column::kIndexes, key(Index::kMilestone, encode_integer(index, kMilestoneIndexSize))));
  const std::size_t hash_size = pack(Hash()).size();
  if (!bytes || bytes->size() < hash_size) return tl::unexpected(damaged());
  GL_TRY(hash, unpack_hash(std::string_view(*bytes).substr(0, hash_size)));
  GL_TRY(milestone, find_milestone(reader, hash));
  if (!milestone) return tl::unexpected(damaged());
  return *milestone;
}

}  // namespace

Result<Position> latest_position(const StateReader& reader) {
  GL_TRY(sequence, counter(reader, kSequenceKey));
  GL_TRY(milestone, counter(reader, kMilestoneKey));
  return Position{sequence, static_cast<std::uint32_t>(milestone)};
}

Result<History> history_after(const StateReader& reader, const Position& after, std::size_t count_max) {
  GL_TRY(latest, latest_position(reader));
  History history;
  history.end = after;
  for (std::size_t i = 0; i < count_max && history.end.sequence < latest.sequence; ++i) {
    const std::uint64_t sequence = ++history.end.sequence;
    GL_TRY(body, reader.get(Column::kBodies, encode_integer(sequence, kSequenceSize)));
    if (!body) continue;
    GL_TRY(trytes, unpack(*body, kTransactionTrytes));
    GL_TRY(transaction, Transaction::from_trytes(std::move(trytes)));
    history.transactions.push_back({sequence, std::move(transaction)});
  }
  if (history.end.sequence < latest.sequence) return history;
  for (std::size_t i = 0; i < count_max && history.end.milestone < latest.milestone; ++i) {
    GL_TRY(milestone, milestone_at(reader, ++history.end.milestone));
    history.milestones.push_back(milestone);
  }
  return history;
}

}  // namespace glucoledger::ledger
