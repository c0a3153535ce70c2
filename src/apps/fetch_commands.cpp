// The physician's commands: receive, fetch, patients.
#include <algorithm>
#include <memory>

#include "apps/advice_words.h"
#include "apps/session.h"
#include "base/file.h"
#include "base/limits.h"
#include "usecases/fetch.h"
#include "usecases/receive.h"
#include "usecases/status.h"

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
  if (arguments.file.starts_with(keys::kUriScheme)) {
    return fail(ErrorCode::kUsage, "an invitation itself is no file",
                "put it into a file, or name - and give it on standard input: arguments can be seen by others");
  }
  GL_TRY(session, Session::start(context));
  GL_TRY(content, base::read_file(arguments.file, base::limits::kImageSizeMax));
  GL_TRY(home, session.open(Home::Use::kWrite));
  GL_TRY(received, usecases::receive(home, session.world(), content, arguments.name));
  const auto& name = received.contact.name;
  if (arguments.name && *arguments.name != name) {
    warn("this invitation was received before: its patient keeps the name " + name);
  }
  print_result(context, {{"patient", name}, {"design", keys::name_of(received.design)}},
               "received " + name + "; `glucoledger fetch` reads what was shared");
  return ExitCode::kDone;
}

// ---- fetch

struct FetchArguments {
  std::optional<std::string> patient;
  bool follow = false;
  std::optional<double> every_s;
};

std::string next_step_of(const usecases::FetchProblem& problem) {
  return apps::next_step_of(Error{ErrorCode::kFailed, problem.reason, problem.next_step, problem.advice});
}

ordered_json document_of(const usecases::FetchReport& report) {
  auto problems = ordered_json::array();
  for (const auto& problem : report.problems) {
    problems.push_back({{"state", exchange::name_of(problem.state)},
                        {"days", problem.days},
                        {"reason", problem.reason},
                        {"next_step", next_step_of(problem)}});
  }
  return {{"patient", report.patient}, {"state", exchange::name_of(report.state)},
          {"closed", report.closed},   {"new_records", report.new_records},
          {"records", report.records}, {"messages", report.messages},
          {"problems", problems}};
}

std::string text_of(const usecases::FetchReport& report) {
  std::string text = report.patient + ": " + std::string(exchange::name_of(report.state));
  if (report.closed && report.state != usecases::FetchState::kClosed) text += ", and CLOSED";
  text += "; " + std::to_string(report.new_records) + " new records, " + std::to_string(report.records) + " in all\n";
  for (const auto& problem : report.problems) {
    text += "  " + std::string(exchange::name_of(problem.state)) + (problem.days.empty() ? "" : " " + problem.days) +
            ": " + problem.reason + "\n";
    if (const auto next_step = next_step_of(problem); !next_step.empty()) text += "    " + next_step + "\n";
  }
  return text;
}

// One of many who revoked long ago is no alarm: that is for a patient who was named.
ExitCode exit_of(const std::vector<usecases::FetchReport>& reports, bool is_named) {
  auto exit_code = ExitCode::kDone;
  for (const auto& report : reports) {
    for (const auto& problem : report.problems) {
      exit_code = base::worse(exit_code, exit_code_of(exchange::error_code_of(problem.state)));
    }
    if (report.closed && is_named) {
      exit_code = base::worse(exit_code, exit_code_of(exchange::error_code_of(usecases::FetchState::kClosed)));
    }
  }
  return exit_code;
}

Result<ExitCode> follow_patients(const Context& context, const Session& session, home::Home& home,
                                 const FetchArguments& arguments) {
  constexpr double kEveryS = 0.5;
  const auto tell = [&](const usecases::FetchReport& report) {
    print_result(context, document_of(report), text_of(report));
  };
  GL_CHECK(usecases::follow_patients(home, session.world(), arguments.patient,
                                     static_cast<std::int64_t>(arguments.every_s.value_or(kEveryS) * 1e3), tell));
  return ExitCode::kDone;
}

Result<ExitCode> fetch(const Context& context, const FetchArguments& arguments) {
  if (arguments.every_s && !arguments.follow) {
    return fail(ErrorCode::kUsage, "--every says how often --follow looks", "add --follow, or leave --every out");
  }
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(Home::Use::kWrite));
  if (arguments.follow) return follow_patients(context, session, home, arguments);
  const auto tell = [&](const usecases::FetchReport& report) {
    if (!context.json) print_result(context, {}, text_of(report));
  };
  GL_TRY(reports, usecases::fetch(home, session.world(), arguments.patient, tell));
  auto document = ordered_json::array();
  for (const auto& report : reports) document.push_back(document_of(report));
  const char* const nobody = "no patient has shared with this home yet; `glucoledger receive` takes an invitation\n";
  print_result(context, {{"patients", document}}, reports.empty() ? nobody : "");
  return exit_of(reports, arguments.patient.has_value());
}

// ---- patients

Result<ExitCode> list_patients(const Context& context) {
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(Home::Use::kRead));
  GL_TRY(patients, usecases::list_patients(home));
  auto document = ordered_json::array();
  std::string text;
  for (const auto& patient : patients) {
    const char* state = patient.open ? "open" : "closed";
    std::string designs;
    for (const auto design : patient.designs) {
      const std::string name(keys::name_of(design));
      if (designs.find(name) == designs.npos) designs += (designs.empty() ? "" : ", ") + name;
    }
    document.push_back(
        {{"patient", patient.contact.name}, {"state", state}, {"design", designs}, {"records", patient.records}});
    text += patient.contact.name + ": " + state + ", " + std::to_string(patient.records) + " records, design " +
            designs + "\n";
  }
  print_result(context, {{"patients", document}}, text.empty() ? "no patients yet\n" : text);
  return ExitCode::kDone;
}

void add_fetch(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("fetch", "Read, verify and keep what patients shared");
  auto arguments = std::make_shared<FetchArguments>();
  command->add_option("PATIENT", arguments->patient, "One patient (default: all)");
  command->add_flag("--follow", arguments->follow, "Keep looking, and tell what is new");
  command->add_option("--every", arguments->every_s, "With --follow: seconds between two looks (default 0.5)")
      ->check(CLI::Range(0.1, 86'400.0));
  command->footer(
      "Exit 0: FOUND, or NOT YET; 5: CLOSED, of a patient who was named, also after new records; 6: UNREACHABLE; 1: "
      "PRUNED; 3: CORRUPT.\n"
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
  command->footer(
      "Exit 3: no invitation can be read; 5: one that was received before had another key or ledger.\n"
      "Example:\n"
      "  glucoledger receive code.png --name 'bed 4'\n");
  run_when_chosen(*command, context, arguments, receive);
}

}  // namespace

void add_fetch_commands(CLI::App& app, Context& context) {
  add_receive(app, context);
  add_fetch(app, context);
  run_when_chosen(*app.add_subcommand("patients", "Who shared with this home"), context, list_patients);
}

}  // namespace glucoledger::apps
