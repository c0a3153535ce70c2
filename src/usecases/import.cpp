#include "usecases/import.h"

#include <algorithm>

#include "base/advice.h"
#include "convert/words.h"
#include "usecases/role.h"

namespace glucoledger::usecases {
namespace {

constexpr std::string_view kSubject = "subject";  // the label of the home's person in files that label people

// So many readings in a transaction: others have their turn.
constexpr std::size_t kReadingsPerTransaction = 5'000;

bool differ(std::string_view a, std::string_view b) {
  return !a.empty() && !b.empty() && convert::folded(a) != convert::folded(b);
}

bool names_another(const fhir::Patient& known, const fhir::Patient& named) {
  return differ(known.family, named.family) || differ(known.given, named.given) ||
         differ(known.birth_date, named.birth_date);
}

// What was taken before stays: then it is not BUSY, "nothing was changed", any more.
Error cut_short(Error error, std::size_t taken) {
  if (taken == 0 || error.code != ErrorCode::kBusy) return error;
  return {ErrorCode::kFailed,
          error.message + "; " + std::to_string(taken) + " readings of the file were taken in before", "",
          Advice::kImportAgain};
}

// Another time the file may be taken.
bool is_passing(const Error& error) {
  return error.code != ErrorCode::kInputRefused && error.code != ErrorCode::kCorrupt &&
         error.code != ErrorCode::kNewerFormat;
}

// Of two processes that import for the first time, the second must name the same person. True: another one.
Result<bool> take_person(home::Home& home, const convert::ImportedFile& file, Person person) {
  bool is_another = false;
  GL_CHECK(home.write([&](home::Transaction& transaction) -> Result<void> {
    GL_CHECK(home.reload_settings());
    const auto known = home.settings().patient.value_or(fhir::Patient{});
    const auto named = patient_named_in(file.patient);
    GL_TRY(subject, home.meta(kSubject));
    is_another = names_another(known, named) || (subject && differ(*subject, file.subject));
    if (is_another && person == Person::kIsConfirmed) return {};
    if (is_another) {
      return fail(ErrorCode::kInputRefused, "the file names another person than this home", Advice::kConfirmPerson);
    }
    if (!subject && !file.subject.empty()) GL_CHECK(home.set_meta(transaction, kSubject, file.subject));
    if (file.patient.empty()) return {};
    return home.set_meta(transaction, "patient", fhir::patient_json(fhir::merge(known, named)));
  }));
  GL_CHECK(home.reload_settings());
  return is_another;
}

}  // namespace

fhir::Patient patient_named_in(const convert::PatientDetails& details) {
  fhir::Patient patient;
  patient.given = details.given_name;
  patient.family = details.family_name;
  patient.birth_date = details.birth_date.value_or("");
  return patient;
}

Result<Import> import_readings(home::Home& home, convert::ImportedFile file, Person person) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  Import outcome;
  GL_ASSIGN(outcome.names_another_person, take_person(home, file, person));
  outcome.file = std::move(file);
  const std::span readings(outcome.file.readings);
  for (std::size_t next = 0; next < readings.size(); next += kReadingsPerTransaction) {
    const auto some = readings.subspan(next, std::min(kReadingsPerTransaction, readings.size() - next));
    home::Added added;
    auto taken = home.write([&](home::Transaction& transaction) -> Result<void> {
      GL_ASSIGN(added, home::add_readings(transaction, some));
      return {};
    });
    if (!taken) return tl::unexpected(cut_short(std::move(taken.error()), next));
    outcome.added.added += added.added;
    outcome.added.known += added.known;
    outcome.added.conflicting_lines.insert(outcome.added.conflicting_lines.end(), added.conflicting_lines.begin(),
                                           added.conflicting_lines.end());
  }
  return outcome;
}

Result<Import> import_file(home::Home& home, const World& world, const std::filesystem::path& file,
                           convert::ImportOptions options, Person person) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  options.default_time_zone = home.settings().time_zone;
  options.now_ms = world.clock.now_ms();
  options.cancel = world.cancel;
  GL_TRY(read, convert::read_device_file(file, options, world.progress));
  return import_readings(home, std::move(read), person);
}

Result<void> import_files(home::Home& home, const World& world, std::span<const std::string> files,
                          const convert::ImportOptions& options, const TellImport& tell, Person person) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  for (const auto& file : files) {
    if (world.cancel.cancelled()) return fail(ErrorCode::kInterrupted, "stopped", "the files before were imported");
    tell(file, import_file(home, world, file, options, person));
  }
  return {};
}

void import_new_files(home::Home& home, const World& world, Inbox& inbox, const convert::ImportOptions& options,
                      const TellImport& tell) {
  for (const auto& file : inbox.changed_files()) {
    if (world.cancel.cancelled()) return inbox.try_again(file);
    const auto outcome = import_file(home, world, file, options);
    if (!outcome && is_passing(outcome.error())) inbox.try_again(file);
    tell(file, outcome);
  }
}

Result<void> follow_imports(home::Home& home, const World& world, Inbox& inbox, const convert::ImportOptions& options,
                            const TellImport& tell, const std::function<void()>& begun) {
  constexpr std::int64_t kIntervalMs = 300;
  GL_CHECK(require_role(home, home::Role::kPatient));
  if (begun) begun();
  do {
    import_new_files(home, world, inbox, options, tell);
  } while (!inbox.wait_ms(kIntervalMs, world.cancel));
  return {};
}

}  // namespace glucoledger::usecases
