// import: readings of device files into a patient's home.
#include "apps/import_command.h"

#include <memory>

#include "apps/advice_words.h"
#include "apps/device_file_options.h"
#include "apps/session.h"
#include "wiring/folder_watch.h"

namespace glucoledger::apps {
namespace {

using home::Home;
using nlohmann::ordered_json;

struct ImportArguments {
  std::vector<std::string> files;
  std::string follow;
  bool confirm_person = false;
  DeviceFileArguments device;
};

constexpr std::string_view kAnotherPerson = "the file names another person than this home: it was taken as confirmed";

ordered_json document_of(const std::string& file, const usecases::Import& import) {
  ordered_json document = {{"file", file}};
  document.update(import_json(import.file));
  document["added"] = import.added.added;
  document["known"] = import.added.known;
  document["conflicting_lines"] = import.added.conflicting_lines;
  if (import.names_another_person) document["warnings"].push_back(kAnotherPerson);
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

ImportOutcome outcome_of(const std::string& file, const Result<usecases::Import>& import) {
  if (!import) {
    Error error = import.error();
    error.message = file + ": " + error.message;
    return {{{"file", file}, {"error", error.message}, {"next_step", next_step_of(error)}}, "", error};
  }
  if (import->names_another_person) warn(kAnotherPerson);
  return {document_of(file, *import), text_of(file, *import), std::nullopt};
}

Result<ExitCode> follow_folder(const Context& context, const Session& session, home::Home& home,
                               const ImportArguments& arguments) {
  GL_TRY(watch, wiring::FolderWatch::start(arguments.follow));
  const auto tell = [&](const auto& file, const auto& outcome) { tell_import(context, file, outcome); };
  const auto begun = [&] { apps::tell("watching " + arguments.follow + "; Ctrl-C ends it"); };
  GL_CHECK(usecases::follow_imports(home, session.world(), watch, import_options(arguments.device), tell, begun));
  return ExitCode::kDone;
}

Result<ExitCode> import_files(const Context& context, const ImportArguments& arguments) {
  if (arguments.confirm_person && !arguments.follow.empty()) {
    return fail(ErrorCode::kUsage, "--confirm-person is of files that are named, not of a folder",
                "import this file by its name");
  }
  if (arguments.files.empty() == arguments.follow.empty()) {
    return fail(ErrorCode::kUsage,
                arguments.files.empty() ? "nothing to import is named" : "files and --follow exclude each other",
                "name the files to import, or a folder to watch with --follow");
  }
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(Home::Use::kWrite));
  if (!arguments.follow.empty()) return follow_folder(context, session, home, arguments);
  auto documents = ordered_json::array();
  std::string text;
  auto exit_code = ExitCode::kDone;
  bool has_changed = false;
  const auto tell = [&](const std::string& file, const Result<usecases::Import>& import) {
    auto outcome = outcome_of(file, import);
    documents.push_back(std::move(outcome.document));
    text += outcome.text;
    has_changed = has_changed || (import && import->added.added > 0);
    if (!outcome.error) return;
    tell_error(*outcome.error);
    exit_code = base::worse(exit_code, exit_code_of(outcome.error->code));
  };
  auto imported =
      usecases::import_files(home, session.world(), arguments.files, import_options(arguments.device), tell,
                             arguments.confirm_person ? usecases::Person::kIsConfirmed : usecases::Person::kMustBeSame);
  if (imported || !documents.empty()) print_result(context, {{"files", documents}}, text);
  if (!imported) return tl::unexpected(std::move(imported.error()));
  return exit_code == ExitCode::kBusy && has_changed ? ExitCode::kFailed : exit_code;
}

}  // namespace

void tell_import(const Context& context, const std::string& file, const Result<usecases::Import>& import) {
  const auto outcome = outcome_of(file, import);
  print_result(context, outcome.document, outcome.text);
  if (outcome.error) tell_error(*outcome.error);
}

void add_import_command(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("import", "Take the readings of device files into the home");
  auto arguments = std::make_shared<ImportArguments>();
  command->add_option("FILE", arguments->files, "Exports of sensors; - reads standard input");
  command->add_option("--follow", arguments->follow, "Watch a folder and import what comes into it");
  command->add_flag("--confirm-person", arguments->confirm_person,
                    "Take files that name another person than the home, or label them otherwise: they are the same");
  add_device_file_options(*command, arguments->device);
  command->footer(
      "A home is one person's: a file that names another one is refused, and never taken by --follow.\n"
      "A file may be imported again, or overlap with others: each reading is kept once.\n"
      "Exit 3: a file was refused, and nothing of it was taken; the others were. Rows that are left out are told, and "
      "no\n"
      "error.\n"
      "Examples:\n"
      "  glucoledger import Clarity_Export.csv\n"
      "  glucoledger import cgm.csv --subject 'Subject 1' --time-zone Europe/Berlin\n"
      "  glucoledger import --follow ~/Downloads/cgm\n");
  run_when_chosen(*command, context, arguments, import_files);
}

}  // namespace glucoledger::apps
