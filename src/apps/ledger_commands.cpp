// verify, tangle snapshot, tangle restore, tangle prune: what an operator does with a ledger's folder.
#include "apps/command.h"
#include "apps/interrupt.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/durations.h"
#include "cgm/local_day.h"
#include "ledger_store/pruning.h"
#include "ledger_store/snapshot.h"
#include "ledger_store/verification.h"

namespace glucoledger::apps {
namespace {

constexpr std::string_view kSnapshotExamples =
    "Example:\n"
    "  glucoledger tangle snapshot /var/lib/glucoledger /backup/ledger-2026-11-22.snapshot\n"
    "The ledger of one moment in one file, also while a node writes to it.\n";
constexpr std::string_view kRestoreExamples =
    "Example:\n"
    "  glucoledger tangle restore /backup/ledger-2026-11-22.snapshot /var/lib/glucoledger\n"
    "Makes the same ledger in a new folder. Exit 3 when the file is damaged or no snapshot: nothing is made then.\n";

constexpr std::string_view kPruneExamples =
    "Example:\n"
    "  glucoledger tangle prune /var/lib/glucoledger --before 2026-01-01\n"
    "Drops, for good, the transactions that were confirmed before that day began (UTC). Their addresses stay marked:\n"
    "readers see PRUNED. No node may be using the folder (exit 7 while one does); interrupted, it may be repeated. A\n"
    "ledger with a retention (node --retain) does this by itself.\n";

constexpr std::string_view kVerifyExamples =
    "Example:\n"
    "  glucoledger verify /var/lib/glucoledger\n"
    "Reads the whole ledger, changes nothing, and tells each thing that does not fit. Exit 3 when there is one. No "
    "node\n"
    "may be using the folder (exit 7 while one does); a snapshot of a running node is verified while it is restored.\n";

nlohmann::ordered_json document_of(const ledger_store::SnapshotInfo& info) {
  return {{"network_id", base::hex_encode(info.parameters.network_id)},
          {"min_weight_magnitude", info.parameters.min_weight_magnitude},
          {"transactions", info.transaction_count},
          {"milestone", info.milestone.index},
          {"records", info.record_count},
          {"size", info.size}};
}

std::string text_of(const ledger_store::SnapshotInfo& info) {
  return count_of(info.transaction_count, "transaction") + ", milestone " + std::to_string(info.milestone.index) +
         ", network " + base::hex_encode(info.parameters.network_id) + ", " + std::to_string(info.size) + " bytes";
}

struct FolderAndFile {
  std::string folder;
  std::string file;
};

Result<ExitCode> snapshot(const Context& context, const FolderAndFile& arguments) {
  GL_TRY(info, ledger_store::write_snapshot(arguments.folder, arguments.file, terminal_progress(), interrupt_token()));
  print_result(context, document_of(info), text_of(info));
  return ExitCode::kDone;
}

Result<ExitCode> restore(const Context& context, const FolderAndFile& arguments) {
  GL_TRY(info, ledger_store::restore_snapshot(arguments.file, arguments.folder, base::SystemClock(),
                                              terminal_progress(), interrupt_token()));
  print_result(context, document_of(info), text_of(info));
  return ExitCode::kDone;
}

void add_snapshot(CLI::App& tangle, Context& context) {
  auto* command = tangle.add_subcommand("snapshot", "Write a ledger into one file, also while a node runs");
  auto arguments = std::make_shared<FolderAndFile>();
  command->add_option("DIR", arguments->folder, "The ledger's folder")->required();
  command->add_option("FILE", arguments->file, "The snapshot; must not exist")->required();
  command->footer(std::string(kSnapshotExamples));
  run_when_chosen(*command, context, arguments, snapshot);
}

void add_restore(CLI::App& tangle, Context& context) {
  auto* command = tangle.add_subcommand("restore", "Make a ledger of a snapshot, in a new folder");
  auto arguments = std::make_shared<FolderAndFile>();
  command->add_option("FILE", arguments->file, "The snapshot")->required();
  command->add_option("DIR", arguments->folder, "The ledger's folder; must not exist, or be empty")->required();
  command->footer(std::string(kRestoreExamples));
  run_when_chosen(*command, context, arguments, restore);
}

// The beginning of a day, UTC.
Result<std::int64_t> day_ms(const std::string& day) {
  const auto days = cgm::days_since_epoch(day);
  if (!days) return fail(ErrorCode::kUsage, "--before takes a day of the calendar", "write it as 2026-01-31");
  return *days * base::kDayMs;
}

struct PruneArguments {
  std::string folder;
  std::string before;
};

Result<ExitCode> prune(const Context& context, const PruneArguments& arguments) {
  const base::SystemClock clock;
  GL_TRY(before_ms, day_ms(arguments.before));
  GL_TRY(report,
         ledger_store::prune_folder(arguments.folder, before_ms, clock, terminal_progress(), interrupt_token()));
  print_result(context, {{"pruned", report.pruned}, {"before_sequence", report.before}},
               count_of(report.pruned, "transaction") + " pruned");
  return ExitCode::kDone;
}

void add_prune(CLI::App& tangle, Context& context) {
  auto* command =
      tangle.add_subcommand("prune", "Drop what was confirmed before a day from a ledger that is not in use");
  auto arguments = std::make_shared<PruneArguments>();
  command->add_option("DIR", arguments->folder, "The ledger's folder")->required();
  command->add_option("--before", arguments->before, "The first day that stays, as 2026-01-31 (UTC)")->required();
  command->footer(std::string(kPruneExamples));
  run_when_chosen(*command, context, arguments, prune);
}

Result<ExitCode> verify(const Context& context, const std::string& folder) {
  GL_TRY(report, ledger_store::verify_folder(folder, terminal_progress(), interrupt_token()));
  const nlohmann::ordered_json document = {
      {"sound", report.sound()},         {"transactions", report.transactions},   {"bodies", report.bodies},
      {"milestones", report.milestones}, {"finding_count", report.finding_count}, {"findings", report.findings}};
  std::string text;
  for (const std::string& finding : report.findings) text += finding + "\n";
  if (report.finding_count > report.findings.size()) {
    text += "and " + std::to_string(report.finding_count - report.findings.size()) + " more\n";
  }
  text += count_of(report.transactions, "transaction") + ", " + count_of(report.milestones, "milestone") + ": " +
          (report.sound() ? "sound" : "CORRUPT, " + count_of(report.finding_count, "finding"));
  print_result(context, document, text);
  return report.sound() ? ExitCode::kDone : ExitCode::kInputRefused;
}

void add_verify(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("verify", "Check every invariant of a ledger's folder that is not in use");
  auto folder = std::make_shared<std::string>();
  command->add_option("DIR", *folder, "The ledger's folder")->required();
  command->footer(std::string(kVerifyExamples));
  run_when_chosen(*command, context, folder, verify);
}

}  // namespace

void add_ledger_commands(CLI::App& app, Context& context) {
  add_verify(app, context);
  CLI::App& tangle = *app.get_subcommand("tangle");
  add_snapshot(tangle, context);
  add_restore(tangle, context);
  add_prune(tangle, context);
}

}  // namespace glucoledger::apps
