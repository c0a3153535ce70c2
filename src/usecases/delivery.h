// Brings bundles that are fixed in the outbox onto the ledger and waits for their confirmation.
//
// Safe to repeat at any point: a bundle that is on the ledger already is not attached again, and an attachment renews
// trunk, branch, timestamps and nonce alone. A row is marked `left` once a ledger accepted it and closed once it is
// confirmed (or, where the ledger confirms no data, read back).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "home/outbox.h"
#include "usecases/world.h"

namespace glucoledger::usecases {

// Its signatureMessageFragments, joined. (A bundle's hash does not cover them.)
std::string payload_of(const ledger::PreparedBundle& bundle);

struct DeliveryCounts {
  std::size_t closed = 0;
  std::size_t read_back = 0;    // of these: closed because they were read back, not confirmed
  std::size_t unconfirmed = 0;  // accepted, and not confirmed in time
};

class Delivery {
 public:
  Delivery(home::Home& home, ports::Ledger& ledger, const World& world, int min_weight_magnitude, bool confirms_data)
      : home_(home), ledger_(ledger), world_(world), mwm_(min_weight_magnitude), confirms_data_(confirms_data) {}

  // Rows that were just fixed and never sent.
  Result<void> send(std::span<const home::Outgoing> rows);
  // Rows of an earlier run, which may have arrived.
  Result<void> resume(std::span<const home::Outgoing> rows);
  const DeliveryCounts& counts() const { return counts_; }

 private:
  struct Sent {
    home::Outgoing row;
    std::vector<crypto::Hash> tails;  // of its attachments
  };
  Result<std::vector<Sent>> find_on_ledger(std::span<const home::Outgoing> rows);
  Result<void> submit(std::vector<Sent>& group, std::vector<ledger::Transaction>& transactions);
  // Closes what is confirmed within the time; the rest stays in `sent`.
  Result<void> await_confirmation(std::vector<Sent>& sent, std::int64_t wait_ms);
  Result<void> close(std::vector<Sent>& sent, const std::vector<bool>& done);

  home::Home& home_;
  ports::Ledger& ledger_;
  const World& world_;
  int mwm_;
  bool confirms_data_;
  DeliveryCounts counts_;
};

}  // namespace glucoledger::usecases
