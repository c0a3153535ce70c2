#include "home/signing_lease.h"

namespace glucoledger::home {
namespace {

using base::FileLock;

constexpr const char* kSigningFile = "signing.lock";
constexpr const char* kGateFile = "departing.gate.lock";
constexpr const char* kDepartingFile = "departing.lock";
constexpr std::int64_t kStepMs = 2;
// Another hold lasts a moment, unless its process was stopped.
constexpr std::int64_t kGateWaitMs = 1'000;

}  // namespace

Result<std::optional<SigningLease>> SigningLease::take(const std::filesystem::path& home_folder) {
  auto lock = FileLock::acquire(home_folder / kSigningFile, 0);
  if (lock) return SigningLease(std::move(*lock));
  if (lock.error().code == ErrorCode::kBusy) return std::nullopt;
  return tl::unexpected(std::move(lock.error()));
}

Result<Departure> Departure::begin(const std::filesystem::path& home_folder, const base::CancelToken& cancel,
                                   const base::Clock& clock, std::int64_t wait_ms) {
  const base::SystemClock outside;
  const std::int64_t until_ms = outside.steady_ms() + wait_ms;
  while (true) {
    GL_CHECK(cancel.check());
    // Who passed the gate finds no hold; but a process that died may have let the gate go first.
    const auto gate = FileLock::acquire(home_folder / kGateFile, 0);
    auto lock = gate ? FileLock::acquire(home_folder / kDepartingFile, 0, {}, FileLock::Mode::kShared)
                     : tl::unexpected(gate.error());
    if (lock) return Departure(std::move(*lock), clock);
    if (lock.error().code != ErrorCode::kBusy) return tl::unexpected(lock.error());
    if (outside.steady_ms() >= until_ms) {
      return fail(ErrorCode::kBusy, "another process has been about to take access back for long",
                  "end it, or let it go on where it was stopped, and repeat");
    }
    clock.wait_ms(kStepMs, cancel);
  }
}

bool is_departure_held_off(const std::filesystem::path& home_folder) {
  const auto gate = FileLock::acquire(home_folder / kGateFile, 0, {}, FileLock::Mode::kShared);
  return !gate && gate.error().code == ErrorCode::kBusy;
}

Result<DepartureHold> DepartureHold::take(const std::filesystem::path& home_folder, std::int64_t wait_ms) {
  GL_TRY(gate, FileLock::acquire(home_folder / kGateFile, kGateWaitMs));
  auto departures = FileLock::acquire(home_folder / kDepartingFile, wait_ms);
  if (departures) return DepartureHold(std::move(gate), std::move(*departures));
  if (departures.error().code != ErrorCode::kBusy) return tl::unexpected(departures.error());
  return DepartureHold(std::move(gate), std::nullopt);
}

}  // namespace glucoledger::home
