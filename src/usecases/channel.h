// A channel of messages on a ledger, without a home: writing to it under the rules of one-time keys, and reading it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "exchange/channel_file.h"
#include "ports/world.h"

namespace glucoledger::usecases {

using ports::World;

struct ChannelMessage {
  std::uint64_t index = 0;
  crypto::Hash root;
  crypto::Hash address;
  crypto::Hash next_root;
};

struct ChannelWrite {
  std::string message_trytes;
  mam::SecretTrytes side_key;
  std::optional<int> min_weight_magnitude;  // above the ledger's own
};
struct ChannelWritten {
  ChannelMessage message;
  std::optional<std::uint64_t> sent_first;  // the index of another message, which an earlier call had left behind
  std::uint64_t unknown_messages = 0;       // published by a copy of the file, or after it was backed up
};
// Signs a message and puts it on the ledger. Before anything of it leaves, index, payload and bundle are in the file. A
// message that an earlier call left behind goes first; the same message again is that one. kNotAllowed: the file is too
// far behind its channel.
Result<ChannelWritten> write_to_channel(exchange::ChannelFile& file, ports::Ledger& ledger, const World& world,
                                        ChannelWrite request);

struct ChannelRead {
  crypto::Hash root;
  mam::Mode mode = mam::Mode::kRestricted;
  mam::SecretTrytes side_key;
  std::uint64_t count_max = 0;
};
// Each message in order, also of a client that puts several under one root; an error of `tell` ends it. kNotFound: no
// message stands at this root; kCorrupt: something else does. kPruned: the next one was there once. kUnreachable: there
// may be one that the nodes do not hand out.
using TellMessage = std::function<Result<void>(const crypto::Hash& root, const mam::Opened& message)>;
Result<void> read_channel(ports::Ledger& ledger, const World& world, const ChannelRead& request,
                          const TellMessage& tell);

}  // namespace glucoledger::usecases
