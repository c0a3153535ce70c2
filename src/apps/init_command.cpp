// init: makes a home.
#include <memory>

#include "apps/session.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/time_zone.h"
#include "ledger_client/open_ledger.h"

namespace glucoledger::apps {
namespace {

struct InitArguments {
  std::string role = "patient";
  std::string patient_file;
  std::string time_zone;
  std::string ledger;
  std::string ledger_ca;
  std::string ledger_token_file;
  std::string store;
  std::optional<int> min_weight_magnitude;
};

// Opens the ledger once, so that a new folder gets its minimum weight magnitude, and a wrong one is told now.
Result<void> make_ledger(const std::string& spec, std::optional<int> min_weight_magnitude,
                         const ledger_client::HttpOptions& http) {
  ledger_client::OpenLedgerOptions options;
  options.http = http;
  options.min_weight_magnitude = min_weight_magnitude;
  return ledger_client::open_ledger(spec, options, base::SystemClock()).map([](const auto&) {});
}

Result<ExitCode> init(const Context& context, const InitArguments& arguments) {
  home::Settings settings;
  settings.role = arguments.role == "patient" ? home::Role::kPatient : home::Role::kClinic;
  if (!arguments.patient_file.empty()) {
    GL_TRY(text, base::read_file(arguments.patient_file, base::limits::kResourceSizeMax));
    GL_ASSIGN(settings.patient, fhir::parse_patient(text));
  }
  if (!arguments.time_zone.empty()) GL_CHECK(base::TimeZone::find(arguments.time_zone));
  settings.time_zone = arguments.time_zone;
  const auto world = make_world();
  ledger_client::HttpOptions http;
  if (!arguments.ledger_ca.empty()) http.ca_file = std::filesystem::absolute(arguments.ledger_ca).string();
  if (!arguments.ledger_token_file.empty()) {
    GL_TRY(token, read_token(arguments.ledger_token_file));
    http.token = std::make_shared<const SecretBytes>(std::move(token));
  }
  if (!arguments.ledger.empty()) {
    GL_ASSIGN(settings.ledger, world.locator_of(arguments.ledger));
    GL_CHECK(make_ledger(settings.ledger, arguments.min_weight_magnitude, http));
  }
  if (!arguments.store.empty()) {
    GL_TRY(store, world.open_store(arguments.store, usecases::Use::kWrite));
    settings.store = store->locator();
  }
  const auto folder = home_folder(context);
  GL_CHECK(home::create_home(folder, settings, key_source(context), world.clock.now_ms()));
  if (!http.ca_file.empty() || http.token) {
    GL_TRY(key, home::unlock_home(folder, key_source(context)));
    GL_TRY(home, home::Home::open(folder, key, home::Home::Access::kWrite));
    GL_CHECK(home.database().transaction(
        [&] { return store_access(home, http.ca_file, http.token ? http.token->text() : std::string_view()); }));
  }
  if (arguments.ledger.empty() && settings.role == home::Role::kPatient) {
    GL_CHECK(make_ledger((folder / "ledger").string(), arguments.min_weight_magnitude, {}));
  }
  print_result(context, {{"home", folder.string()}, {"role", arguments.role}},
               "made a " + arguments.role + "'s home in " + folder.string());
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
  command->add_option("--ledger-ca", arguments->ledger_ca,
                      "Certificates (PEM) by which https:// nodes are trusted (default: the system's)");
  command->add_option("--ledger-token-file", arguments->ledger_token_file,
                      "A file with the token that the nodes ask for; kept in the home, sealed");
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
  command->callback(
      [&context, arguments] { context.run = [&context, arguments] { return init(context, *arguments); }; });
}

}  // namespace glucoledger::apps
