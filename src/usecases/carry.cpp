#include "usecases/carry.h"

#include <exception>

#include "base/advice.h"

namespace glucoledger::usecases {
namespace {

constexpr std::int64_t kTurnPauseMs = 100;
// Who shares or revokes beside a process that publishes waits so long for it to tell the other side, and no longer:
// what was recorded holds.
constexpr std::int64_t kTellWaitMs = 200;
constexpr std::int64_t kTellPauseMs = 20;

// Libraries throw where memory or threads end; what was recorded holds all the same, and is told to be so.
Result<std::optional<exchange::OutboxReport>> try_to_carry(home::Home& home, const World& world,
                                                           const OutboxOptions& options) {
  try {
    return exchange::run_outbox(home, world, options);
  } catch (const std::exception&) {
    return fail(ErrorCode::kFailed, "there is not enough memory, or there are not enough threads, to reach the ledger",
                Advice::kPublishAgain);
  }
}

// A peer that was not reached leaves what was recorded waiting: a part of the answer.
Result<Carried> carried(home::Home& home, Result<std::optional<OutboxReport>> report) {
  Carried outcome;
  if (report && *report) {
    outcome.report = std::move(**report);
  } else if (report) {
    outcome.by = Carried::By::kAnotherProcess;
  } else if (report.error().code == ErrorCode::kInterrupted) {
    return tl::unexpected(std::move(report.error()));
  } else {
    outcome.by = Carried::By::kNobody;
    outcome.error = std::move(report.error());
    // It is recorded, so that BUSY, "nothing was changed", would be untrue, and so would be that it is not allowed.
    if (outcome.error->code == ErrorCode::kBusy || outcome.error->code == ErrorCode::kNotAllowed) {
      outcome.error->code = ErrorCode::kUnreachable;
    }
  }
  GL_ASSIGN(outcome.waiting, home::outbox_counts(home));
  return outcome;
}

bool is_empty(const home::OutboxCounts& counts) {
  return counts.messages_waiting + counts.notes_waiting == 0;
}

}  // namespace

std::optional<Error> Carried::shortfall() const {
  if (error) return error;
  if (by != By::kThisCall) return std::nullopt;
  if (report.delivery.unconfirmed > 0) {
    return Error{ErrorCode::kUnreachable, "the ledger accepted messages that it has not confirmed yet", "",
                 Advice::kPublishAgain};
  }
  return std::nullopt;
}

Result<Carried> carry_notes(home::Home& home, const World& world) {
  OutboxOptions options;
  options.notes_only = true;
  auto report = try_to_carry(home, world, options);
  // What was recorded holds, also where nobody waits to see it told.
  if (!report && report.error().code == ErrorCode::kInterrupted) {
    report.error() = {ErrorCode::kUnreachable, "stopped before the other side was told", ""};
  }
  GL_TRY(outcome, carried(home, std::move(report)));
  if (outcome.error) outcome.error->code = ErrorCode::kUnreachable;  // whatever it was: what was recorded holds
  // The other side can read what the ledger holds; that it is confirmed is looked at by the next publish.
  auto& delivery = outcome.report.delivery;
  delivery.unconfirmed -= delivery.held;
  outcome.notes_untold = outcome.waiting.notes_waiting - static_cast<std::int64_t>(delivery.held);
  const auto until_ms = world.clock.steady_ms() + kTellWaitMs;
  while (outcome.by == Carried::By::kAnotherProcess && outcome.notes_untold > 0 && world.clock.steady_ms() < until_ms &&
         !world.clock.wait_ms(kTellPauseMs, world.cancel)) {
    GL_ASSIGN(outcome.waiting, home::outbox_counts(home));
    outcome.notes_untold = outcome.waiting.notes_waiting;
  }
  return outcome;
}

Result<Carried> carry_at_once(home::Home& home, const World& world) {
  auto report = try_to_carry(home, world, {});
  if (report || report.error().code != ErrorCode::kInterrupted) return carried(home, std::move(report));
  Carried outcome;
  outcome.by = Carried::By::kNobody;
  outcome.error = std::move(report.error());
  GL_ASSIGN(outcome.waiting, home::outbox_counts(home));
  return outcome;
}

Result<Carried> carry_all(home::Home& home, const World& world, const OutboxOptions& options) {
  bool has_waited = false;
  while (true) {
    GL_TRY(outcome, carried(home, try_to_carry(home, world, options)));
    if (outcome.by != Carried::By::kAnotherProcess) {
      // What the other process sent while this one waited was sent by it.
      const bool is_idle = outcome.report.delivery.closed == 0 && is_empty(outcome.waiting);
      if (has_waited && is_idle && !outcome.error) outcome.by = Carried::By::kAnotherProcess;
      return outcome;
    }
    if (is_empty(outcome.waiting)) return outcome;
    has_waited = true;
    if (options.meanwhile) (void)options.meanwhile();
    base::report(world.progress, "waiting for another process that publishes",
                 static_cast<std::uint64_t>(outcome.waiting.messages_waiting), 0);
    if (world.clock.wait_ms(kTurnPauseMs, world.cancel)) return tl::unexpected(exchange::delivery_stopped());
  }
}

}  // namespace glucoledger::usecases
