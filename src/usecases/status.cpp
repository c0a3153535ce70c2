#include "usecases/status.h"

#include <algorithm>

#include "home/records.h"
#include "usecases/role.h"

namespace glucoledger::usecases {

Result<PatientStatus> patient_status(home::Home& home) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  PatientStatus status;
  GL_CHECK(home.read([&]() -> Result<void> {
    GL_ASSIGN(status.readings, home::count_readings(home));
    GL_ASSIGN(status.unpublished_tangle, home::count_unpublished(home, keys::Design::kTangle));
    GL_ASSIGN(status.unpublished_tangle_ipfs, home::count_unpublished(home, keys::Design::kTangleIpfs));
    GL_ASSIGN(status.waiting, home::outbox_counts(home));
    GL_ASSIGN(status.grants, home::all_grants(home));
    return {};
  }));
  return status;
}

Result<std::vector<PatientEntry>> list_patients(home::Home& home) {
  GL_CHECK(require_role(home, home::Role::kClinic));
  std::vector<PatientEntry> entries;
  GL_CHECK(home.read([&]() -> Result<void> {
    GL_TRY(contacts, home::all_contacts(home));
    for (auto& contact : contacts) {
      PatientEntry entry;
      GL_TRY(grants, home::grants_of(home, contact));
      for (const auto& grant : grants) {
        entry.open = entry.open || !grant.closed_ms;
        for (const auto design : grant.designs) {
          auto& designs = entry.designs;
          if (std::find(designs.begin(), designs.end(), design) == designs.end()) designs.push_back(design);
        }
      }
      GL_ASSIGN(entry.records, home::count_records(home, contact));
      entry.contact = std::move(contact);
      entries.push_back(std::move(entry));
    }
    return {};
  }));
  return entries;
}

}  // namespace glucoledger::usecases
