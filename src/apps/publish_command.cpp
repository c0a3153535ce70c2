// publish: readings of a patient's home onto the ledger, and what waits in the outbox.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "apps/day_options.h"
#include "apps/import_command.h"
#include "apps/session.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "usecases/publish.h"

namespace glucoledger::apps {
namespace {

using home::Home;
using nlohmann::ordered_json;

struct PublishArguments {
  std::string design = "tangle";
  std::string since;
  std::string until;
  std::optional<std::size_t> last;
  std::string window = "quarter";
  std::optional<std::string> follow;
  std::optional<int> min_weight_magnitude;
  std::string transform = "compress";
  std::string proof_of_work = "local";
};

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

// A wrong --mwm is told before anything is queued.
Result<void> check_min_weight(Home& home, const usecases::World& world, const usecases::OutboxOptions& options) {
  if (!options.min_weight_magnitude) return {};
  const auto opened = usecases::open_home_ledger(home, world);
  return opened ? usecases::min_weight_magnitude_for(opened->info, options).map([](int) {}) : Result<void>();
}

Result<Round> publish_round(Home& home, const usecases::World& world, const usecases::PublishOptions& options) {
  GL_CHECK(check_min_weight(home, world, options.outbox));
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
          {"epochs_replaced", round.outbox ? round.outbox->epochs_replaced : 0},
          {"doubt", round.outbox ? round.outbox->doubt : ""},
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
  if (round.outbox && round.outbox->epochs_replaced > 0) {
    text += count_of(round.outbox->epochs_replaced, "epoch") +
            " ended, as another copy of this home had signed there; new ones took their place\n";
  }
  if (round.outbox && !round.outbox->doubt.empty()) {
    text += round.outbox->doubt + ": what was sent stands in new epochs, so that surely no key signed twice\n";
  }
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

// Sends what waits and what comes. Nothing: there was nothing to send.
Result<std::optional<Round>> follow_round(const Session& session, const usecases::PublishOptions& options) {
  GL_TRY(home, session.open_as(home::Role::kPatient, Home::Access::kWrite));
  GL_TRY(plan, usecases::plan_publication(home, options));
  GL_TRY(before, home::outbox_counts(home));
  if (before.messages_waiting + before.notes_waiting == 0) return std::nullopt;
  auto outbox = usecases::run_outbox(home, session.world(), options.outbox);
  GL_TRY(waiting, home::outbox_counts(home));
  return Round{plan, std::move(outbox), waiting};
}

// For as long as it runs: a ledger that cannot be reached is tried again, ever more rarely.
Result<ExitCode> follow_publishing(const Context& context, const Session& session,
                                   const usecases::PublishOptions& options, const std::string& folder) {
  constexpr std::int64_t kPauseMaxMs = 30'000;
  std::optional<FolderWatch> watch;
  if (!folder.empty()) {
    GL_ASSIGN(watch, FolderWatch::start(folder));
  }
  std::string time_zone;
  {
    GL_TRY(home, session.open_as(home::Role::kPatient, Home::Access::kRead));
    time_zone = home.settings().time_zone;
  }
  std::fprintf(stderr, "sending what comes%s; Ctrl-C ends it\n", watch ? (" into " + folder).c_str() : "");
  std::int64_t pause_ms = FolderWatch::kIntervalMs;
  do {
    if (watch) import_changed(context, session, {}, time_zone, *watch);
    const auto round = follow_round(session, options);
    Result<ExitCode> outcome = ExitCode::kDone;
    if (!round) {
      outcome = tl::unexpected(round.error());
    } else if (*round) {
      print_result(context, document_of(**round), text_of(**round));
      outcome = exit_of(**round);
    }
    if (!outcome && outcome.error().code == ErrorCode::kInterrupted) break;
    const bool again =
        !outcome && (outcome.error().code == ErrorCode::kUnreachable || outcome.error().code == ErrorCode::kBusy);
    if (!outcome && !again) return outcome;
    if (!outcome) std::fprintf(stderr, "glucoledger: %s; trying again\n", outcome.error().message.c_str());
    pause_ms = outcome ? FolderWatch::kIntervalMs : std::min(2 * pause_ms, kPauseMaxMs);
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
  if (arguments.proof_of_work != "local") {
    GL_TRY(home, session.open_as(home::Role::kPatient, Home::Access::kRead));
    GL_CHECK(session.choose_proof_of_work(arguments.proof_of_work, home));
  }
  if (arguments.follow) return follow_publishing(context, session, options, *arguments.follow);
  GL_TRY(home, session.open_as(home::Role::kPatient, Home::Access::kWrite));
  GL_TRY(round, publish_round(home, session.world(), options));
  print_result(context, document_of(round), text_of(round));
  return exit_of(round);
}

}  // namespace

void add_publish_command(CLI::App& app, Context& context) {
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
  add_pow_option(*command, arguments->proof_of_work);
  command->footer(
      "What cannot be sent now waits in the outbox (exit 6) and goes with the next publish.\n"
      "Examples:\n"
      "  glucoledger publish\n"
      "  glucoledger publish --design tangle-ipfs --window month\n"
      "  glucoledger publish --follow ~/Downloads/cgm\n");
  run_when_chosen(*command, context, arguments, publish);
}

}  // namespace glucoledger::apps
