#include "ledger_store/replica.h"

#include <future>

namespace glucoledger::ledger_store {

Result<void> Replica::submit_without_milestone(std::span<const ledger::Transaction> transactions) {
  const auto answer = std::make_shared<std::promise<Result<void>>>();
  auto result = answer->get_future();
  submit_without_milestone(transactions, [answer](Result<void> reached) { answer->set_value(std::move(reached)); });
  return result.get();
}

Result<void> Replica::rehearse(std::span<const ledger::Transaction> transactions, std::int64_t time_ms) {
  ledger::Parameters without_work = parameters();
  without_work.min_weight_magnitude = 0;
  GL_TRY(now, view());
  ledger::StateBatch thrown_away(*now);
  return ledger::submit(thrown_away, without_work, transactions, time_ms);
}

}  // namespace glucoledger::ledger_store
