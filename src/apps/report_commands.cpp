// For both sides: report and status.
#include <memory>

#include "apps/day_options.h"
#include "apps/file_stream.h"
#include "apps/session.h"
#include "usecases/check_published.h"
#include "usecases/report.h"
#include "usecases/status.h"

namespace glucoledger::apps {
namespace {

using home::Home;
using nlohmann::ordered_json;

// ---- report

struct ReportArguments {
  std::optional<std::string> patient;
  std::string since;
  std::string until;
  std::optional<std::string> html_file;
};

Result<void> write_html(const std::string& path, const report::Report& report) {
  constexpr unsigned kOwnerOnly = 0600;
  if (path.empty() || path == "-") return fail(ErrorCode::kUsage, "--html takes the name of a file", "name one");
  GL_TRY(file, OutputFile::create(path, kOwnerOnly));
  GL_CHECK(file.write(base::as_bytes(report::report_html(report))));
  return file.finish();
}

Result<ExitCode> print_report(const Context& context, const ReportArguments& arguments) {
  usecases::ReportRequest request;
  request.patient = arguments.patient;
  GL_ASSIGN(request.days, day_range(arguments.since, arguments.until));
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(Home::Use::kRead));
  GL_TRY(report, usecases::report_on(home, request));
  if (arguments.html_file) GL_CHECK(write_html(*arguments.html_file, report));
  print_result(context, report::report_json(report), report::report_text(report));
  return ExitCode::kDone;
}

// ---- status

Result<ExitCode> patient_status(const Context& context, Home& home) {
  GL_TRY(status, usecases::patient_status(home));
  ordered_json document = {
      {"home", home.folder().string()},
      {"role", "patient"},
      {"readings", status.readings},
      {"unpublished", {{"tangle", status.unpublished_tangle}, {"tangle-ipfs", status.unpublished_tangle_ipfs}}},
      {"readings_waiting", status.waiting.readings_waiting},
      {"messages_waiting", status.waiting.messages_waiting},
      {"notes_waiting", status.waiting.notes_waiting},
      {"grants", ordered_json::array()}};
  const auto waiting = counts_of(status.waiting.messages_waiting, status.waiting.notes_waiting);
  std::string text = "a patient's home in " + home.folder().string() + "\n" + std::to_string(status.readings) +
                     " readings\n" + "not published in design tangle: " + std::to_string(status.unpublished_tangle) +
                     "\n" + "not published in design tangle-ipfs: " + std::to_string(status.unpublished_tangle_ipfs) +
                     "\n" + "outbox: " + (waiting.empty() ? "nothing waits" : waiting + " to be sent") + "\n";
  for (const auto& grant : status.grants) {
    const char* state = grant.open ? "open" : "closed";
    const std::string days = grant.days.since.value_or("the beginning") + " to " + grant.days.until.value_or("ever");
    document["grants"].push_back({{"to", grant.recipient},
                                  {"grant", grant.name},
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

Result<ExitCode> check_and_tell(const Context& context, const Session& session, Home& home) {
  GL_TRY(check, usecases::check_published(home, session.world()));
  const auto& [standing, carried] = check;
  const ordered_json document = {{"messages", standing.messages},
                                 {"notes", standing.notes},
                                 {"messages_gone", standing.messages_gone},
                                 {"notes_gone", standing.notes_gone},
                                 {"messages_pruned", standing.messages_pruned},
                                 {"notes_pruned", standing.notes_pruned},
                                 {"doubt", standing.doubt},
                                 {"messages_waiting", carried.waiting.messages_waiting},
                                 {"notes_waiting", carried.waiting.notes_waiting}};
  const auto& waiting = carried.waiting;
  const bool any_waits = waiting.messages_waiting + waiting.notes_waiting != 0;
  const bool any_pruned = standing.messages_pruned + standing.notes_pruned != 0;
  std::string text = count_of(standing.messages, "message") + " and " + count_of(standing.notes, "note") +
                     " that the ledger had confirmed were looked for: ";
  if (standing.messages_gone + standing.notes_gone != 0) {
    text += count_of(standing.messages_gone, "message") + " and " + count_of(standing.notes_gone, "note") +
            (any_waits ? " are gone, and wait to be sent again\n" : " are gone, and were sent again\n");
  } else if (!standing.doubt.empty()) {
    text += "whether all stand is not known\n";
  } else {
    text += any_pruned ? "none is gone\n" : "all stand\n";
  }
  if (standing.messages_gone + standing.notes_gone == 0 && any_waits) {
    text += "to be sent by `glucoledger publish`, unless one is at it: " +
            counts_of(waiting.messages_waiting, waiting.notes_waiting) + "\n";
  }
  if (any_pruned) {
    text += count_of(standing.messages_pruned, "message") + " and " + count_of(standing.notes_pruned, "note") +
            " the ledger was told to drop: who has not fetched them finds PRUNED there\n";
  }
  print_result(context, document, text);
  if (auto shortfall = carried.shortfall()) return tl::unexpected(std::move(*shortfall));
  if (standing.doubt.empty()) return ExitCode::kDone;
  return fail(ErrorCode::kUnreachable, "whether anything is gone is not known: " + standing.doubt,
              "repeat when more nodes answer");
}

struct StatusArguments {
  bool check = false;
};

Result<ExitCode> status(const Context& context, const StatusArguments& arguments) {
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(arguments.check ? Home::Use::kWrite : Home::Use::kRead));
  if (arguments.check) return check_and_tell(context, session, home);
  if (home.settings().role == home::Role::kPatient) return patient_status(context, home);
  GL_TRY(patients, usecases::list_patients(home));
  print_result(context, {{"home", home.folder().string()}, {"role", "clinic"}, {"patients", patients.size()}},
               "a clinic's home in " + home.folder().string() + "\n" + count_of(patients.size(), "patient") + "\n");
  return ExitCode::kDone;
}

void add_report(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("report", "The glucose report: time in ranges, variability, daily profile");
  auto arguments = std::make_shared<ReportArguments>();
  command->add_option("PATIENT", arguments->patient, "In a clinic's home: whose");
  command->add_option("--since", arguments->since, "Only days from this one on (YYYY-MM-DD)");
  command->add_option("--until", arguments->until, "Only days up to this one");
  command->add_option("--html", arguments->html_file, "Write a self-contained page with profile and daily curves");
  command->footer(
      "Exit 4: there is no patient of this name, or no reading in these days.\n"
      "Example:\n"
      "  glucoledger report patient-1 --html report.html\n");
  run_when_chosen(*command, context, arguments, print_report);
}

void add_status(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("status", "What the home holds, and what waits");
  auto arguments = std::make_shared<StatusArguments>();
  command->add_flag("--check", arguments->check,
                    "In a patient's home: look whether all that was published still stands on the ledger, and send "
                    "again what is gone");
  command->footer(
      "Every publish looks for the newest that was confirmed. --check looks for all of it, which takes as long as to\n"
      "fetch it; where something is gone, it is sent again with all else that waits, else nothing is sent.\n"
      "Examples:\n"
      "  glucoledger status\n"
      "  glucoledger status --check\n");
  run_when_chosen(*command, context, arguments, status);
}

}  // namespace

void add_report_commands(CLI::App& app, Context& context) {
  add_report(app, context);
  add_status(app, context);
}

}  // namespace glucoledger::apps
