// mam publish, mam fetch: a channel of messages on a ledger, without a home.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <mutex>

#include "apps/command.h"
#include "apps/mam_options.h"
#include "apps/mam_state_file.h"
#include "apps/session.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "ledger/min_weight_magnitude.h"
#include "ledger_client/open_ledger.h"
#include "usecases/bundle_sieve.h"

namespace glucoledger::apps {
namespace {

using crypto::Hash;
using Json = nlohmann::ordered_json;

struct Arguments {
  std::string node;
  AccessFiles access;
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

Result<std::unique_ptr<ports::Ledger>> open_ledger(const Arguments& arguments, bool read_only) {
  static const base::SystemClock kClock;
  ledger_client::OpenLedgerOptions options;
  options.read_only = read_only;
  GL_ASSIGN(options.http, read_access(arguments.access));
  options.http.token_hint = "ask its operator for a token and name its file with --ledger-token-file";
  options.http.trust_hint = "name its certificate's file with --ledger-ca, or check the address";
  return ledger_client::open_ledger(arguments.node, options, kClock);
}

// What stands at the address of a root: a genuine message, something else, or nothing.
struct Found {
  std::optional<mam::Opened> message;
  bool others = false;
  bool pruned = false;
};

// kUnreachable where there may be a message that the nodes do not hand out, or too few answer.
Result<Found> look_up(ports::Ledger& ledger, const Hash& root, mam::Mode mode, const mam::SecretTrytes& side_key) {
  const Hash address = mam::address_of(root, mode);
  std::mutex mutex;
  Found found;
  GL_TRY(end, usecases::judge_bundles(ledger, std::span(&address, 1), [&](const ledger::Bundle& bundle) {
           auto opened = mam::open(bundle.payload(), root, mode, side_key);
           const std::lock_guard lock(mutex);
           if (!opened) {
             found.others = true;
             return false;
           }
           if (!found.message) found.message = std::move(*opened);
           return true;
         }));
  found.pruned = !end.pruned_addresses.empty();
  if (!found.message && !end.doubt.empty()) {
    return fail(ErrorCode::kUnreachable, end.doubt, "repeat when they do, or name others with --node");
  }
  if (found.message || end.cut_addresses.empty()) return found;
  return fail(ErrorCode::kUnreachable, "the node hands out only a part of what stands at the message's address",
              "name another one with --node");
}

Result<std::string> message_text(const std::string& trytes, bool as_trytes) {
  if (as_trytes) return trytes;
  auto text = crypto::ascii_from_trytes(trytes);
  if (text) return text;
  return fail(ErrorCode::kInputRefused, "a message is genuine, but not ASCII text", "repeat with --trytes");
}

// Attaches the pending message anew and sends it; its payload and bundle stay what they are in the state file.
Result<void> send_pending(ports::Ledger& ledger, MamStateFile& file, int min_weight_magnitude) {
  const base::SystemClock clock;
  GL_TRY(tips, ledger.tips());
  crypto::ProofOfWorkOptions options;
  options.min_weight_magnitude = min_weight_magnitude;
  options.cancel = &base::interrupt_flag();
  GL_TRY(transactions,
         ledger::attach(file.state().pending->bundle, {tips.trunk, tips.branch, clock.now_ms()}, options));
  GL_CHECK(ledger.submit(transactions));
  file.state().pending.reset();
  return file.save();
}

// A copy of the state file, or one put back from a backup, does not know what was signed since: an address that holds a
// genuine message, or once held something, shows that its index is used up.
Result<void> skip_burnt_indices(ports::Ledger& ledger, const mam::Channel& channel, MamState& state) {
  const std::uint64_t first = state.next_index;
  for (; state.next_index - first <= base::limits::kMamIndexesSkippedMax; ++state.next_index) {
    GL_TRY(found, look_up(ledger, mam::root_at(channel, state.next_index), channel.mode, channel.side_key));
    if (found.message || found.pruned) continue;
    if (state.next_index > first) {
      std::fprintf(
          stderr,
          "glucoledger: warning: %llu messages were published that this state file does not know of (a copy or "
          "an old backup?); going on at index %llu\n",
          static_cast<unsigned long long>(state.next_index - first), static_cast<unsigned long long>(state.next_index));
    }
    return {};
  }
  return fail(ErrorCode::kNotAllowed, "this state file is too far behind its channel", "begin a new channel");
}

Json description(const mam::Channel& channel, std::uint64_t index) {
  const Hash root = mam::root_at(channel, index);
  return {{"index", index},
          {"root", root.trytes()},
          {"address", mam::address_of(root, channel.mode).trytes()},
          {"next_root", mam::root_at(channel, index + 1).trytes()}};
}

Result<std::string> read_message(const Arguments& arguments) {
  GL_TRY(message, base::read_file(arguments.file, base::limits::kMamMessageTrytesMax + 2));
  if (!arguments.trytes) return crypto::trytes_from_ascii(message);
  const std::string trytes(without_line_end(message));
  if (!crypto::is_trytes(trytes)) return fail(ErrorCode::kInputRefused, "the message is not made of trytes");
  return trytes;
}

Result<int> weight_for(ports::Ledger& ledger, const std::optional<int>& wanted) {
  GL_TRY(info, ledger.info());
  return ledger::weight_to_attach(info.min_weight_magnitude, wanted);
}

Result<ExitCode> publish(const Context& context, const Arguments& arguments) {
  const mam::Mode mode = mam_mode_of(arguments.mode);
  GL_TRY(side_key, read_side_key(mode, arguments.side_key_file));
  GL_TRY(message, read_message(arguments));
  GL_TRY(file, MamStateFile::open(arguments.state_file, mode, arguments.security));
  MamState& state = file.state();
  const mam::Channel channel{state.seed.clone(), std::move(side_key), mode, state.security};
  GL_TRY(ledger, open_ledger(arguments, false));
  GL_TRY(weight, weight_for(*ledger, arguments.min_weight_magnitude));

  if (state.pending) {
    const std::uint64_t index = state.pending->index;
    const bool same = state.pending->message_trytes == message;
    GL_CHECK(send_pending(*ledger, file, weight));
    if (same) {  // this very message, whose sending was cut off
      const Json document = description(channel, index);
      print_result(context, document, document.dump());
      return ExitCode::kDone;
    }
    std::fprintf(stderr, "glucoledger: first sent message %llu, which an earlier run had left behind\n",
                 static_cast<unsigned long long>(index));
  }

  GL_CHECK(skip_burnt_indices(*ledger, channel, state));
  const std::uint64_t index = state.next_index;
  GL_TRY(created, mam::create(channel, index, message));
  const base::SystemClock clock;
  GL_TRY(bundle, ledger::prepare(created.payload, created.address, "", clock.now_ms() / 1000));
  state.pending = MamPending{index, message, std::move(bundle)};
  state.next_index = index + 1;
  GL_CHECK(file.save());
  GL_CHECK(send_pending(*ledger, file, weight));
  const Json document = description(channel, index);
  print_result(context, document, document.dump());
  return ExitCode::kDone;
}

Result<ExitCode> fetch(const Arguments& arguments) {
  const mam::Mode mode = mam_mode_of(arguments.mode);
  GL_TRY(side_key, read_side_key(mode, arguments.side_key_file));
  const auto first_root = Hash::from_trytes(arguments.root);
  if (!first_root) return fail(ErrorCode::kUsage, "--root takes 81 of the letters A to Z and 9");
  GL_TRY(ledger, open_ledger(arguments, true));
  Hash root = *first_root;
  for (std::uint64_t count = 0; count < arguments.limit; ++count) {
    if (base::interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    GL_TRY(found, look_up(*ledger, root, mode, side_key));
    if (!found.message) {
      if (found.pruned) return fail(ErrorCode::kPruned, "the next message was here once, and the node dropped it");
      if (found.others) {
        return fail(ErrorCode::kCorrupt, "what stands at the next message's address is no genuine message",
                    "check --mode, --root and the side key");
      }
      if (count == 0) return fail(ErrorCode::kNotFound, "no message stands at this root", "check --root and --mode");
      return ExitCode::kDone;
    }
    GL_TRY(text, message_text(found.message->message_trytes, arguments.trytes));
    const Json line = {{"root", root.trytes()},
                       {"address", mam::address_of(root, mode).trytes()},
                       {"message", text},
                       {"next_root", found.message->next_root.trytes()},
                       {"security", found.message->security}};
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
    if (found.message->security == 1) warn(kForgeableWarning);
    root = found.message->next_root;
  }
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
  run_when_chosen(*publish_command, context, publishing, publish);

  auto* fetch_command = mam->add_subcommand("fetch", "Read a channel from a root on: one JSON object a line");
  auto fetching = std::make_shared<Arguments>();
  add_common_options(*fetch_command, *fetching);
  fetch_command->add_option("--root", fetching->root, "The first message's root, 81 trytes")->required();
  fetch_command->add_option("--limit", fetching->limit, "At most so many messages")->check(CLI::PositiveNumber);
  fetch_command->callback([&context, fetching] { context.run = [fetching] { return fetch(*fetching); }; });
}

}  // namespace glucoledger::apps
