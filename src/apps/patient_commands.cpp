// The patient's commands: init, import, status, publish, share, revoke.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "apps/device_file_options.h"
#include "apps/session.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "base/time_zone.h"
#include "cgm/local_day.h"
#include "keys/qr.h"
#include "ledger_client/open_ledger.h"
#include "usecases/import.h"
#include "usecases/publish.h"
#include "usecases/revoke.h"
#include "usecases/share.h"

namespace glucoledger::apps {
namespace {

using home::Home;
using nlohmann::ordered_json;

std::string count_of(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

// ---- init

struct InitArguments {
  std::string role = "patient";
  std::string patient_file;
  std::string time_zone;
  std::string ledger;
  std::string store;
  std::optional<int> min_weight_magnitude;
};

// Opens the ledger once, so that a new folder gets its minimum weight magnitude, and a wrong one is told now.
Result<void> make_ledger(const std::string& spec, std::optional<int> min_weight_magnitude) {
  ledger_client::OpenLedgerOptions options;
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
  if (!arguments.ledger.empty()) {
    GL_ASSIGN(settings.ledger, world.locator_of(arguments.ledger));
    GL_CHECK(make_ledger(settings.ledger, arguments.min_weight_magnitude));
  }
  if (!arguments.store.empty()) {
    GL_TRY(store, world.open_store(arguments.store, usecases::Use::kWrite));
    settings.store = store->locator();
  }
  const auto folder = home_folder(context);
  GL_CHECK(home::create_home(folder, settings, key_source(context), world.clock.now_ms()));
  if (arguments.ledger.empty() && settings.role == home::Role::kPatient) {
    GL_CHECK(make_ledger((folder / "ledger").string(), arguments.min_weight_magnitude));
  }
  print_result(context, {{"home", folder.string()}, {"role", arguments.role}},
               "made a " + arguments.role + "'s home in " + folder.string());
  return ExitCode::kDone;
}

void add_init(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("init", "Make a home");
  auto arguments = std::make_shared<InitArguments>();
  command->add_option("--role", arguments->role, "patient or clinic")
      ->check(CLI::IsMember({"patient", "clinic"}))
      ->capture_default_str();
  command->add_option("--patient", arguments->patient_file, "The patient's details, a FHIR Patient as JSON");
  command->add_option("--time-zone", arguments->time_zone, "Of local times in device files, e.g. Europe/Berlin");
  command->add_option("--ledger", arguments->ledger, "A folder, or URLs of nodes with commas (default: in the home)");
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

// ---- import

struct ImportArguments {
  std::vector<std::string> files;
  std::string follow;
  DeviceFileArguments device;
};

ordered_json document_of(const std::string& file, const usecases::Import& import) {
  ordered_json document = {{"file", file}};
  document.update(import_json(import.file));
  document["added"] = import.added.added;
  document["known"] = import.added.known;
  document["conflicting_lines"] = import.added.conflicting_lines;
  return document;
}

std::string text_of(const std::string& file, const usecases::Import& import) {
  std::string text = file + ": " + import_text(import.file);
  text += "  " + count_of(import.added.added, "reading") + " added, " + std::to_string(import.added.known) +
          " known already\n";
  if (!import.added.conflicting_lines.empty()) {
    text += "  kept the first value where the home has another one: line";
    for (const auto line : import.added.conflicting_lines) text += " " + std::to_string(line);
    text += "\n";
  }
  return text;
}

// What came of one file: a document, a text, and its error if it was refused.
struct ImportOutcome {
  ordered_json document;
  std::string text;
  std::optional<Error> error;
};

ImportOutcome import_one(Home& home, const usecases::World& world, const ImportArguments& arguments,
                         const std::string& file) {
  auto import =
      usecases::import_file(home, file, import_options(arguments.device, home.settings().time_zone), world.progress);
  if (!import) {
    auto error = import.error();
    error.message = file + ": " + error.message;
    return {{{"file", file}, {"error", error.message}, {"next_step", error.next_step}}, "", error};
  }
  if (import->names_another_person) {
    std::fputs("glucoledger: the file names another person than this home: make sure that it is yours\n", stderr);
  }
  return {document_of(file, *import), text_of(file, *import), std::nullopt};
}

// As files come into a watched folder: a line each, and none ends the watch.
void import_changed(const Context& context, Home& home, const usecases::World& world, const ImportArguments& arguments,
                    const std::vector<std::string>& files) {
  for (const auto& file : files) {
    const auto outcome = import_one(home, world, arguments, file);
    print_result(context, outcome.document, outcome.text);
    if (outcome.error) std::fprintf(stderr, "glucoledger: %s\n", outcome.error->message.c_str());
  }
}

// New and changed files of a folder, once they have stopped growing.
class FolderWatch {
 public:
  explicit FolderWatch(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::vector<std::string> changed_files() {
    std::vector<std::string> ready;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
      std::error_code ignored;
      if (!entry.is_regular_file(ignored) || entry.path().filename().string().starts_with(".")) continue;
      const Seen now{entry.file_size(ignored), entry.last_write_time(ignored)};
      auto& state = files_[entry.path().string()];
      if (state.last == now && !(state.taken == now)) {
        state.taken = now;
        ready.push_back(entry.path().string());
      }
      state.last = now;
    }
    std::sort(ready.begin(), ready.end());
    return ready;
  }

 private:
  struct Seen {
    std::uintmax_t size = 0;
    std::filesystem::file_time_type time;
    bool operator==(const Seen&) const = default;
  };
  struct State {
    Seen last;
    Seen taken;
  };
  std::filesystem::path folder_;
  std::map<std::string, State> files_;
};

constexpr std::int64_t kFollowIntervalMs = 300;

Result<void> require_folder(const std::string& folder) {
  std::error_code ignored;
  if (std::filesystem::is_directory(folder, ignored)) return {};
  return fail(ErrorCode::kNotFound, folder + " is no folder", "name the folder that new device files come into");
}

Result<ExitCode> follow_folder(const Context& context, const Session& session, const ImportArguments& arguments) {
  GL_CHECK(require_folder(arguments.follow));
  FolderWatch watch(arguments.follow);
  std::fprintf(stderr, "watching %s; Ctrl-C ends it\n", arguments.follow.c_str());
  do {
    const auto files = watch.changed_files();
    if (files.empty()) continue;
    // A long turn of another command ends the wait, not the watch.
    auto home = session.open_as(home::Role::kPatient, Home::Access::kWrite);
    while (!home && home.error().code == ErrorCode::kUnreachable && !base::interrupted()) {
      home = session.open_as(home::Role::kPatient, Home::Access::kWrite);
    }
    if (!home && base::interrupted()) break;
    if (!home) return tl::unexpected(home.error());
    import_changed(context, *home, session.world(), arguments, files);
  } while (!base::sleep_or_interrupted(kFollowIntervalMs));
  return ExitCode::kDone;
}

Result<ExitCode> import_files(const Context& context, const ImportArguments& arguments) {
  if (arguments.files.empty() == arguments.follow.empty()) {
    return fail(ErrorCode::kUsage, "name the files to import, or a folder to watch with --follow");
  }
  GL_TRY(session, Session::start(context));
  if (!arguments.follow.empty()) return follow_folder(context, session, arguments);
  GL_TRY(home, session.open_as(home::Role::kPatient, Home::Access::kWrite));
  auto documents = ordered_json::array();
  std::string text;
  auto exit_code = ExitCode::kDone;
  for (const auto& file : arguments.files) {
    if (base::interrupted()) return fail(ErrorCode::kInterrupted, "stopped", "the files before were imported");
    auto outcome = import_one(home, session.world(), arguments, file);
    documents.push_back(std::move(outcome.document));
    text += outcome.text;
    if (!outcome.error) continue;
    std::fprintf(stderr, "glucoledger: %s\n  %s\n", outcome.error->message.c_str(), outcome.error->next_step.c_str());
    exit_code = exit_code_of(outcome.error->code);
  }
  print_result(context, {{"files", documents}}, text);
  return exit_code;
}

void add_import(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("import", "Take the readings of device files into the home");
  auto arguments = std::make_shared<ImportArguments>();
  command->add_option("FILE", arguments->files, "Exports of sensors; - reads standard input");
  command->add_option("--follow", arguments->follow, "Watch a folder and import what comes into it");
  add_device_file_options(*command, arguments->device);
  command->footer(
      "A file may be imported again, or overlap with others: each reading is kept once.\n"
      "Examples:\n"
      "  glucoledger import Clarity_Export.csv\n"
      "  glucoledger import cgm.csv --subject 'Subject 1' --time-zone Europe/Berlin\n"
      "  glucoledger import --follow ~/Downloads/cgm\n");
  command->callback(
      [&context, arguments] { context.run = [&context, arguments] { return import_files(context, *arguments); }; });
}

// ---- publish

struct PublishArguments {
  std::string design = "tangle";
  std::string since;
  std::string until;
  std::optional<std::size_t> last;
  std::string window = "quarter";
  std::optional<std::string> follow;
  std::optional<int> min_weight_magnitude;
  std::string transform = "compress";
};

Result<home::DayRange> day_range(const std::string& since, const std::string& until) {
  home::DayRange range;
  if (!since.empty()) range.since = since;
  if (!until.empty()) range.until = until;
  for (const auto& day : {range.since, range.until}) {
    if (day && !cgm::days_since_epoch(*day)) {
      return fail(ErrorCode::kUsage, "a day is written YYYY-MM-DD, such as 2026-01-31");
    }
  }
  if (range.since && range.until && *range.until < *range.since) {
    return fail(ErrorCode::kUsage, "--until lies before --since");
  }
  return range;
}

Result<usecases::PublishOptions> publish_options(const PublishArguments& arguments) {
  static const std::map<std::string, cgm::Window> kWindows = {{"realtime", cgm::Window::kRealtime},
                                                              {"day", cgm::Window::kDay},
                                                              {"week", cgm::Window::kWeek},
                                                              {"month", cgm::Window::kMonth},
                                                              {"quarter", cgm::Window::kQuarter}};
  usecases::PublishOptions options;
  GL_ASSIGN(options.design, keys::design_named(arguments.design));
  GL_ASSIGN(options.days, day_range(arguments.since, arguments.until));
  options.last = arguments.last;
  options.window = kWindows.at(arguments.window);
  options.outbox.min_weight_magnitude = arguments.min_weight_magnitude;
  options.outbox.transform =
      arguments.transform == "compress" ? privacy::Transform::kCompress : privacy::Transform::kNone;
  return options;
}

struct Round {
  usecases::PublishPlan plan;
  Result<usecases::OutboxReport> outbox;
  home::OutboxCounts waiting;
};

Result<Round> publish_round(Home& home, const usecases::World& world, const usecases::PublishOptions& options) {
  GL_TRY(plan, usecases::plan_publication(home, options));
  auto outbox = usecases::run_outbox(home, world, options.outbox);
  GL_TRY(waiting, home::outbox_counts(home));
  return Round{plan, std::move(outbox), waiting};
}

ordered_json document_of(const Round& round) {
  const auto counts = round.outbox ? round.outbox->delivery : usecases::DeliveryCounts{};
  return {{"readings", round.plan.readings},
          {"epochs", round.plan.epochs},
          {"confirmed_messages", counts.closed},
          {"read_back", counts.read_back},
          {"unconfirmed_messages", counts.unconfirmed},
          {"readings_waiting", round.waiting.readings_waiting},
          {"messages_waiting", round.waiting.messages_waiting},
          {"notes_waiting", round.waiting.notes_waiting}};
}

std::string text_of(const Round& round) {
  std::string text = count_of(round.plan.readings, "new reading") + " in " + count_of(round.plan.epochs, "new epoch");
  if (round.outbox) {
    text += "; " + count_of(round.outbox->delivery.closed, "message") + " and notes confirmed by the ledger";
    if (round.outbox->delivery.read_back > 0) text += " (read back: this ledger confirms no data)";
  }
  text += "\n";
  if (round.waiting.messages_waiting + round.waiting.notes_waiting > 0) {
    text += std::to_string(round.waiting.messages_waiting) + " messages and " +
            std::to_string(round.waiting.notes_waiting) + " notes wait in the outbox: publish again to send them\n";
  }
  return text;
}

Result<ExitCode> exit_of(const Round& round) {
  if (!round.outbox) return tl::unexpected(round.outbox.error());
  if (round.outbox->delivery.unconfirmed > 0) {
    return fail(ErrorCode::kUnreachable, "the ledger accepted messages that it has not confirmed yet",
                "nothing is lost: publish again later");
  }
  return ExitCode::kDone;
}

// Sends what comes, for as long as it runs: a ledger that cannot be reached is tried again, ever more rarely.
Result<ExitCode> follow_publishing(const Context& context, const Session& session,
                                   const usecases::PublishOptions& options, const std::string& folder) {
  constexpr std::int64_t kPauseMaxMs = 30'000;
  if (!folder.empty()) GL_CHECK(require_folder(folder));
  FolderWatch watch(folder);
  std::int64_t pause_ms = kFollowIntervalMs;
  do {
    auto opened = session.open_as(home::Role::kPatient, Home::Access::kWrite);
    if (!opened && opened.error().code == ErrorCode::kUnreachable) continue;  // another command has its turn
    if (!opened) return tl::unexpected(opened.error());
    auto& home = *opened;
    if (!folder.empty()) import_changed(context, home, session.world(), {}, watch.changed_files());
    GL_TRY(plan, usecases::plan_publication(home, options));
    GL_TRY(before, home::outbox_counts(home));
    if (before.messages_waiting + before.notes_waiting == 0) continue;
    Round round{plan, usecases::run_outbox(home, session.world(), options.outbox), {}};
    GL_ASSIGN(round.waiting, home::outbox_counts(home));
    print_result(context, document_of(round), text_of(round));
    const auto outcome = exit_of(round);
    if (!outcome && outcome.error().code == ErrorCode::kInterrupted) break;
    if (!outcome && outcome.error().code != ErrorCode::kUnreachable) return outcome;
    if (!outcome) std::fprintf(stderr, "glucoledger: %s; trying again\n", outcome.error().message.c_str());
    pause_ms = outcome ? kFollowIntervalMs : std::min(2 * pause_ms, kPauseMaxMs);
  } while (!base::sleep_or_interrupted(pause_ms));
  return ExitCode::kDone;
}

Result<ExitCode> publish(const Context& context, const PublishArguments& arguments) {
  if (arguments.follow && arguments.last) {
    return fail(ErrorCode::kUsage, "--last with --follow would send the newest again and again until none is left",
                "use --since");
  }
  GL_TRY(options, publish_options(arguments));
  GL_TRY(session, Session::start(context));
  if (arguments.follow) return follow_publishing(context, session, options, *arguments.follow);
  GL_TRY(home, session.open_as(home::Role::kPatient, Home::Access::kWrite));
  GL_TRY(round, publish_round(home, session.world(), options));
  print_result(context, document_of(round), text_of(round));
  return exit_of(round);
}

void add_publish(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("publish", "Send readings that were not published yet, and what waits");
  auto arguments = std::make_shared<PublishArguments>();
  command
      ->add_option("--design", arguments->design,
                   "tangle: a message a reading; tangle-ipfs: one encrypted file a window, its hash on the Tangle")
      ->check(CLI::IsMember({"tangle", "tangle-ipfs"}))
      ->capture_default_str();
  command->add_option("--since", arguments->since, "Only readings from this day on (YYYY-MM-DD)");
  command->add_option("--until", arguments->until, "Only readings up to this day");
  command->add_option("--last", arguments->last, "Only the newest N that were not published yet")
      ->check(CLI::Range(1, 100'000'000));
  command->add_option("--window", arguments->window, "tangle-ipfs: realtime, day, week, month or quarter")
      ->check(CLI::IsMember({"realtime", "day", "week", "month", "quarter"}))
      ->capture_default_str();
  command->add_option("--transform", arguments->transform, "tangle-ipfs: compress or none")
      ->check(CLI::IsMember({"compress", "none"}))
      ->capture_default_str();
  command->add_option("--follow", arguments->follow, "Keep sending; with a folder, also import what comes into it")
      ->expected(0, 1);
  command->add_option("--mwm", arguments->min_weight_magnitude, "Raise the proof of work above what the ledger asks")
      ->check(CLI::Range(1, base::limits::kMinWeightMagnitudeMax));
  command->footer(
      "What cannot be sent now waits in the outbox (exit 6) and goes with the next publish.\n"
      "Examples:\n"
      "  glucoledger publish\n"
      "  glucoledger publish --design tangle-ipfs --window month\n"
      "  glucoledger publish --follow ~/Downloads/cgm\n");
  command->callback(
      [&context, arguments] { context.run = [&context, arguments] { return publish(context, *arguments); }; });
}

// ---- share, revoke

struct ShareArguments {
  std::string name;
  std::string design = "tangle";
  std::string since;
  std::string until;
  std::string uri_file;
  std::string png_file;
  std::string svg_file;
};

Result<void> write_share_files(const ShareArguments& arguments, const SecretBytes& uri) {
  constexpr unsigned kOwnerOnly = 0600;
  if (!arguments.uri_file.empty()) {
    const SecretBytes line(base::to_bytes(std::string(uri.text()) + "\n"));
    GL_CHECK(base::write_file_atomic(arguments.uri_file, line.view(), kOwnerOnly));
  }
  if (!arguments.png_file.empty()) {
    GL_TRY(png, keys::qr_png(uri.text()));
    GL_CHECK(base::write_file_atomic(arguments.png_file, png, kOwnerOnly));
  }
  if (!arguments.svg_file.empty()) {
    GL_TRY(svg, keys::qr_svg(uri.text()));
    GL_CHECK(base::write_file_atomic(arguments.svg_file, base::as_bytes(svg), kOwnerOnly));
  }
  return {};
}

Result<std::string> share_text(const ShareArguments& arguments, const usecases::Share& share) {
  std::string text;
  if (arguments.uri_file.empty() && arguments.png_file.empty() && arguments.svg_file.empty()) {
    GL_TRY(code, keys::qr_terminal(share.uri.text()));
    text += code + "\n" + std::string(share.uri.text()) + "\n\n";
  }
  text += "Whoever has this code can read " + count_of(share.epochs, "epoch") + " and what comes after; show it to " +
          arguments.name + " alone.\n";
  for (const auto& days : share.left_out) {
    text += "Not included: the file of " + days + " reaches over the window's edge.\n";
  }
  if (share.this_machine_only) {
    text +=
        "It names a folder: only homes of this machine can use it. Share a node's URL (init --ledger) for others.\n";
  }
  return text;
}

// Notes go at once when the ledger can be reached. What this says decides the exit code; nothing is undone.
Result<ExitCode> send_notes(Home& home, const usecases::World& world) {
  usecases::OutboxOptions options;
  options.notes_only = true;
  GL_TRY(report, usecases::run_outbox(home, world, options));
  if (report.waiting.notes_waiting == 0) return ExitCode::kDone;
  return fail(ErrorCode::kUnreachable, "notes wait for the ledger", "publish again to send them");
}

Result<ExitCode> share(const Context& context, const ShareArguments& arguments) {
  usecases::ShareOptions options;
  options.name = arguments.name;
  GL_ASSIGN(options.design, keys::design_named(arguments.design));
  GL_ASSIGN(options.days, day_range(arguments.since, arguments.until));
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open_as(home::Role::kPatient, Home::Access::kWrite));
  GL_TRY(share, usecases::share(home, session.world(), options));
  GL_CHECK(write_share_files(arguments, share.uri));
  GL_TRY(text, share_text(arguments, share));
  print_result(context,
               {{"to", arguments.name},
                {"design", arguments.design},
                {"uri", share.uri.text()},
                {"epochs", share.epochs},
                {"left_out", share.left_out},
                {"this_machine_only", share.this_machine_only}},
               text);
  return send_notes(home, session.world());
}

Result<ExitCode> revoke(const Context& context, const std::string& name) {
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open_as(home::Role::kPatient, Home::Access::kWrite));
  GL_TRY(revocation, usecases::revoke(home, session.world(), name));
  print_result(
      context,
      {{"revoked", name}, {"epochs_ended", revocation.epochs_ended}, {"epochs_opened", revocation.epochs_opened}},
      name + " can read nothing that is published from now on");
  return send_notes(home, session.world());
}

void add_share_and_revoke(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("share", "Let someone read: a QR code and URI to show in person");
  auto arguments = std::make_shared<ShareArguments>();
  command->add_option("--to", arguments->name, "Your own name for the recipient")->required();
  command->add_option("--design", arguments->design, "tangle or tangle-ipfs: which publications it opens")
      ->check(CLI::IsMember({"tangle", "tangle-ipfs"}))
      ->capture_default_str();
  command->add_option("--since", arguments->since, "Only days from this one on (YYYY-MM-DD)");
  command->add_option("--until", arguments->until, "Only days up to this one");
  command->add_option("--uri-file", arguments->uri_file, "Write the URI to a file (readable by you alone)");
  command->add_option("--png", arguments->png_file, "Write the QR code as PNG");
  command->add_option("--svg", arguments->svg_file, "Write the QR code as SVG");
  command->footer(
      "Examples:\n"
      "  glucoledger share --to 'Dr. Smith'\n"
      "  glucoledger share --to 'Dr. Smith' --since 2026-01-01 --png code.png\n");
  command->callback(
      [&context, arguments] { context.run = [&context, arguments] { return share(context, *arguments); }; });

  auto* taking_back = app.add_subcommand("revoke", "Take a recipient's access back");
  auto name = std::make_shared<std::string>();
  taking_back->add_option("NAME", *name, "As in `share --to`")->required();
  taking_back->footer(
      "What was released before stays readable; nothing published from now on is. Holds at once, also without a "
      "ledger\n"
      "(exit 6 while the closing note waits).\n");
  taking_back->callback([&context, name] { context.run = [&context, name] { return revoke(context, *name); }; });
}

}  // namespace

void add_patient_commands(CLI::App& app, Context& context) {
  add_init(app, context);
  add_import(app, context);
  add_publish(app, context);
  add_share_and_revoke(app, context);
}

}  // namespace glucoledger::apps
