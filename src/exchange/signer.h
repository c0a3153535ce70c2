// Signs the waiting messages of one epoch: makes each one's record or file, its MAM payload and its bundle.
#pragma once

#include "home/messages.h"
#include "home/outbox.h"
#include "home/published.h"
#include "home/signing_lease.h"
#include "ports/world.h"
#include "privacy/sealed_file.h"

namespace glucoledger::exchange {

class Signer {
 public:
  // At the epoch's next index; or at one that it has signed already, for a look at what stands there.
  static Result<Signer> open(home::Home& home, home::Epoch epoch, std::optional<std::uint64_t> index = std::nullopt);

  const home::Epoch& epoch() const { return epoch_; }
  crypto::Hash next_address() const { return mam::address_of(next_root_, channel_.mode); }
  // Whether this bundle at next_address() holds a message signed by this epoch's next one-time key. Thread-safe.
  bool signed_by_next_key(const ledger::Bundle& bundle) const;
  // The bundle of a message that it signed at its next index before, byte for byte; nothing where this program would
  // make another one.
  Result<std::optional<ledger::PreparedBundle>> make_again(home::Home& home, const home::PublishedMessage& message);
  // Up to `count_max` waiting messages, signed and committed; empty when none waits, when the epoch may sign no more,
  // or when another process changed it: then this signer is of no more use. Design B puts the file into the content
  // store first.
  Result<std::vector<home::Outgoing>> sign_next(home::Home& home, const home::SigningLease& lease,
                                                const ports::World& world, privacy::Transform transform,
                                                std::size_t count_max);

 private:
  Signer(home::Epoch epoch, mam::Channel channel, mam::ChannelCursor cursor, crypto::Hash next_root)
      : epoch_(std::move(epoch)), channel_(std::move(channel)), cursor_(std::move(cursor)), next_root_(next_root) {}
  Result<bool> store_file(home::Home& home, const ports::World& world, privacy::Transform transform,
                          home::Message& message) const;
  // Nothing: another process has moved what the message was about.
  Result<std::optional<std::string>> content_of(home::Home& home, const home::Message& message) const;
  Result<std::vector<home::SignedMessage>> sign(home::Home& home, const ports::World& world,
                                                std::span<const home::Message> messages);

  home::Epoch epoch_;
  mam::Channel channel_;
  mam::ChannelCursor cursor_;  // at epoch_.next_index
  crypto::Hash next_root_;
};

}  // namespace glucoledger::exchange
