#include "usecases/import.h"

#include <algorithm>
#include <cctype>

#include "base/advice.h"
#include "usecases/role.h"

namespace glucoledger::usecases {
namespace {

std::string folded(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// So many readings in a transaction: others have their turn.
constexpr std::size_t kReadingsPerTransaction = 5'000;

bool differ(std::string_view a, std::string_view b) {
  return !a.empty() && !b.empty() && folded(a) != folded(b);
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

Result<void> keep_patient(home::Home& home, const convert::PatientDetails& details) {
  GL_CHECK(home.write([&](home::Transaction& transaction) -> Result<void> {
    GL_CHECK(home.reload_settings());
    const auto merged = fhir::merge(home.settings().patient.value_or(fhir::Patient{}), patient_named_in(details));
    return home.set_meta(transaction, "patient", fhir::patient_json(merged));
  }));
  return home.reload_settings();
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
  GL_CHECK(require_role(home, home::Role::kPatient));
  Import outcome;
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
  const auto& details = outcome.file.patient;
  if (details.empty()) return outcome;
  if (const auto& known = home.settings().patient) {
    outcome.names_another_person =
        differ(known->family, details.family_name) || differ(known->given, details.given_name);
  }
  if (outcome.names_another_person) return outcome;
  if (auto kept = keep_patient(home, details); !kept) {
    return tl::unexpected(cut_short(std::move(kept.error()), readings.size()));
  }
  return outcome;
}

Result<Import> import_file(home::Home& home, const World& world, const std::filesystem::path& file,
                           convert::ImportOptions options) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  options.default_time_zone = home.settings().time_zone;
  options.now_ms = world.clock.now_ms();
  options.cancel = world.cancel;
  GL_TRY(read, convert::read_device_file(file, options, world.progress));
  return import_readings(home, std::move(read));
}

Result<void> import_files(home::Home& home, const World& world, std::span<const std::string> files,
                          const convert::ImportOptions& options, const TellImport& tell) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  for (const auto& file : files) {
    if (world.cancel.cancelled()) return fail(ErrorCode::kInterrupted, "stopped", "the files before were imported");
    tell(file, import_file(home, world, file, options));
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
