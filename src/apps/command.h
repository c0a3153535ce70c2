// How a command of the program is wired: each *_commands.cpp adds its subcommands to the command line and runs them.
//
// Standard output holds the result (with --json: one JSON document, or one object a line while following); standard
// error holds progress, logs and errors. What the person typed is never logged or handed to a child process.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/error_table.h"
#include "base/progress.h"
#include "base/result.h"

namespace glucoledger::apps {

using base::exit_code_of;
using base::ExitCode;

struct Context {
  bool json = false;
  std::string home;             // --home
  std::string key_file;         // --key-file
  std::string passphrase_file;  // --passphrase-file
  // A document went to standard output: an error after it goes to standard error alone.
  mutable bool printed = false;
  // The chosen command, set by its callback while the command line is parsed; run afterwards.
  std::function<Result<ExitCode>()> run;
};

// Chosen, the command runs `work(context)`.
template <typename Work>
void run_when_chosen(CLI::App& command, Context& context, Work work) {
  command.callback([&context, work = std::move(work)] { context.run = [&context, work] { return work(context); }; });
}
// Chosen, the command runs `work(context, *arguments)`.
template <typename Arguments, typename Work>
void run_when_chosen(CLI::App& command, Context& context, std::shared_ptr<Arguments> arguments, Work work) {
  run_when_chosen(command, context, [arguments = std::move(arguments), work = std::move(work)](const Context& chosen) {
    return work(chosen, *arguments);
  });
}

// What comes from outside shall not command the terminal that shows it: control characters, but for line ends and tabs,
// as \u001b, which in JSON means the same.
std::string without_controls(std::string_view text);
// Prints `document` on one line with --json, else `text` (with a newline added where it has none), without controls;
// but where the text is all our own, as the colours of a QR code.
enum class Text { kFromOutside, kOwn };
void print_result(const Context& context, const nlohmann::ordered_json& document, std::string_view text,
                  Text kind = Text::kFromOutside);
void print_error(const Context& context, const Error& error);
// A line on standard error, in place of what progress shows there.
void tell(std::string_view text);
// An error and its next step on standard error alone.
void tell_error(const Error& error);
// "glucoledger: warning: ..." on standard error.
void warn(std::string_view text);
// "1 reading", "2 readings".
std::string count_of(std::size_t count, std::string_view what);
// "2 messages and 1 note"; nothing where both are 0.
std::string counts_of(std::int64_t messages, std::int64_t notes);
// Shows stages on standard error: a rewritten line on a terminal, a line every ten seconds elsewhere, nothing when
// short.
base::Progress terminal_progress();

void add_mam_commands(CLI::App& app, Context& context);
void add_mam_network_commands(CLI::App& app, Context& context);  // mam publish, mam fetch: after add_mam_commands
void add_tangle_commands(CLI::App& app, Context& context);
void add_ledger_commands(CLI::App& app, Context& context);  // verify, tangle snapshot ...: after add_tangle_commands
void add_fhir_commands(CLI::App& app, Context& context);
void add_file_commands(CLI::App& app, Context& context);  // cid, pack, unpack
void add_node_commands(CLI::App& app, Context& context);
void add_bench_commands(CLI::App& app, Context& context);
void add_init_command(CLI::App& app, Context& context);
void add_access_command(CLI::App& app, Context& context);
void add_import_command(CLI::App& app, Context& context);
void add_publish_command(CLI::App& app, Context& context);
void add_share_commands(CLI::App& app, Context& context);   // share, revoke
void add_fetch_commands(CLI::App& app, Context& context);   // receive, fetch, patients
void add_report_commands(CLI::App& app, Context& context);  // report, status

}  // namespace glucoledger::apps
