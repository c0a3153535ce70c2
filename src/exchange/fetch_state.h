// What fetching tells of what was asked for: in words, and by the error table (base/error_table.h).
#pragma once

#include <optional>
#include <string_view>

#include "base/error_table.h"

namespace glucoledger::exchange {

using base::FetchState;
std::string_view name_of(FetchState state);  // "FOUND", "NOT YET", ...

// What a ledger or store that was asked for something announced answered with, by the error table. Nothing for what
// tells nothing of it: the work was stopped, or this home itself failed.
inline std::optional<FetchState> fetch_state_of(ErrorCode code) {
  return base::error_row(code).fetch_state;
}
// The row of the error table (base/error_table.h) that what keeps a physician from records has. CLOSED: kNotAllowed.
// FOUND and NOT YET have none (asserted).
ErrorCode error_code_of(FetchState state);

}  // namespace glucoledger::exchange
