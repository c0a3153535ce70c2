// glucoledger: one program for patients, physicians and node operators. Wiring only.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>

#include "apps/command.h"
#include "apps/exit_code_words.h"
#include "apps/interrupt.h"
#include "base/process.h"
#include "crypto/simd/kernel.h"

namespace glucoledger::apps {
namespace {

// What is wrong with the command line; CLI11 knows a word that is no command only as a command that is missing.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto strangers = app.remaining(true);
  if (!strangers.empty()) return "there is no command or option " + strangers.front();
  return app.get_subcommands().empty() ? "no command is named" : error.what();
}

// With --verbose also the kernels: the one in use and the others that this machine could use.
std::string version(bool verbose) {
  std::string text = "glucoledger " GLUCOLEDGER_VERSION;
  if (!verbose) return text;
  text += std::string("\nkernel ") + crypto::simd::kernel().name + ", of " + crypto::simd::usable_kernel_names();
  return text;
}

// A kernel that was asked for is never replaced by another one in silence.
bool kernel_is_refused(const Context& context) {
  const auto name = crypto::simd::refused_kernel();
  if (name) {
    print_error(context,
                {ErrorCode::kUsage, "GLUCOLEDGER_KERNEL asks for the kernel " + *name + ", which is not to be had",
                 "this machine has: " + crypto::simd::usable_kernel_names()});
  }
  return name.has_value();
}

int run(int argc, char** argv) {
  base::keep_standard_descriptors();
  install_interrupt_handlers();
  CLI::App app{"Patient-controlled exchange of glucose data: sensor files become FHIR records on a Tangle."};
  bool verbose = false;
  app.add_flag("--verbose", verbose, "With --version: also which kernels hash");
  app.set_version_flag("--version", [&verbose] { return version(verbose); });
  app.require_subcommand(1);
  app.fallthrough();
  Context context;
  app.add_flag("--json", context.json, "One JSON document on standard output (one object a line while following)");
  app.add_option("--home", context.home, "The home to work in (default: $GLUCOLEDGER_HOME, else the XDG data folder)");
  app.add_option("--key-file", context.key_file, "The file that holds the home's key");
  app.add_option("--passphrase-file", context.passphrase_file, "A file with the home's passphrase");
  add_init_command(app, context);
  add_access_command(app, context);
  add_import_command(app, context);
  add_publish_command(app, context);
  add_share_commands(app, context);
  add_fetch_commands(app, context);
  add_report_commands(app, context);
  add_fhir_commands(app, context);
  add_file_commands(app, context);
  add_mam_commands(app, context);
  add_mam_network_commands(app, context);
  add_node_commands(app, context);
  add_tangle_commands(app, context);
  add_ledger_commands(app, context);
  add_bench_commands(app, context);
  app.footer(exit_code_table());

  try {
    context.json = std::count(argv, argv + argc, std::string_view("--json")) > 0;
    if (kernel_is_refused(context)) return static_cast<int>(ExitCode::kUsage);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    print_error(context, {ErrorCode::kUsage, usage_error(app, error),
                          app.get_subcommands().empty() ? "`glucoledger --help` lists the commands"
                                                        : "--help after a command's name explains it"});
    return static_cast<int>(ExitCode::kUsage);
  }
  if (verbose) {
    print_error(context, {ErrorCode::kUsage, "--verbose tells more of --version alone", "leave it out"});
    return static_cast<int>(ExitCode::kUsage);
  }
  if (!app.got_subcommand("bench")) base::keep_memory_private();  // its figures stand in /proc
  const auto exit_code = context.run();
  if (!exit_code) {
    print_error(context, exit_code.error());
    return static_cast<int>(exit_code_of(exit_code.error().code));
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("glucoledger: standard output could not be written\n  the work is done: repeat to see its result\n",
               stderr);
    return static_cast<int>(ExitCode::kFailed);
  }
  return static_cast<int>(*exit_code);
}

}  // namespace
}  // namespace glucoledger::apps

int main(int argc, char** argv) {
  try {
    return glucoledger::apps::run(argc, argv);
  } catch (const std::exception&) {
    std::fputs("glucoledger: out of memory or an internal error; nothing was lost\n", stderr);
    return 1;
  }
}
