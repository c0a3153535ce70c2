// What fetching tells of what was asked for, and what a fault of a ledger or a store means for it. Decided here alone.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace glucoledger::exchange {

enum class FetchState {
  kFound,        // new records
  kNotYet,       // nothing new
  kClosed,       // the grant is closed, and all that was released has been read
  kPruned,       // something was there, and the node or store dropped it
  kUnreachable,  // no ledger or store answers
  kCorrupt,      // something fails its check
};
std::string_view name_of(FetchState state);  // "FOUND", "NOT YET", ...

// What a ledger or store that was asked for something announced answered with. A store that says it never saw a file
// of which the patient's message speaks is as one that dropped it: PRUNED. Nothing for what tells nothing of it: the
// work was stopped, or this home itself failed.
std::optional<FetchState> fetch_state_of(ErrorCode code);
// The row of the error table (base/error_table.h) that what keeps a physician from records has. CLOSED: kNotAllowed.
// FOUND and NOT YET have none (asserted).
ErrorCode error_code_of(FetchState state);

}  // namespace glucoledger::exchange
