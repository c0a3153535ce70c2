#include "usecases/channel.h"

#include <map>

#include "base/limits.h"
#include "exchange/channel_file.h"
#include "exchange/delivery.h"
#include "exchange/read_judged.h"
#include "ledger/min_weight_magnitude.h"

namespace glucoledger::usecases {
namespace {

using crypto::Hash;
using exchange::ChannelFile;

// What stands at the address of a root: genuine messages, something else, or nothing.
struct Found {
  bool message = false;
  bool others = false;
  bool pruned = false;
};

// Takes a genuine message; whether it was the only one that is wanted.
using TakeMessage = std::function<bool(mam::Opened message)>;
bool take_any(const mam::Opened& /*message*/) {
  return true;
}

// `own_payload` counts as nothing.
Result<Found> look_up(ports::Ledger& ledger, const World& world, const Hash& root, mam::Mode mode,
                      const mam::SecretTrytes& side_key, const TakeMessage& take_message,
                      std::string_view own_payload = {}) {
  const Hash address = mam::address_of(root, mode);
  Found found;
  const auto judge = [&](std::size_t, const ledger::Bundle& bundle) -> std::optional<Result<mam::Opened>> {
    const auto payload = bundle.payload();
    if (exchange::without_padding(payload) == exchange::without_padding(own_payload)) return std::nullopt;
    return mam::open(payload, root, mode, side_key);
  };
  bool has_all = false;
  const auto take = [&](std::size_t, Result<mam::Opened> opened) {
    (opened ? found.message : found.others) = true;
    has_all = opened && take_message(std::move(*opened));
    return has_all;
  };
  GL_TRY(end, exchange::read_judged(ledger, std::span(&address, 1), judge, take, world.cancel));
  found.pruned = end.pruned.front();
  if (has_all) return found;
  if (!found.message && !end.doubt.empty())
    return fail(ErrorCode::kUnreachable, end.doubt, "repeat when they do, or name other nodes");
  if (!end.cut.front()) return found;
  return fail(ErrorCode::kUnreachable, "the node hands out only a part of what stands at the message's address",
              "name another node");
}

// A channel's file and the ledger that it writes to.
class Writing {
 public:
  Writing(ChannelFile& file, ports::Ledger& ledger, const World& world, const mam::Channel& channel, int mwm)
      : file_(file), ledger_(ledger), world_(world), channel_(channel), mwm_(mwm) {}

  // The index at which the message under way arrived, after all.
  Result<std::uint64_t> finish_pending() {
    const std::uint64_t index = state().pending->index;
    const std::string message_trytes = state().pending->message_trytes;
    GL_TRY(is_sent, send_pending());
    return is_sent ? Result<std::uint64_t>(index) : write(message_trytes);
  }

  // The index at which the message arrived.
  Result<std::uint64_t> write(const std::string& message_trytes) {
    while (true) {
      GL_CHECK(skip_burnt_indices());
      const std::uint64_t index = state().next_index;
      GL_TRY(created, mam::create(channel_, index, message_trytes));
      GL_TRY(bundle, ledger::prepare(created.payload, created.address, "", world_.clock.now_ms() / 1000));
      state().pending = exchange::PendingMessage{index, message_trytes, std::move(bundle)};
      state().next_index = index + 1;
      GL_CHECK(file_.save());
      GL_TRY(is_sent, send_pending());
      if (is_sent) return index;
    }
  }

  // Of indexes that turned out to be used up.
  std::uint64_t unknown_messages() const { return unknown_messages_; }

 private:
  exchange::ChannelState& state() { return file_.state(); }

  // Attaches the pending message anew and sends it; its payload and bundle stay what they are in the state file. False:
  // its key has signed another message, which a copy of the file sent first; then it is dropped.
  Result<bool> send_pending() {
    GL_TRY(tips, ledger_.tips(world_.cancel));
    crypto::ProofOfWorkOptions options;
    options.min_weight_magnitude = mwm_;
    options.cancel = world_.cancel;
    const auto& pending = *state().pending;
    GL_TRY(transactions, world_.attach(pending.bundle, {tips.trunk, tips.branch, world_.clock.now_ms()}, options));
    GL_CHECK(world_.cancel.check());
    GL_TRY(found, look_up(ledger_, world_, mam::root_at(channel_, pending.index), channel_.mode, channel_.side_key,
                          take_any, ledger::payload_of(pending.bundle)));
    const bool is_used = found.message || found.pruned;  // what was pruned may have been a copy's
    if (is_used) {
      ++unknown_messages_;
    } else {
      GL_CHECK(ledger_.submit(transactions, world_.cancel));
    }
    state().pending.reset();
    GL_CHECK(file_.save());
    return !is_used;
  }

  // A copy of the state file, or one put back from a backup, does not know what was signed since: an address that holds
  // a genuine message, or once held something, shows that its index is used up.
  Result<void> skip_burnt_indices() {
    while (unknown_messages_ <= base::limits::kMamIndexesSkippedMax) {
      const Hash root = mam::root_at(channel_, state().next_index);
      GL_TRY(found, look_up(ledger_, world_, root, channel_.mode, channel_.side_key, take_any));
      if (!found.message && !found.pruned) return {};
      ++state().next_index;
      ++unknown_messages_;
    }
    return fail(ErrorCode::kNotAllowed, "this state file is too far behind its channel", "begin a new channel");
  }

  ChannelFile& file_;
  ports::Ledger& ledger_;
  const World& world_;
  const mam::Channel& channel_;
  const int mwm_;
  std::uint64_t unknown_messages_ = 0;
};

ChannelMessage message_at(const mam::Channel& channel, std::uint64_t index) {
  const Hash root = mam::root_at(channel, index);
  return {index, root, mam::address_of(root, channel.mode), mam::root_at(channel, index + 1)};
}

// The genuine messages under one root, by their indexes.
Result<std::map<std::uint32_t, mam::Opened>> messages_under(ports::Ledger& ledger, const World& world,
                                                            const ChannelRead& request, const Hash& root,
                                                            bool is_first) {
  std::map<std::uint32_t, mam::Opened> messages;
  const auto take = [&](mam::Opened opened) {
    const bool is_all = !opened.shares_root;
    messages.emplace(opened.index, std::move(opened));
    return is_all;
  };
  GL_TRY(found, look_up(ledger, world, root, request.mode, request.side_key, take));
  if (!messages.empty()) return messages;
  if (found.pruned) {
    return fail(ErrorCode::kPruned, "the next message was here once, and the node dropped it",
                "name a node that keeps more");
  }
  if (!is_first) return messages;  // junk that others put at the next address is no fault of the channel
  if (found.others) {
    return fail(ErrorCode::kCorrupt, "what stands at this root's address is no genuine message",
                "check mode, root and side key");
  }
  return fail(ErrorCode::kNotFound, "no message stands at this root", "check root and mode");
}

}  // namespace

Result<ChannelWritten> write_to_channel(const World& world, ChannelWrite request) {
  // What another process may hold is taken before anything is made: a ledger, or a channel.
  GL_TRY(file, ChannelFile::open(request.state_file, request.mode, request.security, world.cancel));
  GL_TRY(ledger, world.open_ledger(request.ledger, ports::Use::kWrite, world.cancel));
  auto& state = file.state();
  const mam::Channel channel{state.seed.clone(), std::move(request.side_key), state.mode, state.security};
  GL_TRY(info, ledger->info(world.cancel));
  GL_TRY(weight, ledger::weight_to_attach(info.min_weight_magnitude, request.min_weight_magnitude));
  Writing writing(file, *ledger, world, channel, weight);
  ChannelWritten written;
  std::optional<std::uint64_t> index;
  if (state.pending) {
    const bool same = state.pending->message_trytes == request.message_trytes;  // whose sending was cut off
    GL_TRY(finished, writing.finish_pending());
    if (same) {
      index = finished;
    } else {
      written.sent_first = finished;
    }
  }
  if (!index) {
    GL_ASSIGN(index, writing.write(request.message_trytes));
  }
  written.unknown_messages = writing.unknown_messages();
  written.message = message_at(channel, *index);
  return written;
}

Result<void> read_channel(const World& world, const ChannelRead& request, const TellMessage& tell) {
  GL_TRY(ledger, world.open_ledger(request.ledger, ports::Use::kRead, world.cancel));
  Hash root = request.root;
  for (std::uint64_t count = 0; count < request.count_max;) {
    GL_CHECK(world.cancel.check());
    GL_TRY(messages, messages_under(*ledger, world, request, root, count == 0));
    if (messages.empty()) return {};
    const Hash next_root = messages.rbegin()->second.next_root;
    for (const auto& [index, message] : messages) {
      if (count++ == request.count_max) return {};
      GL_CHECK(tell(root, message));
    }
    root = next_root;
  }
  return {};
}

}  // namespace glucoledger::usecases
