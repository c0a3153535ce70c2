#include "ledger/history.h"

#include "ledger/state_head.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {

Result<Position> latest_position(const StateReader& reader) {
  GL_TRY(sequence, records::counter(reader, records::kSequenceKey));
  GL_TRY(milestone, records::counter(reader, records::kMilestoneKey));
  return Position{sequence, static_cast<std::uint32_t>(milestone)};
}

Result<History> history_after(const StateReader& reader, const Position& after, std::size_t count_max) {
  GL_TRY(latest, latest_position(reader));
  History history;
  history.end = after;
  for (std::size_t i = 0; i < count_max && history.end.sequence < latest.sequence; ++i) {
    const std::uint64_t sequence = ++history.end.sequence;
    GL_TRY(transaction, find_body(reader, sequence));
    if (transaction) history.transactions.push_back({sequence, std::move(*transaction)});
  }
  if (history.end.sequence < latest.sequence) return history;
  for (std::size_t i = 0; i < count_max && history.end.milestone < latest.milestone; ++i) {
    GL_TRY(milestone, records::read_milestone(reader, ++history.end.milestone));
    history.milestones.push_back(milestone);
  }
  return history;
}

}  // namespace glucoledger::ledger
