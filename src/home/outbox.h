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
  std::int64_t thread_id = 0;  // of a note
  std::uint64_t number = 0;    // of a note in its thread, of a message in its epoch
  std::int64_t epoch_id = 0;   // of a message
};

// What may have been sent earlier and is not closed (leaving, left), and what is fixed and was never sent (signed,
// sealed). Messages by epoch and index.
Result<std::vector<Outgoing>> unfinished(Home& home, Outgoing::Kind kind);
// Whether a note still has the number and bundle that it was sealed with, and never was confirmed with another bundle.
Result<bool> is_as_sealed(Home& home, const Outgoing& note);

// Records that these rows leave; which of them may. What was burnt, or belongs to an epoch that ended before it left,
// may not.
Result<std::vector<bool>> record_leaving(Transaction& transaction, std::span<const Outgoing> rows);
// The same question, without recording anything: whether the row is still wanted.
Result<std::vector<bool>> still_wanted(Home& home, std::span<const Outgoing> rows);
// Accepted by a ledger; then confirmed, and the bundle is forgotten. What was burnt meanwhile stays so.
Result<void> mark_left(Transaction& transaction, std::span<const Outgoing> rows);
Result<void> mark_closed(Transaction& transaction, std::span<const Outgoing> rows);

struct OutboxCounts {
  std::int64_t readings_waiting = 0;  // in messages that are not closed
  std::int64_t messages_waiting = 0;
  std::int64_t notes_waiting = 0;
};
Result<OutboxCounts> outbox_counts(Home& home);

}  // namespace glucoledger::home
