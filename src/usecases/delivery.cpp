#include "usecases/delivery.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/interrupt.h"
#include "crypto/search_progress.h"
#include "ledger/bundle.h"
#include "usecases/bundle_sieve.h"

namespace glucoledger::usecases {
namespace {

using home::Outgoing;

using Steady = std::chrono::steady_clock;

constexpr std::size_t kAddressesPerRead = 250;
constexpr std::size_t kUnconfirmedMax = 4'096;  // what is accepted and not confirmed: more is not sent until then
constexpr std::size_t kReadBackAtOnce = 1'024;
constexpr std::size_t kTransactionsPerMessage = 3;  // of a reading, for a guess
constexpr std::int64_t kStepMs = 50;
constexpr std::int64_t kFirstPauseMs = 50;
constexpr std::int64_t kPauseMaxMs = 1'000;
constexpr std::int64_t kResumeWaitMs = 5'000;
constexpr std::int64_t kConfirmationWaitMs = 20'000;

}  // namespace

Error delivery_stopped() {
  return {ErrorCode::kInterrupted, "stopped: what is not confirmed yet waits in the outbox",
          "nothing is lost: publish again to go on"};
}

std::string payload_of(const ledger::PreparedBundle& bundle) {
  std::string payload;
  for (const auto& transaction : bundle) payload.append(transaction, 0, ledger::kFragmentTrytes);
  return payload;
}

Result<std::vector<Accepted>> Delivery::find_on_ledger(std::span<const Outgoing> rows) {
  std::vector<Accepted> found;
  for (std::size_t next = 0; next < rows.size(); next += kAddressesPerRead) {
    const auto part = rows.subspan(next, std::min(kAddressesPerRead, rows.size() - next));
    std::vector<crypto::Hash> addresses;
    for (const auto& row : part) addresses.push_back(row.address);
    std::mutex mutex;
    std::map<std::int64_t, Accepted> here;  // by row
    GL_CHECK(judge_bundles(ledger_, addresses, [&](const ledger::Bundle& bundle) {
      const auto row = std::find_if(part.begin(), part.end(), [&](const Outgoing& candidate) {
        return candidate.bundle_hash == bundle.hash && bundle.payload() == payload_of(candidate.bundle);
      });
      if (row == part.end()) return false;
      const std::lock_guard lock(mutex);
      auto& accepted = here[row->id];
      accepted.row = *row;
      accepted.row.bundle.clear();
      accepted.tails.push_back(bundle.transactions.front().hash());
      return false;  // it may have been attached several times, and any of them may get confirmed
    }));
    for (auto& [id, accepted] : here) found.push_back(std::move(accepted));
  }
  return found;
}

Result<void> Delivery::resume(std::span<const Outgoing> rows) {
  if (rows.empty()) return {};
  GL_TRY(arrived, find_on_ledger(rows));
  std::set<std::int64_t> present;
  std::vector<Outgoing> left;
  for (const auto& accepted : arrived) {
    present.insert(accepted.row.id);
    left.push_back(accepted.row);
  }
  GL_CHECK(home::mark_left(home_, left));
  GL_CHECK(await_confirmation(arrived, kResumeWaitMs));

  // What is not there, or does not get confirmed where it is, is attached anew.
  for (const auto& accepted : arrived) present.erase(accepted.row.id);
  std::vector<Outgoing> again;
  for (const auto& row : rows) {
    if (!present.contains(row.id)) again.push_back(row);
  }
  return send(std::move(again));
}

Result<void> Delivery::send(std::vector<Outgoing> rows) {
  const std::size_t total = rows.size();
  return send_all([&] { return Result<std::vector<Outgoing>>(std::exchange(rows, {})); }, total);
}

Result<void> Delivery::send_all(const Source& next, std::size_t total) {
  GL_TRY(first, next());
  if (first.empty()) return {};
  const Source all = [&] { return first.empty() ? next() : Result<std::vector<Outgoing>>(std::exchange(first, {})); };
  AttachPipeline pipeline(ledger_, world_, mwm_, total);
  auto outcome = drive(pipeline, all, total);
  pipeline.stop();
  GL_CHECK(collect(pipeline, 0));  // what was accepted at the last moment is known to have left
  return outcome;
}

Result<void> Delivery::settle() {
  GL_CHECK(await_confirmation(sent_, kConfirmationWaitMs));
  counts_.unconfirmed += sent_.size();
  sent_.clear();
  return {};
}

Result<void> Delivery::drive(AttachPipeline& pipeline, const Source& next, std::size_t total) {
  Patience patience;
  const auto since = patience.last_success = Steady::now();
  std::size_t accepted = 0;
  for (bool ended = false; !ended || !pipeline.is_idle();) {
    if (base::interrupted()) return tl::unexpected(delivery_stopped());
    if (auto error = pipeline.error()) return tl::unexpected(std::move(*error));
    while (!ended && sent_.size() < kUnconfirmedMax && pipeline.has_room()) {
      GL_TRY(rows, next());
      ended = rows.empty();
      for (auto& row : rows) pipeline.push(std::move(row));
    }
    // A ledger that goes on accepting and confirms nothing gets no more.
    const bool is_stuck = Steady::now() - patience.last_success > std::chrono::milliseconds(kConfirmationWaitMs);
    ended = ended || (sent_.size() >= kUnconfirmedMax && is_stuck);
    if (ended) pipeline.finish();
    const std::size_t before = sent_.size();
    GL_CHECK(collect(pipeline, kStepMs));
    accepted += sent_.size() - before;
    GL_CHECK(look_for_confirmation(patience));
    tell(pipeline.hashes_done(), since, accepted, total);
  }
  if (auto error = pipeline.error()) return tl::unexpected(std::move(*error));  // after which nothing is under way
  return {};
}

Result<void> Delivery::collect(AttachPipeline& pipeline, std::int64_t wait_ms) {
  auto accepted = pipeline.take(wait_ms);
  std::vector<Outgoing> rows;
  rows.reserve(accepted.size());
  for (const auto& one : accepted) rows.push_back(one.row);
  GL_CHECK(home::mark_left(home_, rows));
  std::move(accepted.begin(), accepted.end(), std::back_inserter(sent_));
  return {};
}

// Before the first message is through, the proof of work alone tells how long it will take.
void Delivery::tell(std::uint64_t hashes, Steady::time_point since, std::size_t done, std::size_t total) const {
  constexpr double kEnoughSeconds = 0.3;
  const double seconds = std::chrono::duration<double>(Steady::now() - since).count();
  std::string stage = "publishing";
  if (seconds >= kEnoughSeconds && total > done) {
    if (done > 0) {
      const double rate = static_cast<double>(done) / seconds;
      if (rate >= 1) stage += ", " + std::to_string(static_cast<std::uint64_t>(rate)) + " a second";
      stage += ", " + crypto::time_left_text(static_cast<double>(total - done) / rate);
    } else if (hashes > 0) {
      const double expected = static_cast<double>(total * kTransactionsPerMessage) * crypto::expected_hashes(mwm_);
      stage += ", " + crypto::time_left_text(expected * seconds / static_cast<double>(hashes));
    }
  }
  base::report(world_.progress, stage, done, total);
}

Result<void> Delivery::look_for_confirmation(Patience& patience) {
  const auto now = Steady::now();
  if (sent_.empty() || now < patience.next_look) return {};
  const auto before = counts_.closed;
  if (confirms_data_) {
    GL_CHECK(close_confirmed(sent_));
  } else if (sent_.size() >= kReadBackAtOnce) {
    GL_CHECK(close_present(sent_));
  }
  const bool success = counts_.closed > before;
  if (success) patience.last_success = now;
  patience.pause_ms = success ? kFirstPauseMs : std::clamp(2 * patience.pause_ms, kFirstPauseMs, kPauseMaxMs);
  patience.next_look = Steady::now() + std::chrono::milliseconds(patience.pause_ms);
  return {};
}

Result<void> Delivery::await_confirmation(std::vector<Accepted>& sent, std::int64_t wait_ms) {
  if (!confirms_data_) return close_present(sent);
  std::int64_t pause_ms = kFirstPauseMs;
  for (std::int64_t waited_ms = 0; !sent.empty();
       waited_ms += pause_ms, pause_ms = std::min<std::int64_t>(2 * pause_ms, kPauseMaxMs)) {
    GL_CHECK(close_confirmed(sent));
    if (sent.empty() || waited_ms >= wait_ms) return {};
    if (base::sleep_or_interrupted(pause_ms)) return tl::unexpected(delivery_stopped());
  }
  return {};
}

Result<void> Delivery::close_confirmed(std::vector<Accepted>& sent) {
  std::vector<crypto::Hash> tails;
  for (const auto& one : sent) tails.insert(tails.end(), one.tails.begin(), one.tails.end());
  GL_TRY(confirmed, ledger_.confirmed(tails));
  std::vector<bool> done;
  std::size_t next = 0;
  for (const auto& one : sent) {
    bool any = false;
    for (std::size_t i = 0; i < one.tails.size(); ++i) any = confirmed[next++] || any;
    done.push_back(any);
  }
  return close(sent, done);
}

// Where a ledger confirms no data: what is whole at its address has arrived. A tail's hash covers its bundle.
Result<void> Delivery::close_present(std::vector<Accepted>& sent) {
  std::vector<bool> done;
  for (std::size_t next = 0; next < sent.size(); next += kAddressesPerRead) {
    const auto part = std::span(sent).subspan(next, std::min(kAddressesPerRead, sent.size() - next));
    std::vector<crypto::Hash> addresses;
    std::set<crypto::Hash> awaited;
    for (const auto& one : part) {
      addresses.push_back(one.row.address);
      awaited.insert(one.tails.begin(), one.tails.end());
    }
    std::mutex mutex;
    std::set<crypto::Hash> whole;
    GL_CHECK(judge_bundles(ledger_, addresses, [&](const ledger::Bundle& bundle) {
      const auto tail = bundle.transactions.front().hash();
      if (!awaited.contains(tail)) return false;
      const std::lock_guard lock(mutex);
      whole.insert(tail);
      return true;
    }));
    for (const auto& one : part) {
      done.push_back(std::any_of(one.tails.begin(), one.tails.end(),
                                 [&](const crypto::Hash& tail) { return whole.contains(tail); }));
    }
  }
  const auto before = counts_.closed;
  GL_CHECK(close(sent, done));
  counts_.read_back += counts_.closed - before;
  return {};
}

Result<void> Delivery::close(std::vector<Accepted>& sent, const std::vector<bool>& done) {
  std::vector<Outgoing> closed;
  std::vector<Accepted> open;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    if (done[i]) {
      closed.push_back(std::move(sent[i].row));
    } else {
      open.push_back(std::move(sent[i]));
    }
  }
  GL_CHECK(home::mark_closed(home_, closed));
  counts_.closed += closed.size();
  sent = std::move(open);
  return {};
}

}  // namespace glucoledger::usecases
