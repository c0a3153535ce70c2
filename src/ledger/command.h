// What changes a ledger's state, and all that does: commands, applied in an order that every replica keeps.
//
// A command carries all that its effect depends on: the time of whoever gave it its place in the order and, where a
// ledger is made, its entropy. So replicas that apply the same commands hold the same bytes (state.h). Each has one
// canonical encoding, by which a log or a consensus hands it on: docs/formats/ledger-command.md. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ledger/checked_transactions.h"
#include "ledger/parameters.h"
#include "ledger/state.h"

namespace glucoledger::ledger {

inline constexpr std::uint8_t kCommandFormatVersion = 1;

// The first command of a ledger, and of no other. The network id is its entropy.
struct CreateLedger {
  Parameters parameters;
};
// At most limits::kCommandTransactionsMax.
struct Submit {
  CheckedTransactions transactions;
};
struct IssueMilestone {
  bool even_if_empty = false;
};
// Drops the bodies of confirmed transactions before the sequence number.
struct Prune {
  std::uint64_t before_sequence = 0;
};
// A part of bringing a ledger of an older version to this one: repeated until it is up to date, and before all others.
struct Upgrade {
  std::uint32_t count_max = 1000;  // transactions, about
};

struct Command {
  std::variant<CreateLedger, Submit, IssueMilestone, Prune, Upgrade> action;
  std::int64_t time_ms = 0;  // that of pruning and upgrading is not looked at
};

// What it led to, beside the state.
struct Outcome {
  Milestone milestone;          // IssueMilestone: the new one, or the latest again
  std::uint64_t pruned = 0;     // Prune: how many bodies went
  bool is_up_to_date = true;    // Upgrade: nothing is left of it
  bool new_parameters = false;  // they were made or changed: to be read again
};

// On the state that the batch shows, whose parameters are given (read_parameters(); nothing: there is no ledger yet).
// kInputRefused: it breaks a rule, which every replica finds alike (kUsage: parameters out of their range); kNotFound:
// only making a ledger is possible; kCorrupt: the state is damaged. After an error the batch is thrown away.
Result<Outcome> apply(StateBatch& batch, const std::optional<Parameters>& parameters, const Command& command);

std::string encode(const Command& command);
// kCorrupt: what encode() never writes; kNewerFormat. kInputRefused: transactions that the ledger of these parameters
// never takes; this costs what CheckedTransactions::check() does.
Result<Command> decode_command(std::string_view bytes, const std::optional<Parameters>& parameters);

}  // namespace glucoledger::ledger
