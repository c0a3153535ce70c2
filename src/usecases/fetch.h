// Fetching: the physician's side follows the thread's notes and reads every released epoch as far as it goes, verifying
// every signature, and stores the records. It resumes where it stopped.
//
// Epochs are read side by side: in each round one address of every epoch is asked for in one request, since an epoch's
// next address is known only once the message before is opened.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "home/contacts.h"
#include "usecases/fetch_state.h"
#include "usecases/world.h"

namespace glucoledger::usecases {

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
};

// One patient. Errors are of this home; what the ledger says or does not say is in the report.
Result<FetchReport> fetch(home::Home& home, const World& world, const home::Contact& contact);

}  // namespace glucoledger::usecases
