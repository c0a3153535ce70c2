// mam publish, mam fetch: a channel of messages on a ledger, without a home.
#include <memory>

#include "apps/command.h"
#include "apps/mam_options.h"
#include "apps/session.h"
#include "base/file.h"
#include "base/limits.h"
#include "usecases/channel.h"
#include "wiring/open_ledger.h"

namespace glucoledger::apps {
namespace {

using crypto::Hash;
using Json = nlohmann::ordered_json;

constexpr std::string_view kPublishExamples =
    "Example:\n"
    "  echo hello | glucoledger mam publish --node http://127.0.0.1:14265 --state channel --side-key-file key\n"
    "Exit 6: the message may not have arrived; repeated, it is the same one. An old copy of the state file goes on\n"
    "behind the messages that it does not know of, and says so; exit 5: it is too far behind, or has a second name; 3: "
    "it\n"
    "is damaged. Begin a new channel then.\n";
constexpr std::string_view kFetchExamples =
    "Example:\n"
    "  glucoledger mam fetch --node http://127.0.0.1:14265 --root ROOT --side-key-file key\n"
    "Exit 0: read to the last message, or to --limit; 4: no message stands at ROOT; 1: PRUNED; 3: CORRUPT; 6: the "
    "nodes\n"
    "do not hand out all. What was printed before is genuine.\n";

struct Arguments {
  std::string node;
  wiring::AccessFiles access;
  std::string mode = "restricted";
  std::string side_key_file;
  bool trytes = false;
  // publish
  std::string file = "-";
  std::string state_file;
  std::optional<int> security;
  std::optional<int> min_weight_magnitude;
  // fetch
  std::string root;
  std::uint64_t limit = base::limits::kMessagesPerEpochMax;
};

// Its ledgers are reached as the options say. (No home stands behind it: one that another process holds is busy.)
Result<ports::World> world_of(const Arguments& arguments) {
  GL_TRY(http, wiring::read_access(arguments.access));
  ports::World world = make_world();
  world.open_ledger = [&clock = world.clock, http](const locator::Locator& place, ports::Use use,
                                                   const base::CancelToken& cancel) {
    wiring::OpenLedgerOptions options;
    options.read_only = use == ports::Use::kRead;
    options.http = http;
    return wiring::open_ledger(place, options, clock, cancel).map([](std::unique_ptr<ports::Ledger> ledger) {
      return std::shared_ptr<ports::Ledger>(std::move(ledger));
    });
  };
  return world;
}

Result<std::string> message_text(const std::string& trytes, bool as_trytes) {
  if (as_trytes) return trytes;
  auto text = crypto::ascii_from_trytes(trytes);
  if (text) return text;
  return fail(ErrorCode::kInputRefused, "a message is genuine, but not ASCII text", "repeat with --trytes");
}

Result<std::string> read_message(const Arguments& arguments) {
  GL_TRY(message, base::read_file(arguments.file, base::limits::kMamMessageTrytesMax + 2));
  if (!arguments.trytes) return crypto::trytes_from_ascii(message);
  const std::string trytes(without_line_end(message));
  if (!crypto::is_trytes(trytes)) {
    return fail(ErrorCode::kInputRefused, "the message is not made of trytes", "repeat without --trytes");
  }
  return trytes;
}

Result<ExitCode> publish(const Context& context, const Arguments& arguments) {
  const mam::Mode mode = mam_mode_of(arguments.mode);
  GL_TRY(side_key, read_side_key(mode, arguments.side_key_file));
  GL_TRY(message, read_message(arguments));
  GL_TRY(ledger, locator::Locator::parse(arguments.node));
  GL_TRY(world, world_of(arguments));
  GL_TRY(written, usecases::write_to_channel(world, {.state_file = arguments.state_file,
                                                     .mode = mode,
                                                     .security = arguments.security,
                                                     .ledger = std::move(ledger),
                                                     .message_trytes = std::move(message),
                                                     .side_key = std::move(side_key),
                                                     .min_weight_magnitude = arguments.min_weight_magnitude}));
  if (written.sent_first) {
    tell("glucoledger: first sent message " + std::to_string(*written.sent_first) +
         ", which an earlier run had left behind");
  }
  if (written.unknown_messages > 0) {
    warn(std::to_string(written.unknown_messages) +
         " messages were published that this state file does not know of (a copy or an old backup?); going on at "
         "index " +
         std::to_string(written.message.index));
  }
  const Json document = {{"index", written.message.index},
                         {"root", written.message.root.trytes()},
                         {"address", written.message.address.trytes()},
                         {"next_root", written.message.next_root.trytes()}};
  print_result(context, document, document.dump());
  return ExitCode::kDone;
}

Result<ExitCode> fetch(const Context& context, const Arguments& arguments) {
  const mam::Mode mode = mam_mode_of(arguments.mode);
  GL_TRY(side_key, read_side_key(mode, arguments.side_key_file));
  const auto root = Hash::from_trytes(arguments.root);
  if (!root) {
    return fail(ErrorCode::kUsage, "--root takes 81 of the letters A to Z and 9",
                "give the root that `mam publish` printed");
  }
  GL_TRY(ledger, locator::Locator::parse(arguments.node));
  GL_TRY(world, world_of(arguments));
  const auto tell = [&](const Hash& at, const mam::Opened& message) -> Result<void> {
    GL_TRY(text, message_text(message.message_trytes, arguments.trytes));
    const Json line = {{"root", at.trytes()},
                       {"address", mam::address_of(at, mode).trytes()},
                       {"message", text},
                       {"next_root", message.next_root.trytes()},
                       {"security", message.security}};
    print_result(context, line, line.dump());
    if (message.security == 1) warn(kForgeableWarning);
    return {};
  };
  GL_CHECK(usecases::read_channel(world, {std::move(ledger), *root, mode, std::move(side_key), arguments.limit}, tell));
  return ExitCode::kDone;
}

void add_common_options(CLI::App& command, Arguments& arguments) {
  command.add_option("--node", arguments.node, "URL[,URL...] of nodes (http://host:port), or a ledger's folder")
      ->required();
  add_access_options(command, arguments.access);
  command.add_option("--mode", arguments.mode, "public, private (hidden address) or restricted (needs a side key)")
      ->check(CLI::IsMember({"public", "private", "restricted"}))
      ->capture_default_str();
  command.add_option("--side-key-file", arguments.side_key_file, "A file with the side key of restricted mode");
  command.add_flag("--trytes", arguments.trytes, "Messages are trytes, not ASCII text");
}

}  // namespace

void add_mam_network_commands(CLI::App& app, Context& context) {
  auto* mam = app.get_subcommand("mam");
  auto* publish_command = mam->add_subcommand("publish", "Sign a message and put it on a ledger");
  auto publishing = std::make_shared<Arguments>();
  add_common_options(*publish_command, *publishing);
  publish_command->add_option("FILE", publishing->file, "The message (default: standard input)");
  publish_command->add_option("--state", publishing->state_file, "The channel's seed and index; made when absent")
      ->required();
  publish_command->add_option("--security", publishing->security, "1, 2 or 3, of a new channel (default 2)")
      ->check(CLI::Range(1, 3));
  publish_command->add_option("--mwm", publishing->min_weight_magnitude, "More proof of work than the ledger asks for");
  publish_command->footer(std::string(kPublishExamples));
  run_when_chosen(*publish_command, context, publishing, publish);

  auto* fetch_command = mam->add_subcommand("fetch", "Read a channel from a root on: one JSON object a line");
  auto fetching = std::make_shared<Arguments>();
  add_common_options(*fetch_command, *fetching);
  fetch_command->add_option("--root", fetching->root, "The first message's root, 81 trytes")->required();
  fetch_command->add_option("--limit", fetching->limit, "At most so many messages")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{base::limits::kMessagesPerEpochMax}));
  fetch_command->footer(std::string(kFetchExamples));
  run_when_chosen(*fetch_command, context, fetching, fetch);
}

}  // namespace glucoledger::apps
