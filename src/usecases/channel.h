// A channel of messages on a ledger, without a home: writing to it under the rules of one-time keys, and reading it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "mam/mam.h"
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
  std::filesystem::path state_file;  // exchange/channel_file.h; made, with a fresh seed, where there is none
  mam::Mode mode = mam::Mode::kRestricted;
  std::optional<int> security;  // default: the file's own
  locator::Locator ledger;
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
// far behind its channel. kUsage: the file is of another mode or security.
Result<ChannelWritten> write_to_channel(const World& world, ChannelWrite request);

struct ChannelRead {
  locator::Locator ledger;
  crypto::Hash root;
  mam::Mode mode = mam::Mode::kRestricted;
  mam::SecretTrytes side_key;
  std::uint64_t count_max = 0;
};
// Each message in order, also of a client that puts several under one root; an error of `tell` ends it. kNotFound: no
// message stands at this root; kCorrupt: something else does. kPruned: the next one was there once. kUnreachable: there
// may be one that the nodes do not hand out.
using TellMessage = std::function<Result<void>(const crypto::Hash& root, const mam::Opened& message)>;
Result<void> read_channel(const World& world, const ChannelRead& request, const TellMessage& tell);

}  // namespace glucoledger::usecases
