// The records that a physician's home has read: fetched, authenticated and decrypted, each once a patient.
#pragma once

#include <string>
#include <vector>

#include "home/contacts.h"

namespace glucoledger::home {

struct Record {
  std::string identifier;
  std::string resource;  // a FHIR Observation, JSON
};
// Whether it was new: a record that came before, in whichever epoch, is kept as it was.
Result<bool> add_record(Transaction& transaction, std::int64_t contact_id, std::int64_t epoch_id, const Record& record);
Result<std::vector<Record>> records_of(Home& home, const Contact& contact);
Result<std::int64_t> count_records(Home& home, const Contact& contact);

}  // namespace glucoledger::home
