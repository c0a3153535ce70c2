#include "usecases/channel.h"

#include "base/limits.h"
#include "exchange/home_ledger.h"
#include "exchange/read_judged.h"
#include "ledger/min_weight_magnitude.h"

namespace glucoledger::usecases {
namespace {

using crypto::Hash;
using exchange::ChannelFile;

// What stands at the address of a root: a genuine message, something else, or nothing.
struct Found {
  std::optional<mam::Opened> message;
  bool others = false;
  bool pruned = false;
};

Result<Found> look_up(ports::Ledger& ledger, const World& world, const Hash& root, mam::Mode mode,
                      const mam::SecretTrytes& side_key) {
  const Hash address = mam::address_of(root, mode);
  Found found;
  const auto judge = [&](std::size_t, const ledger::Bundle& bundle) {
    return std::optional(mam::open(bundle.payload(), root, mode, side_key));
  };
  const auto take = [&](std::size_t, Result<mam::Opened> opened) {
    if (!opened) {
      found.others = true;
      return false;
    }
    found.message = std::move(*opened);
    return true;
  };
  GL_TRY(end, exchange::read_judged(ledger, std::span(&address, 1), judge, take, world.cancel));
  found.pruned = end.pruned.front();
  if (found.message) return found;
  if (!end.doubt.empty()) return fail(ErrorCode::kUnreachable, end.doubt, "repeat when they do, or name other nodes");
  if (!end.cut.front()) return found;
  return fail(ErrorCode::kUnreachable, "the node hands out only a part of what stands at the message's address",
              "name another node");
}

// Attaches the pending message anew and sends it; its payload and bundle stay what they are in the state file.
Result<void> send_pending(ports::Ledger& ledger, const World& world, ChannelFile& file, int min_weight_magnitude) {
  GL_TRY(tips, ledger.tips(world.cancel));
  // A proof of work polls a flag, and a token is none: it is asked between reports.
  std::atomic<bool> stop = false;
  crypto::ProofOfWorkOptions options;
  options.min_weight_magnitude = min_weight_magnitude;
  options.cancel = &stop;
  options.report = [&](std::uint64_t) { stop = stop || world.cancel.cancelled(); };
  GL_TRY(transactions,
         world.attach(file.state().pending->bundle, {tips.trunk, tips.branch, world.clock.now_ms()}, options));
  GL_CHECK(world.cancel.check());
  GL_CHECK(ledger.submit(transactions, world.cancel));
  file.state().pending.reset();
  return file.save();
}

// A copy of the state file, or one put back from a backup, does not know what was signed since: an address that holds a
// genuine message, or once held something, shows that its index is used up. How many there were.
Result<std::uint64_t> skip_burnt_indices(ports::Ledger& ledger, const World& world, const mam::Channel& channel,
                                         exchange::ChannelState& state) {
  const std::uint64_t first = state.next_index;
  for (; state.next_index - first <= base::limits::kMamIndexesSkippedMax; ++state.next_index) {
    GL_TRY(found, look_up(ledger, world, mam::root_at(channel, state.next_index), channel.mode, channel.side_key));
    if (!found.message && !found.pruned) return state.next_index - first;
  }
  return fail(ErrorCode::kNotAllowed, "this state file is too far behind its channel", "begin a new channel");
}

ChannelMessage message_at(const mam::Channel& channel, std::uint64_t index) {
  const Hash root = mam::root_at(channel, index);
  return {index, root, mam::address_of(root, channel.mode), mam::root_at(channel, index + 1)};
}

}  // namespace

Result<ChannelWritten> write_to_channel(ChannelFile& file, ports::Ledger& ledger, const World& world,
                                        ChannelWrite request) {
  auto& state = file.state();
  const mam::Channel channel{state.seed.clone(), std::move(request.side_key), state.mode, state.security};
  GL_TRY(info, ledger.info(world.cancel));
  GL_TRY(weight, ledger::weight_to_attach(info.min_weight_magnitude, request.min_weight_magnitude));
  ChannelWritten written;
  if (state.pending) {
    const std::uint64_t index = state.pending->index;
    const bool same = state.pending->message_trytes == request.message_trytes;
    GL_CHECK(send_pending(ledger, world, file, weight));
    if (same) {  // this very message, whose sending was cut off
      written.message = message_at(channel, index);
      return written;
    }
    written.sent_first = index;
  }
  GL_ASSIGN(written.unknown_messages, skip_burnt_indices(ledger, world, channel, state));
  const std::uint64_t index = state.next_index;
  GL_TRY(created, mam::create(channel, index, request.message_trytes));
  GL_TRY(bundle, ledger::prepare(created.payload, created.address, "", world.clock.now_ms() / 1000));
  state.pending = exchange::PendingMessage{index, request.message_trytes, std::move(bundle)};
  state.next_index = index + 1;
  GL_CHECK(file.save());
  GL_CHECK(send_pending(ledger, world, file, weight));
  written.message = message_at(channel, index);
  return written;
}

Result<void> read_channel(ports::Ledger& ledger, const World& world, const ChannelRead& request,
                          const TellMessage& tell) {
  Hash root = request.root;
  for (std::uint64_t count = 0; count < request.count_max; ++count) {
    GL_CHECK(world.cancel.check());
    GL_TRY(found, look_up(ledger, world, root, request.mode, request.side_key));
    if (!found.message) {
      if (found.pruned) {
        return fail(ErrorCode::kPruned, "the next message was here once, and the node dropped it",
                    "name a node that keeps more");
      }
      if (found.others) {
        return fail(ErrorCode::kCorrupt, "what stands at the next message's address is no genuine message",
                    "check mode, root and side key");
      }
      if (count > 0) return {};
      return fail(ErrorCode::kNotFound, "no message stands at this root", "check root and mode");
    }
    GL_CHECK(tell(root, *found.message));
    root = found.message->next_root;
  }
  return {};
}

}  // namespace glucoledger::usecases
