// What came of reading what a patient released.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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
// Of what a ledger or store answers about something that was announced. What it never saw is not there any more.
FetchState fetch_state_of(ErrorCode code);

struct FetchProblem {
  FetchState state = FetchState::kCorrupt;
  std::string days;  // the epoch's, or empty
  std::string reason;
};

struct FetchReport {
  std::string patient;
  FetchState state = FetchState::kNotYet;
  bool closed = false;  // CLOSED, also when there were new records before the end
  std::size_t new_records = 0;
  std::size_t messages = 0;
  std::int64_t records = 0;  // all that this home holds
  std::vector<FetchProblem> problems;

  // Each problem once.
  void add_problem(FetchState state_of_it, std::string days, std::string reason);
  // From problems, records and closed.
  void conclude();
};

}  // namespace glucoledger::exchange
