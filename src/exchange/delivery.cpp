#include "exchange/delivery.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/advice.h"
#include "crypto/search_progress.h"
#include "exchange/read_judged.h"
#include "ledger/bundle.h"

namespace glucoledger::exchange {
namespace {

using home::Outgoing;

constexpr std::size_t kUnconfirmedMax = 4'096;  // what is accepted and not confirmed: more is not sent until then
constexpr std::size_t kReadBackAtOnce = 1'024;
constexpr std::size_t kTransactionsPerMessage = 3;  // of a reading, for a guess
constexpr std::int64_t kStepMs = 50;
constexpr std::int64_t kFirstPauseMs = 50;
constexpr std::int64_t kPauseMaxMs = 1'000;

std::vector<Outgoing> rows_of(std::span<const Accepted> accepted) {
  std::vector<Outgoing> rows;
  rows.reserve(accepted.size());
  for (const auto& one : accepted) rows.push_back(one.row);
  return rows;
}

}  // namespace

Error delivery_stopped() {
  return {ErrorCode::kInterrupted, "stopped: what is not confirmed yet waits in the outbox", "", Advice::kPublishAgain};
}

std::string_view without_padding(std::string_view payload_trytes) {
  return payload_trytes.substr(0, payload_trytes.find_last_not_of('9') + 1);
}

Result<std::vector<Accepted>> Delivery::find_on_ledger(std::span<const Outgoing> rows) {
  std::vector<crypto::Hash> addresses;
  for (const auto& row : rows) addresses.push_back(row.address);
  std::map<std::size_t, Accepted> here;
  const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<std::vector<crypto::Hash>> {
    const auto& row = rows[which];
    if (row.bundle_hash != bundle.hash || bundle.payload() != ledger::payload_of(row.bundle)) return std::nullopt;
    return ledger::hashes_of(bundle.transactions);
  };
  const auto take = [&](std::size_t which, std::vector<crypto::Hash> attachment) {
    auto& accepted = here[which];
    accepted.row = rows[which];
    accepted.row.bundle.clear();
    accepted.attachments.push_back(std::move(attachment));
    return false;  // it may have been attached several times, and any of them may get confirmed
  };
  GL_CHECK(read_judged(ledger_, addresses, judge, take, world_.cancel));
  std::vector<Accepted> found;
  found.reserve(here.size());
  for (auto& [which, accepted] : here) found.push_back(std::move(accepted));
  return found;
}

Result<std::vector<Outgoing>> Delivery::resume(std::span<const Outgoing> rows, std::int64_t wait_ms) {
  if (rows.empty()) return std::vector<Outgoing>();
  GL_TRY(arrived, find_on_ledger(rows));
  const auto left = rows_of(arrived);
  std::set<std::int64_t> present;
  for (const auto& row : left) present.insert(row.id);
  GL_CHECK(home_.write([&](home::Transaction& transaction) { return home::mark_left(transaction, left); }));
  GL_CHECK(await_confirmation(arrived, wait_ms));

  // What is not there, or does not get confirmed where it is, is attached anew.
  for (const auto& accepted : arrived) present.erase(accepted.row.id);
  std::vector<Outgoing> again;
  for (const auto& row : rows) {
    if (!present.contains(row.id)) again.push_back(row);
  }
  return again;
}

Result<void> Delivery::send(std::vector<Outgoing> rows) {
  return send_all({.next = [&] { return DeliverySource::Rows(std::exchange(rows, {})); },
                   .urgent = {},
                   .look_again = {},
                   .waiting = [count = rows.size()] { return count; },
                   .meanwhile = {}});
}

Result<void> Delivery::send_all(const DeliverySource& source) {
  GL_TRY(total, source.waiting());
  GL_TRY(first, source.next());
  if (first.empty()) return {};
  const auto next = [&] { return first.empty() ? source.next() : DeliverySource::Rows(std::exchange(first, {})); };
  AttachPipeline pipeline(home_.folder(), ledger_, world_, mwm_, total);
  auto outcome = drive(pipeline, {next, source.urgent, source.look_again, source.waiting, source.meanwhile}, total);
  pipeline.stop();
  collect(pipeline);  // what was accepted at the last moment is known to have left
  GL_CHECK(keep_books());
  return outcome;
}

Result<void> Delivery::settle(std::int64_t wait_ms, Rest rest) {
  GL_CHECK(await_confirmation(sent_, wait_ms));
  if (rest == Rest::kIsLookedFor && !sent_.empty()) {
    const auto held = are_held(sent_);
    if (held) counts_.held += static_cast<std::size_t>(std::count(held->begin(), held->end(), true));
  }
  counts_.unconfirmed += sent_.size();
  sent_.clear();
  return {};
}

Result<void> Delivery::drive(AttachPipeline& pipeline, const DeliverySource& source, std::size_t total) {
  LookPace pace;
  const auto since_ms = pace.last_success_ms = world_.clock.steady_ms();
  const std::size_t closed_before = counts_.closed;
  std::size_t accepted = 0;
  for (bool ended = false; !ended || !pipeline.is_idle();) {
    if (world_.cancel.cancelled()) return tl::unexpected(delivery_stopped());
    if (auto error = pipeline.error()) return tl::unexpected(std::move(*error));
    const bool has_more = source.meanwhile && source.meanwhile();
    GL_TRY(changed, heed_others(pipeline, source));
    if (changed || has_more) {
      GL_TRY(waiting, source.waiting());
      total = waiting + counts_.closed - closed_.size() - closed_before;
    }
    while (!ended && sent_.size() < kUnconfirmedMax && pipeline.has_room()) {
      GL_TRY(rows, source.next());
      ended = rows.empty();
      for (auto& row : rows) pipeline.push(std::move(row));
    }
    // A ledger that goes on accepting and confirms nothing gets no more.
    const bool is_stuck = world_.clock.steady_ms() - pace.last_success_ms > kConfirmationWaitMs;
    ended = ended || (sent_.size() >= kUnconfirmedMax && is_stuck);
    if (ended) pipeline.finish();
    pipeline.wait(kStepMs, sent_.size() < kUnconfirmedMax);
    const std::size_t before = sent_.size();
    collect(pipeline);
    accepted += sent_.size() - before;
    GL_CHECK(let_leave(pipeline, source));
    GL_CHECK(look_for_confirmation(pace));
    tell(pipeline.hashes_done(), since_ms, accepted, total);
  }
  if (auto error = pipeline.error()) return tl::unexpected(std::move(*error));  // after which nothing is under way
  return {};
}

// What another process took back is dropped at once; what it wants told goes first.
Result<bool> Delivery::heed_others(AttachPipeline& pipeline, const DeliverySource& source) {
  GL_TRY(changed, home_.changed_elsewhere());
  if (!changed) return false;
  GL_CHECK(drop_unwanted(pipeline));
  if (!source.urgent) return true;
  GL_TRY(urgent, source.urgent());
  for (auto row = urgent.rbegin(); row != urgent.rend(); ++row) pipeline.push_first(std::move(*row));
  return true;
}

Result<void> Delivery::drop_unwanted(AttachPipeline& pipeline) {
  const auto rows = pipeline.rows();
  GL_TRY(wanted, home::still_wanted(home_, rows));
  std::vector<Outgoing> unwanted;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!wanted[i]) unwanted.push_back(rows[i]);
  }
  if (!unwanted.empty()) pipeline.drop(unwanted);
  return {};
}

// Proofs of work took their time since the keys' addresses were seen to be free. Once the first message of this run
// stands there, whoever has the same keys sees it.
Result<void> Delivery::look_again(AttachPipeline& pipeline, const DeliverySource& source,
                                  std::span<const Attached> batch) {
  if (!source.look_again) return {};
  std::vector<Outgoing> first;
  for (const auto& [row, transactions, turn] : batch) {
    if (row.kind == Outgoing::Kind::kMessage && epochs_looked_at_.insert(row.epoch_id).second) first.push_back(row);
  }
  if (first.empty()) return {};
  GL_TRY(has_changed, source.look_again(first));
  return has_changed ? drop_unwanted(pipeline) : Result<void>();
}

Result<void> Delivery::let_leave(AttachPipeline& pipeline, const DeliverySource& source) {
  auto batch = pipeline.take_batch();
  if (batch.empty()) return keep_books();
  GL_CHECK(look_again(pipeline, source, batch));
  std::vector<Outgoing> rows;
  rows.reserve(batch.size());
  for (const auto& one : batch) rows.push_back(without_bundle(one.row));
  GL_TRY(departure, home::Departure::begin(home_.folder(), world_.cancel, world_.clock, hold_wait_ms_));
  std::vector<bool> may_leave;
  GL_CHECK(home_.write([&](home::Transaction& transaction) -> Result<void> {
    GL_CHECK(home::mark_left(transaction, left_));
    GL_CHECK(home::mark_closed(transaction, closed_));
    GL_ASSIGN(may_leave, home::record_leaving(transaction, rows));
    return {};
  }));
  left_.clear();
  closed_.clear();
  std::vector<Attached> leaving;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (may_leave[i]) leaving.push_back(std::move(batch[i]));
  }
  pipeline.depart(std::move(leaving), std::move(departure));
  return {};
}

Result<void> Delivery::keep_books() {
  if (left_.empty() && closed_.empty()) return {};
  GL_CHECK(home_.write([&](home::Transaction& transaction) -> Result<void> {
    GL_CHECK(home::mark_left(transaction, left_));
    return home::mark_closed(transaction, closed_);
  }));
  left_.clear();
  closed_.clear();
  return {};
}

void Delivery::collect(AttachPipeline& pipeline) {
  auto accepted = pipeline.take_accepted();
  for (auto& one : accepted) {
    left_.push_back(one.row);
    sent_.push_back(std::move(one));
  }
}

// Before the first message is through, the proof of work alone tells how long it will take.
void Delivery::tell(std::uint64_t hashes, std::int64_t since_ms, std::size_t done, std::size_t total) const {
  constexpr double kEnoughSeconds = 0.3;
  const double seconds = static_cast<double>(world_.clock.steady_ms() - since_ms) / 1e3;
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

Result<void> Delivery::look_for_confirmation(LookPace& pace) {
  const auto now_ms = world_.clock.steady_ms();
  if (sent_.empty() || now_ms < pace.next_look_ms) return {};
  const auto before = counts_.closed;
  if (confirms_data_) {
    GL_CHECK(close_confirmed(sent_));
  } else if (sent_.size() >= kReadBackAtOnce) {
    GL_CHECK(close_held(sent_));
  }
  const bool success = counts_.closed > before;
  if (success) pace.last_success_ms = now_ms;
  pace.pause_ms = success ? kFirstPauseMs : std::clamp(2 * pace.pause_ms, kFirstPauseMs, kPauseMaxMs);
  pace.next_look_ms = world_.clock.steady_ms() + pace.pause_ms;
  return {};
}

Result<void> Delivery::await_confirmation(std::vector<Accepted>& sent, std::int64_t wait_ms) {
  if (!confirms_data_) {
    GL_CHECK(close_held(sent));
    return keep_books();
  }
  const auto end_ms = world_.clock.steady_ms() + wait_ms;
  for (std::int64_t pause_ms = kFirstPauseMs; !sent.empty(); pause_ms = std::min(2 * pause_ms, kPauseMaxMs)) {
    GL_CHECK(close_confirmed(sent));
    GL_CHECK(keep_books());
    if (sent.empty() || world_.clock.steady_ms() >= end_ms) return {};
    if (world_.clock.wait_ms(pause_ms, world_.cancel)) return tl::unexpected(delivery_stopped());
  }
  return {};
}

Result<void> Delivery::close_confirmed(std::vector<Accepted>& sent) {
  std::vector<crypto::Hash> tails;
  for (const auto& one : sent) {
    for (const auto& attachment : one.attachments) tails.push_back(attachment.front());
  }
  GL_TRY(confirmed, ledger_.confirmed(tails, world_.cancel));
  std::vector<bool> done;
  std::size_t next = 0;
  for (const auto& one : sent) {
    bool any = false;
    for (std::size_t i = 0; i < one.attachments.size(); ++i) any = confirmed[next++] || any;
    done.push_back(any);
  }
  close(sent, done);
  return {};
}

// As a whole, in one of its attachments.
Result<std::vector<bool>> Delivery::are_held(const std::vector<Accepted>& sent) {
  std::vector<crypto::Hash> hashes;
  for (const auto& one : sent) {
    for (const auto& attachment : one.attachments) hashes.insert(hashes.end(), attachment.begin(), attachment.end());
  }
  GL_TRY(held, ledger_.held(hashes, world_.cancel));
  std::vector<bool> done;
  std::size_t next = 0;
  for (const auto& one : sent) {
    bool any = false;
    for (const auto& attachment : one.attachments) {
      bool whole = true;
      for (std::size_t i = 0; i < attachment.size(); ++i) whole = held[next++] && whole;
      any = any || whole;
    }
    done.push_back(any);
  }
  return done;
}

// Where a ledger confirms no data: what it holds has arrived.
Result<void> Delivery::close_held(std::vector<Accepted>& sent) {
  if (sent.empty()) return {};
  GL_TRY(done, are_held(sent));
  const auto before = counts_.closed;
  close(sent, done);
  counts_.read_back += counts_.closed - before;
  return {};
}

void Delivery::close(std::vector<Accepted>& sent, const std::vector<bool>& done) {
  std::vector<Accepted> open;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    if (done[i]) {
      closed_.push_back(sent[i].row);
      ++counts_.closed;
    } else {
      open.push_back(std::move(sent[i]));
    }
  }
  sent = std::move(open);
}

}  // namespace glucoledger::exchange
