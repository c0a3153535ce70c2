// import: readings of device files into a patient's home.
#include "apps/import_command.h"

#include <cstdio>
#include <memory>

#include "base/interrupt.h"
#include "usecases/import.h"

namespace glucoledger::apps {
namespace {

using home::Home;
using nlohmann::ordered_json;

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

// The file is read before the home is locked: standard input may take its time.
ImportOutcome import_one(const Session& session, const DeviceFileArguments& arguments, const std::string& time_zone,
                         const std::string& file) {
  const auto refused = [&](Error error) -> ImportOutcome {
    error.message = file + ": " + error.message;
    return {{{"file", file}, {"error", error.message}, {"next_step", error.next_step}}, "", error};
  };
  auto read = convert::read_device_file(file, import_options(arguments, time_zone), session.world().progress);
  if (!read) return refused(read.error());
  auto home = session.open_as(home::Role::kPatient, Home::Access::kWrite);
  if (!home) return refused(home.error());
  const auto import = usecases::import_readings(*home, std::move(*read));
  if (!import) return refused(import.error());
  if (import->names_another_person) {
    std::fputs("glucoledger: the file names another person than this home: make sure that it is yours\n", stderr);
  }
  return {document_of(file, *import), text_of(file, *import), std::nullopt};
}

Result<std::string> time_zone_of_home(const Session& session) {
  GL_TRY(home, session.open_as(home::Role::kPatient, Home::Access::kRead));
  return home.settings().time_zone;
}

Result<ExitCode> follow_folder(const Context& context, const Session& session, const ImportArguments& arguments) {
  GL_TRY(watch, FolderWatch::start(arguments.follow));
  GL_TRY(time_zone, time_zone_of_home(session));
  std::fprintf(stderr, "watching %s; Ctrl-C ends it\n", arguments.follow.c_str());
  do {
    import_changed(context, session, arguments.device, time_zone, watch);
  } while (!watch.wait());
  return ExitCode::kDone;
}

Result<ExitCode> import_files(const Context& context, const ImportArguments& arguments) {
  if (arguments.files.empty() == arguments.follow.empty()) {
    return fail(ErrorCode::kUsage, "name the files to import, or a folder to watch with --follow");
  }
  GL_TRY(session, Session::start(context));
  if (!arguments.follow.empty()) return follow_folder(context, session, arguments);
  GL_TRY(time_zone, time_zone_of_home(session));
  auto documents = ordered_json::array();
  std::string text;
  auto exit_code = ExitCode::kDone;
  for (const auto& file : arguments.files) {
    if (base::interrupted()) return fail(ErrorCode::kInterrupted, "stopped", "the files before were imported");
    auto outcome = import_one(session, arguments.device, time_zone, file);
    documents.push_back(std::move(outcome.document));
    text += outcome.text;
    if (!outcome.error) continue;
    std::fprintf(stderr, "glucoledger: %s\n  %s\n", outcome.error->message.c_str(), outcome.error->next_step.c_str());
    exit_code = exit_code_of(outcome.error->code);
  }
  print_result(context, {{"files", documents}}, text);
  return exit_code;
}

}  // namespace

void import_changed(const Context& context, const Session& session, const DeviceFileArguments& arguments,
                    const std::string& time_zone, FolderWatch& watch) {
  for (const auto& file : watch.changed_files()) {
    const auto outcome = import_one(session, arguments, time_zone, file);
    print_result(context, outcome.document, outcome.text);
    if (!outcome.error) continue;
    std::fprintf(stderr, "glucoledger: %s\n", outcome.error->message.c_str());
    if (exit_code_of(outcome.error->code) != ExitCode::kInputRefused) watch.try_again(file);
  }
}

void add_import_command(CLI::App& app, Context& context) {
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
  run_when_chosen(*command, context, arguments, import_files);
}

}  // namespace glucoledger::apps
