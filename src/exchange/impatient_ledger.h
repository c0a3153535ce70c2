// A ledger of which each call is given up sooner than others would: for who waits to see that what is recorded left.
// Real time counts. Thread-safe.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "ports/ledger.h"

namespace glucoledger::exchange {

// Does `call` with a token that trips after a while: then the ledger counts as out of reach.
template <typename Call>
auto ask_briefly(std::int64_t patience_ms, const base::CancelToken& cancel, const Call& call) {
  return base::within(patience_ms, cancel, {ErrorCode::kUnreachable, "the ledger does not answer", ""}, call);
}

class ImpatientLedger final : public ports::Ledger {
 public:
  ImpatientLedger(std::shared_ptr<ports::Ledger> ledger, std::int64_t patience_ms)
      : ledger_(std::move(ledger)), patience_ms_(patience_ms) {}

  Result<ports::LedgerInfo> info(const base::CancelToken& cancel) override {
    return ask_briefly(patience_ms_, cancel, [&](const auto& token) { return ledger_->info(token); });
  }
  Result<ports::Tips> tips(const base::CancelToken& cancel) override {
    return ask_briefly(patience_ms_, cancel, [&](const auto& token) { return ledger_->tips(token); });
  }
  Result<void> submit(std::span<const ledger::Transaction> transactions, const base::CancelToken& cancel) override {
    return ask_briefly(patience_ms_, cancel, [&](const auto& token) { return ledger_->submit(transactions, token); });
  }
  Result<ports::ReadEnd> read_into(std::span<const crypto::Hash> addresses, ports::Sink& sink,
                                   const base::CancelToken& cancel) override {
    return ask_briefly(patience_ms_, cancel,
                       [&](const auto& token) { return ledger_->read_into(addresses, sink, token); });
  }
  Result<std::vector<bool>> confirmed(std::span<const crypto::Hash> hashes, const base::CancelToken& cancel) override {
    return ask_briefly(patience_ms_, cancel, [&](const auto& token) { return ledger_->confirmed(hashes, token); });
  }
  Result<std::vector<bool>> held(std::span<const crypto::Hash> hashes, const base::CancelToken& cancel) override {
    return ask_briefly(patience_ms_, cancel, [&](const auto& token) { return ledger_->held(hashes, token); });
  }

 private:
  const std::shared_ptr<ports::Ledger> ledger_;
  const std::int64_t patience_ms_;
};

}  // namespace glucoledger::exchange
