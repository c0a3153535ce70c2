// What a home holds, and what waits in it: one state of it.
#pragma once

#include <string>
#include <vector>

#include "home/contacts.h"
#include "home/grants.h"
#include "home/outbox.h"

namespace glucoledger::usecases {

struct PatientStatus {
  std::int64_t readings = 0;
  std::int64_t unpublished_tangle = 0;       // in design A
  std::int64_t unpublished_tangle_ipfs = 0;  // in design B
  home::OutboxCounts waiting;
  std::vector<home::Grant> grants;  // open and closed, oldest first
};
Result<PatientStatus> patient_status(home::Home& home);

struct PatientEntry {
  home::Contact contact;
  bool open = false;                  // one of their grants is
  std::vector<keys::Design> designs;  // of their grants, each once
  std::int64_t records = 0;
};
// Who shared with a clinic's home.
Result<std::vector<PatientEntry>> list_patients(home::Home& home);

}  // namespace glucoledger::usecases
