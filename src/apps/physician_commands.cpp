// The physician's commands: receive, patients, fetch; and for both sides: report, status.
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "apps/session.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "cgm/local_day.h"
#include "fhir/observation.h"
#include "home/contacts.h"
#include "home/grants.h"
#include "home/outbox.h"
#include "home/readings.h"
#include "report/report.h"
#include "usecases/fetch.h"
#include "usecases/receive.h"

namespace glucoledger::apps {
namespace {

using home::Home;
using nlohmann::ordered_json;

// ---- receive

struct ReceiveArguments {
  std::string file;
  std::optional<std::string> name;
};

Result<ExitCode> receive(const Context& context, const ReceiveArguments& arguments) {
  GL_TRY(session, Session::start(context));
  GL_TRY(content, base::read_file(arguments.file, base::limits::kImageSizeMax));
  GL_TRY(home, session.open_as(home::Role::kClinic, Home::Access::kWrite));
  GL_TRY(contact, usecases::receive(home, content, arguments.name));
  print_result(context, {{"patient", contact.name}, {"design", keys::name_of(contact.design)}},
               "received " + contact.name + "; `glucoledger fetch` reads what was shared");
  return ExitCode::kDone;
}

// ---- fetch

struct FetchArguments {
  std::optional<std::string> patient;
  bool follow = false;
  double every_s = 0.5;
};

ordered_json document_of(const usecases::FetchReport& report) {
  auto problems = ordered_json::array();
  for (const auto& problem : report.problems) {
    problems.push_back(
        {{"state", usecases::name_of(problem.state)}, {"days", problem.days}, {"reason", problem.reason}});
  }
  return {{"patient", report.patient}, {"state", usecases::name_of(report.state)},
          {"closed", report.closed},   {"new_records", report.new_records},
          {"records", report.records}, {"messages", report.messages},
          {"problems", problems}};
}

std::string text_of(const usecases::FetchReport& report) {
  std::string text = report.patient + ": " + std::string(usecases::name_of(report.state));
  if (report.closed && report.state != usecases::FetchState::kClosed) text += ", then CLOSED";
  text += "; " + std::to_string(report.new_records) + " new records, " + std::to_string(report.records) + " in all\n";
  for (const auto& problem : report.problems) {
    text += "  " + std::string(usecases::name_of(problem.state)) + (problem.days.empty() ? "" : " " + problem.days) +
            ": " + problem.reason + "\n";
  }
  return text;
}

ExitCode exit_of(usecases::FetchState state) {
  switch (state) {
    case usecases::FetchState::kCorrupt:
      return exit_code_of(ErrorCode::kCorrupt);
    case usecases::FetchState::kPruned:
      return exit_code_of(ErrorCode::kPruned);
    case usecases::FetchState::kUnreachable:
      return exit_code_of(ErrorCode::kUnreachable);
    case usecases::FetchState::kClosed:
      return ExitCode::kNotAllowed;
    case usecases::FetchState::kFound:
    case usecases::FetchState::kNotYet:
      break;
  }
  return ExitCode::kDone;
}

ExitCode exit_of(const std::vector<usecases::FetchReport>& reports) {
  auto exit_code = ExitCode::kDone;
  for (const auto& report : reports) {
    for (const auto& problem : report.problems) exit_code = base::worse(exit_code, exit_of(problem.state));
    if (report.closed) exit_code = base::worse(exit_code, exit_of(usecases::FetchState::kClosed));
  }
  return exit_code;
}

Result<std::vector<home::Contact>> chosen_contacts(Home& home, const std::optional<std::string>& name) {
  if (!name) return home::all_contacts(home);
  GL_TRY(contact, home::contact_named(home, *name));
  if (!contact) {
    return fail(ErrorCode::kNotFound, "there is no patient of this name", "`glucoledger patients` lists them");
  }
  return std::vector<home::Contact>{std::move(*contact)};
}

Result<std::vector<usecases::FetchReport>> fetch_round(const Session& session, const FetchArguments& arguments) {
  GL_TRY(home, session.open_as(home::Role::kClinic, Home::Access::kWrite));
  GL_TRY(contacts, chosen_contacts(home, arguments.patient));
  std::vector<usecases::FetchReport> reports;
  for (const auto& contact : contacts) {
    GL_TRY(report, usecases::fetch(home, session.world(), contact));
    reports.push_back(std::move(report));
  }
  return reports;
}

// Tells only what changed since the round before.
Result<ExitCode> follow_patients(const Context& context, const Session& session, const FetchArguments& arguments) {
  std::map<std::string, usecases::FetchState> told;
  do {
    auto reports = fetch_round(session, arguments);
    if (!reports && reports.error().code == ErrorCode::kInterrupted) break;
    if (!reports && reports.error().code == ErrorCode::kBusy) continue;  // another command has its turn
    if (!reports) return tl::unexpected(reports.error());
    for (const auto& report : *reports) {
      const auto before = told.find(report.patient);
      if (report.new_records == 0 && before != told.end() && before->second == report.state) continue;
      told[report.patient] = report.state;
      print_result(context, document_of(report), text_of(report));
    }
  } while (!base::sleep_or_interrupted(static_cast<std::int64_t>(arguments.every_s * 1e3)));
  return ExitCode::kDone;
}

Result<ExitCode> fetch(const Context& context, const FetchArguments& arguments) {
  GL_TRY(session, Session::start(context));
  if (arguments.follow) return follow_patients(context, session, arguments);
  GL_TRY(reports, fetch_round(session, arguments));
  auto document = ordered_json::array();
  std::string text;
  for (const auto& report : reports) {
    document.push_back(document_of(report));
    text += text_of(report);
  }
  if (reports.empty()) text = "no patient has shared with this home yet; `glucoledger receive` takes an invitation\n";
  print_result(context, {{"patients", document}}, text);
  return exit_of(reports);
}

Result<ExitCode> list_patients(const Context& context) {
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open_as(home::Role::kClinic, Home::Access::kRead));
  GL_TRY(contacts, home::all_contacts(home));
  auto document = ordered_json::array();
  std::string text;
  for (const auto& contact : contacts) {
    GL_TRY(records, home::count_records(home, contact));
    const char* state = contact.closed_ms ? "closed" : "open";
    document.push_back(
        {{"patient", contact.name}, {"state", state}, {"design", keys::name_of(contact.design)}, {"records", records}});
    text += contact.name + ": " + state + ", " + std::to_string(records) + " records, design " +
            std::string(keys::name_of(contact.design)) + "\n";
  }
  print_result(context, {{"patients", document}}, text.empty() ? "no patients yet\n" : text);
  return ExitCode::kDone;
}

// ---- report

struct ReportArguments {
  std::optional<std::string> patient;
  std::string since;
  std::string until;
  std::string html_file;
};

Result<std::vector<cgm::Reading>> readings_of(Home& home, const std::optional<std::string>& patient) {
  std::vector<cgm::Reading> readings;
  if (home.settings().role == home::Role::kPatient) {
    if (patient) return fail(ErrorCode::kUsage, "a patient's home reports on itself", "leave out the name");
    GL_TRY(stored, home::readings_in(home, {}));
    for (auto& one : stored) readings.push_back(std::move(one.reading));
    return readings;
  }
  GL_TRY(contacts, chosen_contacts(home, patient));
  if (contacts.size() != 1) {
    return fail(ErrorCode::kUsage, "say whose report", "`glucoledger patients` lists them");
  }
  GL_TRY(records, home::records_of(home, contacts.front()));
  for (const auto& record : records) {
    GL_TRY(reading, fhir::reading_from_observation(record.resource));
    readings.push_back(std::move(reading));
  }
  return readings;
}

Result<std::optional<std::chrono::year_month_day>> day_option(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto days = cgm::days_since_epoch(text);
  if (!days) return fail(ErrorCode::kUsage, "a day is written YYYY-MM-DD, such as 2026-01-31");
  return std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(*days)));
}

Result<ExitCode> print_report(const Context& context, const ReportArguments& arguments) {
  report::ReportOptions options;
  GL_ASSIGN(options.from, day_option(arguments.since));
  GL_ASSIGN(options.to, day_option(arguments.until));
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(Home::Access::kRead));
  GL_TRY(readings, readings_of(home, arguments.patient));
  if (home.settings().role == home::Role::kClinic) {
    options.person = arguments.patient.value_or("");
  } else if (home.settings().patient) {
    options.person = fhir::display_name(*home.settings().patient);
  }
  GL_TRY(report, report::make_report(readings, options));
  if (!arguments.html_file.empty()) {
    GL_CHECK(base::write_file_atomic(arguments.html_file, base::as_bytes(report::report_html(report)), 0600));
  }
  print_result(context, report::report_json(report), report::report_text(report));
  return ExitCode::kDone;
}

// ---- status

Result<ExitCode> patient_status(const Context& context, Home& home) {
  GL_TRY(readings, home::count_readings(home));
  GL_TRY(waiting, home::outbox_counts(home));
  GL_TRY(grants, home::all_grants(home));
  ordered_json document = {{"home", home.folder().string()},
                           {"role", "patient"},
                           {"readings", readings},
                           {"unpublished", ordered_json::object()},
                           {"readings_waiting", waiting.readings_waiting},
                           {"messages_waiting", waiting.messages_waiting},
                           {"notes_waiting", waiting.notes_waiting},
                           {"grants", ordered_json::array()}};
  std::string text = "a patient's home in " + home.folder().string() + "\n" + std::to_string(readings) + " readings\n";
  for (const auto design : {keys::Design::kTangle, keys::Design::kTangleIpfs}) {
    GL_TRY(unpublished, home::unpublished_readings(home, design, {}, std::nullopt));
    const std::string name(keys::name_of(design));
    document["unpublished"][name] = unpublished.size();
    text += "not published in design " + name + ": " + std::to_string(unpublished.size()) + "\n";
  }
  text += "outbox: " + std::to_string(waiting.messages_waiting) + " messages, " +
          std::to_string(waiting.notes_waiting) + " notes wait\n";
  for (const auto& grant : grants) {
    const char* state = grant.open ? "open" : "closed";
    const std::string days = grant.days.since.value_or("the beginning") + " to " + grant.days.until.value_or("ever");
    document["grants"].push_back({{"to", grant.name},
                                  {"state", state},
                                  {"design", keys::name_of(grant.design)},
                                  {"since", grant.days.since.value_or("")},
                                  {"until", grant.days.until.value_or("")}});
    text += "grant to " + grant.name + ": " + state + ", " + days + ", design " +
            std::string(keys::name_of(grant.design)) + "\n";
  }
  print_result(context, document, text);
  return ExitCode::kDone;
}

Result<ExitCode> status(const Context& context) {
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(Home::Access::kRead));
  if (home.settings().role == home::Role::kPatient) return patient_status(context, home);
  GL_TRY(contacts, home::all_contacts(home));
  print_result(context, {{"home", home.folder().string()}, {"role", "clinic"}, {"patients", contacts.size()}},
               "a clinic's home in " + home.folder().string() + "\n" + std::to_string(contacts.size()) + " patients\n");
  return ExitCode::kDone;
}

void add_fetch(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("fetch", "Read, verify and keep what patients shared");
  auto arguments = std::make_shared<FetchArguments>();
  command->add_option("PATIENT", arguments->patient, "One patient (default: all)");
  command->add_flag("--follow", arguments->follow, "Keep looking, and tell what is new");
  command->add_option("--every", arguments->every_s, "Seconds between two looks")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str();
  command->footer(
      "Exit 0: FOUND, or NOT YET; 5: CLOSED, also after new records; 6: UNREACHABLE; 1: PRUNED; 3: CORRUPT.\n"
      "Examples:\n"
      "  glucoledger fetch\n"
      "  glucoledger fetch patient-1 --follow\n");
  run_when_chosen(*command, context, arguments, fetch);
}

void add_receive(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("receive", "Take an invitation: a URI, or a picture of its QR code");
  auto arguments = std::make_shared<ReceiveArguments>();
  command->add_option("FILE", arguments->file, "A file with the URI, a PNG of the code, or - for standard input")
      ->required();
  command->add_option("--name", arguments->name, "Your own name for the patient (default: patient-1, ...)");
  command->footer("Example:\n  glucoledger receive code.png --name 'bed 4'\n");
  run_when_chosen(*command, context, arguments, receive);
}

void add_report(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("report", "The glucose report: time in ranges, variability, daily profile");
  auto arguments = std::make_shared<ReportArguments>();
  command->add_option("PATIENT", arguments->patient, "In a clinic's home: whose");
  command->add_option("--since", arguments->since, "Only days from this one on (YYYY-MM-DD)");
  command->add_option("--until", arguments->until, "Only days up to this one");
  command->add_option("--html", arguments->html_file, "Write a self-contained page with profile and daily curves");
  command->footer("Example:\n  glucoledger report patient-1 --html report.html\n");
  run_when_chosen(*command, context, arguments, print_report);
}

}  // namespace

void add_physician_commands(CLI::App& app, Context& context) {
  add_receive(app, context);
  add_fetch(app, context);
  app.add_subcommand("patients", "Who shared with this home")->callback([&context] {
    context.run = [&context] { return list_patients(context); };
  });
  add_report(app, context);
  app.add_subcommand("status", "What the home holds, and what waits")->callback([&context] {
    context.run = [&context] { return status(context); };
  });
}

}  // namespace glucoledger::apps
