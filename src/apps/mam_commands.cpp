// mam create, mam open: MAM messages between files, without a home or a network, for comparison with other clients.
#include <limits>
#include <memory>

#include "apps/command.h"
#include "apps/mam_options.h"
#include "base/file.h"
#include "base/limits.h"
#include "mam/mam.h"

namespace glucoledger::apps {
namespace {

constexpr std::string_view kCreateExamples =
    "Examples:\n"
    "  printf '{\"glucose\":5.4}' | glucoledger mam create --mode restricted --seed-file seed --side-key-file key\n"
    "  glucoledger mam create message.txt --mode public --seed-file seed --start 3\n"
    "Prints one JSON object with root, address, next_root and payload. The message is taken byte for byte and must be\n"
    "ASCII (--trytes: trytes). The seed's file holds 81 trytes, the side key's 1 to 81, of the letters A to Z and 9.\n"
    "Nothing remembers which --start was used: two messages under one seed and start give the signing key away.\n";
constexpr std::string_view kOpenExamples =
    "Examples:\n"
    "  glucoledger mam open payload.trytes --mode restricted --root ROOT --side-key-file key\n"
    "  glucoledger mam create ... | jq -r .payload | glucoledger mam open --mode public --root ROOT\n"
    "Prints one JSON object with message, next_root and security. Exit 3 where the payload was altered, is cut off or\n"
    "does not fit root and side key, or its message is not ASCII (--trytes: prints any message as trytes).\n";

struct Arguments {
  std::string file = "-";
  std::string mode;
  std::string seed_file;
  std::string side_key_file;
  std::string root;
  int security = 2;
  std::uint64_t start = 0;
  bool trytes = false;
};

Result<mam::SecretTrytes> read_seed(const std::string& path) {
  GL_TRY(content, base::read_secret_file(path));
  auto seed = mam::SecretTrytes::from_text(content.text(), crypto::kHashTrytes);
  if (!seed && content.text().starts_with('{')) {
    return fail(ErrorCode::kInputRefused,
                "the seed's file is a state file of `mam publish`, which signs each index once",
                "use `mam publish --state`, or a seed of its own for comparisons");
  }
  if (!seed) {
    return fail(ErrorCode::kInputRefused, "the seed's file does not hold 81 of the letters A to Z and 9",
                "name the file of such a seed with --seed-file");
  }
  return seed;
}

// Standard input can be read once only.
Result<void> check_inputs(const Arguments& arguments) {
  const int from_standard_input = static_cast<int>(arguments.file == "-") +
                                  static_cast<int>(arguments.seed_file == "-") +
                                  static_cast<int>(arguments.side_key_file == "-");
  if (from_standard_input < 2) return {};
  return fail(ErrorCode::kUsage, "standard input can be only one of message, seed and side key",
              "name files for the others");
}

Result<std::string> read_message(const Arguments& arguments) {
  GL_TRY(message, base::read_file(arguments.file, base::limits::kMamMessageTrytesMax + 2));
  if (!arguments.trytes) return crypto::trytes_from_ascii(message);
  return std::string(without_line_end(message));
}

Result<ExitCode> create(const Context& context, const Arguments& arguments) {
  GL_CHECK(check_inputs(arguments));
  GL_TRY(seed, read_seed(arguments.seed_file));
  GL_TRY(side_key, read_side_key(mam_mode_of(arguments.mode), arguments.side_key_file));
  GL_TRY(message, read_message(arguments));
  const mam::Channel channel{std::move(seed), std::move(side_key), mam_mode_of(arguments.mode), arguments.security};
  GL_TRY(created, mam::create(channel, arguments.start, message));
  warn("nothing remembers that --start " + std::to_string(arguments.start) +
       " is used up: sign no other message with this seed and start");
  if (arguments.security == 1) warn("a signature of security 1 can be forged with some effort: use 2 or 3");
  const nlohmann::ordered_json document = {{"root", created.root.trytes()},
                                           {"address", created.address.trytes()},
                                           {"next_root", created.next_root.trytes()},
                                           {"payload", created.payload}};
  print_result(context, document, document.dump());
  return ExitCode::kDone;
}

Result<ExitCode> open(const Context& context, const Arguments& arguments) {
  GL_CHECK(check_inputs(arguments));
  const auto root = crypto::Hash::from_trytes(arguments.root);
  if (!root) {
    return fail(ErrorCode::kUsage, "--root takes 81 of the letters A to Z and 9",
                "give the root that was printed when the message was made");
  }
  GL_TRY(side_key, read_side_key(mam_mode_of(arguments.mode), arguments.side_key_file));
  GL_TRY(payload, base::read_file(arguments.file, base::limits::kMamPayloadTrytesMax + 2));
  GL_TRY(opened, mam::open(without_line_end(payload), *root, mam_mode_of(arguments.mode), side_key));
  std::string message = opened.message_trytes;
  if (!arguments.trytes) {
    auto text = crypto::ascii_from_trytes(message);
    if (!text) {
      return fail(ErrorCode::kInputRefused, "the message is genuine, but not ASCII text", "repeat with --trytes");
    }
    message = std::move(*text);
  }
  if (opened.security == 1) warn(kForgeableWarning);
  const nlohmann::ordered_json document = {
      {"message", message}, {"next_root", opened.next_root.trytes()}, {"security", opened.security}};
  print_result(context, document, document.dump());
  return ExitCode::kDone;
}

void add_common_options(CLI::App& command, Arguments& arguments, const std::string& what) {
  command.add_option("FILE", arguments.file, what + " (default: standard input)");
  command.add_option("--mode", arguments.mode, "public, private (hidden address) or restricted (needs a side key)")
      ->required()
      ->check(CLI::IsMember({"public", "private", "restricted"}));
  command.add_option("--side-key-file", arguments.side_key_file, "A file with the side key of restricted mode");
  command.add_flag("--trytes", arguments.trytes, "The message is trytes, not ASCII text");
}

}  // namespace

void add_mam_commands(CLI::App& app, Context& context) {
  auto* mam = app.add_subcommand("mam", "Masked Authenticated Messaging: create and open messages");
  mam->require_subcommand(1);

  auto* create_command = mam->add_subcommand("create", "Mask and sign a message");
  auto create_arguments = std::make_shared<Arguments>();
  add_common_options(*create_command, *create_arguments, "The message");
  create_command->add_option("--seed-file", create_arguments->seed_file, "A file with the channel's seed")->required();
  create_command->add_option("--security", create_arguments->security, "1, 2 or 3")
      ->check(CLI::Range(1, 3))
      ->capture_default_str();
  create_command->add_option("--start", create_arguments->start, "Number of the message in the channel")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max() - 1))
      ->capture_default_str();
  create_command->footer(std::string(kCreateExamples));
  run_when_chosen(*create_command, context, create_arguments, create);

  auto* open_command = mam->add_subcommand("open", "Unmask a message and check its signature");
  auto open_arguments = std::make_shared<Arguments>();
  add_common_options(*open_command, *open_arguments, "The payload, as trytes");
  open_command->add_option("--root", open_arguments->root, "The message's root, 81 trytes")->required();
  open_command->footer(std::string(kOpenExamples));
  run_when_chosen(*open_command, context, open_arguments, open);
}

}  // namespace glucoledger::apps
