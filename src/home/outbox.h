// What is fixed and must reach the ledger: signed messages and sealed notes, as bundles whose attachment alone is open.
//
// A row is closed once the ledger confirmed it or, where a ledger confirms no data, once it was read back from there.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "home/home.h"
#include "ledger/bundle.h"

namespace glucoledger::home {

struct Outgoing {
  enum class Kind { kNote, kMessage };
  Kind kind = Kind::kMessage;
  std::int64_t id = 0;
  crypto::Hash address;
  crypto::Hash bundle_hash;
  ledger::PreparedBundle bundle;
};

// Notes before messages; messages by epoch and index.
Result<std::vector<Outgoing>> unfinished(Home& home, Outgoing::Kind kind);
// Accepted by a ledger; then confirmed, and the bundle is forgotten. Each is one transaction.
Result<void> mark_left(Home& home, std::span<const Outgoing> rows);
Result<void> mark_closed(Home& home, std::span<const Outgoing> rows);

struct OutboxCounts {
  std::int64_t readings_waiting = 0;  // in messages that are not closed
  std::int64_t messages_waiting = 0;
  std::int64_t notes_waiting = 0;
};
Result<OutboxCounts> outbox_counts(Home& home);

}  // namespace glucoledger::home
