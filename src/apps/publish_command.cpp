// publish: readings of a patient's home onto the ledger, and what waits in the outbox.
#include <map>
#include <memory>

#include "apps/advice_words.h"
#include "apps/day_options.h"
#include "apps/import_command.h"
#include "apps/session.h"
#include "base/limits.h"
#include "usecases/publish.h"
#include "usecases/status.h"
#include "wiring/folder_watch.h"

namespace glucoledger::apps {
namespace {

using home::Home;
using nlohmann::ordered_json;

struct PublishArguments {
  std::string design = "tangle";
  std::string since;
  std::string until;
  std::optional<std::size_t> last;
  std::optional<std::string> window;
  std::optional<std::string> follow;
  std::optional<int> min_weight_magnitude;
  std::optional<std::string> transform;
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
  if (arguments.window) options.window = kWindows.at(*arguments.window);
  options.outbox.min_weight_magnitude = arguments.min_weight_magnitude;
  if (arguments.transform) {
    GL_ASSIGN(options.outbox.transform, privacy::transform_named(*arguments.transform));
  }
  return options;
}

const char* name_of(usecases::Carried::By by) {
  switch (by) {
    case usecases::Carried::By::kThisCall:
      return "this";
    case usecases::Carried::By::kAnotherProcess:
      return "another process";
    case usecases::Carried::By::kNobody:
      break;
  }
  return "nobody";
}

ordered_json document_of(const usecases::Publication& publication) {
  const auto& carried = publication.carried;
  const auto shortfall = carried.shortfall();
  return {{"readings", publication.plan.readings},
          {"epochs", publication.plan.epochs},
          {"confirmed_messages", carried.report.delivery.closed},
          {"read_back", carried.report.delivery.read_back},
          {"nodes", carried.report.nodes},
          {"nodes_agreeing", carried.report.must_agree},
          {"unconfirmed_messages", carried.report.delivery.unconfirmed},
          {"epochs_replaced", carried.report.epochs_replaced},
          {"sent_again", carried.report.sent_again},
          {"more_may_be_gone", carried.report.more_may_be_gone},
          {"closed_again", carried.report.closed_again},
          {"doubt", carried.report.doubt},
          {"sent_by", name_of(carried.by)},
          {"error", shortfall ? ordered_json(shortfall->message) : ordered_json()},
          {"next_step", shortfall ? ordered_json(next_step_of(*shortfall)) : ordered_json()},
          {"readings_waiting", carried.waiting.readings_waiting},
          {"messages_waiting", carried.waiting.messages_waiting},
          {"notes_waiting", carried.waiting.notes_waiting}};
}

// "Confirmed" is said only where a ledger confirms.
std::string arrival_of(const exchange::OutboxReport& report) {
  const auto count = report.delivery.closed;
  std::string text = count == 1 ? "1 message or note " : std::to_string(count) + " messages and notes ";
  if (report.confirms_data) return text + "confirmed by the ledger";
  text += "read back";
  if (report.nodes > 1) {
    text += " from " + std::to_string(report.must_agree) + " of " + std::to_string(report.nodes) + " nodes";
  }
  return text + ", as this ledger confirms no data";
}

// Nothing where nothing waits.
std::string waiting_text(const home::OutboxCounts& waiting) {
  const auto counts = counts_of(waiting.messages_waiting, waiting.notes_waiting);
  if (counts.empty()) return {};
  const bool is_one = waiting.messages_waiting + waiting.notes_waiting == 1;
  return counts + (is_one ? " waits" : " wait") + " in the outbox: publish again to send " + (is_one ? "it" : "them");
}

// `goes_on`: what waits is tried again without being asked.
std::string text_of(const usecases::Publication& publication, bool goes_on) {
  const auto& [plan, carried] = publication;
  std::string text = count_of(plan.readings, "new reading") + " in " + count_of(plan.epochs, "new epoch");
  if (carried.by == usecases::Carried::By::kAnotherProcess) {
    text += "; sent by another process of this home";
  } else if (!carried.error) {
    text += "; " + arrival_of(carried.report);
  }
  text += "\n";
  if (carried.report.epochs_replaced > 0) {
    text += count_of(carried.report.epochs_replaced, "epoch") +
            " ended, as another copy of this home had signed there; new ones took their place\n";
  }
  if (carried.report.sent_again > 0) {
    text += "the ledger had lost " + count_of(carried.report.sent_again, "message") +
            " and notes that it had confirmed: they go out again\n";
  }
  if (carried.report.more_may_be_gone) {
    text += "more may be gone: `glucoledger status --check` looks for all that was published\n";
  }
  for (const auto& name : carried.report.closed_again) {
    text += name + " had been revoked before this home was put back to an earlier state, and is so again\n";
  }
  if (!carried.report.doubt.empty()) {
    text += carried.report.doubt + ": what was sent stands in new epochs, so that surely no key signed twice\n";
  }
  if (const auto waiting = waiting_text(carried.waiting); !waiting.empty() && !goes_on) text += waiting + "\n";
  return text;
}

// For as long as it runs; with a folder it also imports what comes into it.
Result<ExitCode> follow_publishing(const Context& context, const Session& session, home::Home& home,
                                   const usecases::PublishOptions& options, const std::string& folder) {
  std::optional<wiring::FolderWatch> watch;
  if (!folder.empty()) {
    GL_ASSIGN(watch, wiring::FolderWatch::start(folder));
  }
  usecases::PublishFollower follower;
  follower.begun = [&] { tell("sending what comes" + (watch ? " into " + folder : "") + "; Ctrl-C ends it"); };
  if (watch) {
    follower.inbox = &*watch;
    follower.tell_import = [&](const auto& file, const auto& outcome) { tell_import(context, file, outcome); };
  }
  follower.tell = [&](const usecases::Publication& round) {
    if (round.plan.readings == 0 && round.carried.error && !context.json) return;  // which is told
    print_result(context, document_of(round), text_of(round, true));
  };
  follower.tell_error = [](const Error& error) { tell("glucoledger: " + error.message + "; trying again"); };
  GL_CHECK(usecases::follow_publishing(home, session.world(), options, follower));
  GL_TRY(status, usecases::patient_status(home));
  if (const auto waiting = waiting_text(status.waiting); !waiting.empty()) tell("glucoledger: " + waiting);
  return ExitCode::kDone;
}

Result<void> check_arguments(const PublishArguments& arguments) {
  if (arguments.follow && arguments.last) {
    return fail(ErrorCode::kUsage, "--last with --follow would send the newest again and again until none is left",
                "use --since");
  }
  if ((arguments.window || arguments.transform) && arguments.design != "tangle-ipfs") {
    return fail(
        ErrorCode::kUsage,
        std::string(arguments.window ? "--window" : "--transform") + " is for files, and design tangle has none",
        "add --design tangle-ipfs, or leave it out");
  }
  return {};
}

Result<ExitCode> publish(const Context& context, const PublishArguments& arguments) {
  GL_CHECK(check_arguments(arguments));
  GL_TRY(options, publish_options(arguments));
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(Home::Use::kWrite));
  GL_CHECK(session.choose_proof_of_work(arguments.proof_of_work, home));
  if (arguments.follow) return follow_publishing(context, session, home, options, *arguments.follow);
  GL_TRY(publication, usecases::publish(home, session.world(), options));
  auto text = text_of(publication, false);
  const bool has_own_ways = arguments.min_weight_magnitude || arguments.transform || arguments.proof_of_work != "local";
  if (has_own_ways && publication.carried.by == usecases::Carried::By::kAnotherProcess) {
    text += "the other process sent it by its own --mwm, --transform and --pow, not by those given here\n";
  }
  print_result(context, document_of(publication), text);
  if (auto shortfall = publication.carried.shortfall()) return tl::unexpected(std::move(*shortfall));
  return ExitCode::kDone;
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
  command->add_option("--window", arguments->window, "Of tangle-ipfs: realtime, day, week, month or quarter (default)")
      ->check(CLI::IsMember({"realtime", "day", "week", "month", "quarter"}));
  command
      ->add_option("--transform", arguments->transform,
                   "Of tangle-ipfs: what happens to a file before it is encrypted (default compress)")
      ->check(CLI::IsMember(privacy::transform_names()));
  command->add_option("--follow", arguments->follow, "Keep sending; with a folder, also import what comes into it")
      ->expected(0, 1);
  command->add_option("--mwm", arguments->min_weight_magnitude, "Raise the proof of work above what the ledger asks")
      ->check(CLI::Range(1, base::limits::kMinWeightMagnitudeMax));
  add_pow_option(*command, arguments->proof_of_work);
  command->footer(
      "What cannot be sent now waits in the outbox (exit 6) and goes with the next publish. Where another process of "
      "this\n"
      "home publishes already, it takes this along, by its own --mwm, --transform and --pow.\n"
      "Examples:\n"
      "  glucoledger publish\n"
      "  glucoledger publish --design tangle-ipfs --window month\n"
      "  glucoledger publish --follow ~/Downloads/cgm\n");
  run_when_chosen(*command, context, arguments, publish);
}

}  // namespace glucoledger::apps
