// What becomes of what waits in a home's outbox once a use case has recorded it. The record is what counts: from then
// on any process of the home carries it, this one or another that is at it.
#pragma once

#include <optional>

#include "exchange/outbox_run.h"
#include "ports/world.h"

namespace glucoledger::usecases {

using exchange::OutboxOptions;
using exchange::OutboxReport;
using ports::World;

struct Carried {
  enum class By {
    kThisCall,
    kAnotherProcess,  // which is at it, and takes what waits here along
    kNobody           // `error` says why; it waits for the next time
  };
  By by = By::kThisCall;
  OutboxReport report;            // of this call
  std::optional<Error> error;     // kUnreachable: a ledger, node or store; else what has to be mended first
  home::OutboxCounts waiting{};   // afterwards
  std::int64_t notes_untold = 0;  // of these: not held by the ledger, where the other side could read them

  // Why what was recorded is not where it should be; kUnreachable where the ledger only has not confirmed it yet.
  // Nothing where all is done or another is at it.
  std::optional<Error> shortfall() const;
};

// Notes only, and at once: where another process carries the outbox, it sends them, and is given a moment to do so.
Result<Carried> carry_notes(home::Home& home, const World& world);
// All that waits, now: another process that carries the outbox is not waited for, and one who stopped it is told in
// `error`.
Result<Carried> carry_at_once(home::Home& home, const World& world);
// All that waits. Where another process carries the outbox, waits until it is through, or goes on where it stopped;
// what that one carries goes by its options, not by these.
Result<Carried> carry_all(home::Home& home, const World& world, const OutboxOptions& options);

}  // namespace glucoledger::usecases
