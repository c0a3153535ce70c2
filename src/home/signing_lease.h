// Who may do what in a home at the same time, beyond the database's own transactions.
//
// The signing lease: one process at a time signs and carries the outbox. It ends with the object or the process.
//
// Departures: who is about to hand messages to a ledger holds one from before the transaction that records it until the
// ledger answered. Who takes access back waits for those under way, a moment and no longer, and holds new ones off
// while its own transaction commits: so nothing leaves after it, unless a ledger was too slow to answer.
//
// Both are advisory locks (flock) on files of the home, that the system releases when a process dies.
#pragma once

#include <filesystem>
#include <optional>

#include "base/cancel.h"
#include "base/file.h"

namespace glucoledger::home {

class SigningLease {
 public:
  // At once; nothing when another process, or another part of this one, has it.
  static Result<std::optional<SigningLease>> take(const std::filesystem::path& home_folder);

 private:
  explicit SigningLease(base::FileLock lock) : lock_(std::move(lock)) {}
  base::FileLock lock_;
};

// Shared among those who send.
class Departure {
 public:
  // Waits while someone holds departures off, up to `wait_ms` of real time, as their process may have been stopped:
  // then kBusy. kInterrupted when cancelled. The clock must outlive it.
  static constexpr std::int64_t kWaitMs = 30'000;
  static Result<Departure> begin(const std::filesystem::path& home_folder, const base::CancelToken& cancel,
                                 const base::Clock& clock, std::int64_t wait_ms = kWaitMs);
  // Since it began. Whoever holds departures off does not wait for ever, as a process may be stopped: what was not sent
  // while this is young must not be sent any more.
  std::int64_t age_ms() const { return clock_->steady_ms() - begun_ms_; }

 private:
  Departure(base::FileLock lock, const base::Clock& clock)
      : lock_(std::move(lock)), clock_(&clock), begun_ms_(clock.steady_ms()) {}
  base::FileLock lock_;
  const base::Clock* clock_;
  std::int64_t begun_ms_;
};

// Someone holds departures off, or wants to: who is sending breaks off soon.
bool is_departure_held_off(const std::filesystem::path& home_folder);

class DepartureHold {
 public:
  // No departure begins from now on. Waits up to `wait_ms` for those under way, in real time: they end as other
  // processes and ledgers do. kBusy: another process has held departures off for a second, and holds on.
  static Result<DepartureHold> take(const std::filesystem::path& home_folder, std::int64_t wait_ms);
  // Nothing is under way. False: a ledger has not answered yet, and what it was sent may still arrive.
  bool is_quiet() const { return departures_.has_value(); }

 private:
  DepartureHold(base::FileLock gate, std::optional<base::FileLock> departures)
      : gate_(std::move(gate)), departures_(std::move(departures)) {}
  base::FileLock gate_;
  std::optional<base::FileLock> departures_;
};

}  // namespace glucoledger::home
