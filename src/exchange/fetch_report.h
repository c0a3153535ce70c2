// What came of reading what a patient released.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "exchange/fetch_state.h"

namespace glucoledger::exchange {

struct FetchProblem {
  FetchState state = FetchState::kCorrupt;
  std::string days;  // the epoch's, or empty
  std::string reason;
  std::string next_step;  // of the error that it was; so is the advice
  Advice advice{};
};

struct FetchReport {
  std::string patient;
  FetchState state = FetchState::kNotYet;
  bool given_up = false;  // the ledger let nothing come forward for too long
  bool closed = false;    // CLOSED, also when there were new records before the end
  std::size_t new_records = 0;
  std::size_t messages = 0;
  std::size_t notes = 0;     // that were read
  std::int64_t records = 0;  // all that this home holds
  std::vector<FetchProblem> problems;

  // Each problem once.
  void add_problem(FetchState state_of_it, std::string days, std::string reason);
  void add_problem(FetchState state_of_it, std::string days, Error error);
  // From problems, records and closed.
  void conclude();
};

}  // namespace glucoledger::exchange
