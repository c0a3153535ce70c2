#include "usecases/report.h"

#include "base/advice.h"
#include "cgm/local_day.h"
#include "fhir/observation.h"
#include "home/records.h"

namespace glucoledger::usecases {
namespace {

struct Readings {
  std::string person;
  std::vector<cgm::Reading> readings;
};

Result<Readings> own_readings(home::Home& home) {
  Readings own;
  if (home.settings().patient) own.person = fhir::display_name(*home.settings().patient);
  GL_TRY(stored, home::readings_in(home, {}));
  for (auto& one : stored) own.readings.push_back(std::move(one.reading));
  return own;
}

Result<home::Contact> chosen_contact(home::Home& home, const std::optional<std::string>& name) {
  if (name) {
    GL_TRY(contact, home::contact_named(home, *name));
    if (contact) return std::move(*contact);
    return fail(ErrorCode::kNotFound, "there is no patient of this name", Advice::kListPatients);
  }
  GL_TRY(contacts, home::all_contacts(home));
  if (contacts.size() == 1) return std::move(contacts.front());
  return fail(ErrorCode::kUsage, "say whose report", Advice::kListPatients);
}

Result<Readings> readings_of_contact(home::Home& home, const std::optional<std::string>& name) {
  Readings found;
  GL_TRY(contact, chosen_contact(home, name));
  found.person = name.value_or("");
  GL_TRY(records, home::records_of(home, contact));
  for (const auto& record : records) {
    GL_TRY(reading, fhir::reading_from_observation(record.resource));
    found.readings.push_back(std::move(reading));
  }
  return found;
}

std::optional<std::chrono::year_month_day> date_of(const std::optional<std::string>& day) {
  if (!day) return std::nullopt;
  const auto days = cgm::days_since_epoch(*day);
  GL_ASSERT(days);  // a DayRange holds days of the calendar
  return std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(*days)));
}

}  // namespace

Result<report::Report> report_on(home::Home& home, const ReportRequest& request) {
  const bool is_patient = home.settings().role == home::Role::kPatient;
  if (is_patient && request.patient) {
    return fail(ErrorCode::kUsage, "a patient's home reports on itself", "leave out the name");
  }
  GL_TRY(found, is_patient ? own_readings(home) : readings_of_contact(home, request.patient));
  report::ReportOptions options;
  options.from = date_of(request.days.since);
  options.to = date_of(request.days.until);
  options.person = found.person;
  return report::make_report(found.readings, options);
}

}  // namespace glucoledger::usecases
