// init: makes a home. access: changes how the nodes of its ledger let it in.
#include <memory>

#include "apps/advice_words.h"
#include "apps/interrupt.h"
#include "apps/session.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/time_zone.h"
#include "wiring/make_home.h"
#include "wiring/node_access.h"

namespace glucoledger::apps {
namespace {

struct InitArguments {
  std::string role = "patient";
  std::string patient_file;
  std::string time_zone;
  std::string ledger;
  wiring::AccessFiles access;
  std::string store;
  std::optional<int> min_weight_magnitude;
};

void warn_of(const std::vector<Error>& faults, const http::ClientOptions& http) {
  const std::string otherwise =
      "if it is only down for now, nothing is to be done; where its address is wrong, remove the home's folder and "
      "make it anew";
  for (const auto& fault : faults) {
    const auto own = next_step_of(fault);
    const bool can_be_mended = fault.advice == http.trust_advice || fault.advice == http.token_advice;
    const auto next_step = can_be_mended ? own : own.empty() ? otherwise : own + "; " + otherwise;
    warn("the home is made, but " + fault.message + "\n  " + next_step);
  }
}

// A clinic's home has no readings of its own, and publishes nothing.
Result<void> check_arguments(const InitArguments& arguments) {
  if (arguments.role == "patient") return {};
  const bool has_new_ledger = arguments.min_weight_magnitude && arguments.ledger.empty();
  const char* option = !arguments.patient_file.empty() ? "--patient"
                       : !arguments.time_zone.empty()  ? "--time-zone"
                       : !arguments.store.empty()      ? "--store"
                       : has_new_ledger                ? "--mwm without --ledger"
                                                       : nullptr;
  if (option == nullptr) return {};
  return fail(ErrorCode::kUsage, std::string(option) + " is for a patient's home", "leave it out for --role clinic");
}

Result<wiring::NewHome> read_arguments(const InitArguments& arguments) {
  GL_CHECK(check_arguments(arguments));
  wiring::NewHome request;
  request.min_weight_magnitude = arguments.min_weight_magnitude;
  auto& settings = request.settings;
  settings.role = arguments.role == "patient" ? home::Role::kPatient : home::Role::kClinic;
  if (!arguments.patient_file.empty()) {
    GL_TRY(text, base::read_file(arguments.patient_file, base::limits::kResourceSizeMax));
    GL_ASSIGN(settings.patient, fhir::parse_patient(text));
  }
  if (!arguments.time_zone.empty()) GL_CHECK(base::TimeZone::find(arguments.time_zone));
  settings.time_zone = arguments.time_zone;
  if (!arguments.ledger.empty()) {
    GL_ASSIGN(settings.ledger, locator::Locator::parse(arguments.ledger));
  }
  if (!arguments.store.empty()) {
    GL_ASSIGN(settings.store, locator::Locator::parse(arguments.store));
  }
  GL_TRY(access, wiring::read_access(arguments.access));
  request.http = wiring::for_home(std::move(access));
  return request;
}

Result<ExitCode> init(const Context& context, const InitArguments& arguments) {
  GL_TRY(request, read_arguments(arguments));
  const auto folder = home_folder(context);
  GL_TRY(faults, wiring::make_home(folder, request, key_source(context), base::SystemClock(), interrupt_token()));
  warn_of(faults, request.http);
  print_result(context, {{"home", folder.string()}, {"role", arguments.role}},
               "made a " + arguments.role + "'s home in " + folder.string());
  return ExitCode::kDone;
}

Result<ExitCode> change_access(const Context& context, const wiring::AccessFiles& files) {
  if (files.ca_file.empty() && files.token_file.empty()) {
    return fail(ErrorCode::kUsage, "nothing to change", "name --ledger-ca FILE, --ledger-token-file FILE or both");
  }
  GL_TRY(http, wiring::read_access(files));
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(home::Home::Use::kWrite));
  GL_CHECK(wiring::store_access(home, http));
  const auto& ledger = home.ledger_place();
  print_result(context, {{"home", home_folder(context).string()}, {"ledger", ledger.text()}},
               "what follows goes to " + ledger.text() + " in this way");
  return ExitCode::kDone;
}

}  // namespace

void add_init_command(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("init", "Make a home");
  auto arguments = std::make_shared<InitArguments>();
  command->add_option("--role", arguments->role, "patient or clinic")
      ->check(CLI::IsMember({"patient", "clinic"}))
      ->capture_default_str();
  command->add_option("--patient", arguments->patient_file, "The patient's details, a FHIR Patient as JSON");
  command->add_option("--time-zone", arguments->time_zone, "Of local times in device files, e.g. Europe/Berlin");
  command->add_option("--ledger", arguments->ledger, "A folder, or URLs of nodes with commas (default: in the home)");
  add_access_options(*command, arguments->access);
  command->add_option("--store", arguments->store, "The content store's folder (default: in the home)");
  command
      ->add_option("--mwm", arguments->min_weight_magnitude,
                   "Minimum weight magnitude of a new ledger folder (default 9)")
      ->check(CLI::Range(1, base::limits::kMinWeightMagnitudeMax));
  command->footer(
      "The home's key stands in home.key inside; --key-file puts it elsewhere, --passphrase-file locks the home with\n"
      "a passphrase instead.\n"
      "Examples:\n"
      "  glucoledger init --patient me.json --time-zone Europe/Berlin\n"
      "  glucoledger --home clinic init --role clinic\n");
  run_when_chosen(*command, context, arguments, init);
}

void add_access_command(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("access", "Change how the nodes of the home's ledger let it in");
  auto files = std::make_shared<wiring::AccessFiles>();
  add_access_options(*command, *files);
  command->footer(
      "What is not named stays as it was. The token is kept in the home, sealed; of --ledger-ca the file's name is.\n"
      "Example:\n"
      "  glucoledger access --ledger-token-file new-token\n");
  run_when_chosen(*command, context, files, change_access);
}

}  // namespace glucoledger::apps
