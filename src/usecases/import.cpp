#include "usecases/import.h"

#include <algorithm>
#include <cctype>

namespace glucoledger::usecases {
namespace {

std::string folded(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool differ(std::string_view a, std::string_view b) {
  return !a.empty() && !b.empty() && folded(a) != folded(b);
}

Result<void> keep_patient(home::Home& home, const convert::PatientDetails& details) {
  const auto merged = fhir::merge(home.settings().patient.value_or(fhir::Patient{}), patient_named_in(details));
  return home.database().transaction([&] { return home.set_meta("patient", fhir::patient_json(merged)); });
}

}  // namespace

fhir::Patient patient_named_in(const convert::PatientDetails& details) {
  fhir::Patient patient;
  patient.given = details.given_name;
  patient.family = details.family_name;
  patient.birth_date = details.birth_date.value_or("");
  return patient;
}

Result<Import> import_readings(home::Home& home, convert::ImportedFile file) {
  Import outcome;
  outcome.file = std::move(file);
  GL_ASSIGN(outcome.added, home::add_readings(home, outcome.file.readings));
  const auto& details = outcome.file.patient;
  if (details.empty()) return outcome;
  if (const auto& known = home.settings().patient) {
    outcome.names_another_person =
        differ(known->family, details.family_name) || differ(known->given, details.given_name);
  }
  if (!outcome.names_another_person) GL_CHECK(keep_patient(home, details));
  return outcome;
}

}  // namespace glucoledger::usecases
