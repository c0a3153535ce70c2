#include "usecases/delivery.h"

#include <algorithm>

#include "base/interrupt.h"
#include "ledger/bundle.h"

namespace glucoledger::usecases {
namespace {

using home::Outgoing;

constexpr std::size_t kAddressesPerRead = 64;
constexpr std::size_t kBundlesPerSubmit = 32;
constexpr std::int64_t kSubmitIntervalMs = 1'000;  // slow proof of work: what is done leaves at least so often
constexpr std::int64_t kResumeWaitMs = 5'000;
constexpr std::int64_t kConfirmationWaitMs = 20'000;

Error stopped() {
  return {ErrorCode::kInterrupted, "stopped", "nothing is lost: repeat to go on"};
}

}  // namespace

std::string payload_of(const ledger::PreparedBundle& bundle) {
  std::string payload;
  for (const auto& transaction : bundle) payload.append(transaction, 0, ledger::kFragmentTrytes);
  return payload;
}

Result<std::vector<Delivery::Sent>> Delivery::find_on_ledger(std::span<const Outgoing> rows) {
  std::vector<Sent> found;
  for (std::size_t next = 0; next < rows.size(); next += kAddressesPerRead) {
    const auto part = rows.subspan(next, std::min(kAddressesPerRead, rows.size() - next));
    std::vector<crypto::Hash> addresses;
    for (const auto& row : part) addresses.push_back(row.address);
    GL_TRY(contents, ledger_.read(addresses));
    const auto bundles = ledger::assemble(contents.transactions);
    for (const auto& row : part) {
      const auto same = std::find_if(bundles.begin(), bundles.end(), [&](const ledger::Bundle& bundle) {
        return bundle.hash == row.bundle_hash && bundle.payload() == payload_of(row.bundle);
      });
      if (same == bundles.end()) continue;
      Sent sent{row, {}};
      for (const auto& transaction : contents.transactions) {
        if (transaction.current_index() == 0 && transaction.bundle() == row.bundle_hash &&
            transaction.signature_message_fragment() == same->transactions.front().signature_message_fragment()) {
          sent.tails.push_back(transaction.hash());
        }
      }
      found.push_back(std::move(sent));
    }
  }
  return found;
}

Result<void> Delivery::resume(std::span<const Outgoing> rows) {
  if (rows.empty()) return {};
  GL_TRY(arrived, find_on_ledger(rows));
  std::vector<Outgoing> left;
  for (const auto& sent : arrived) left.push_back(sent.row);
  GL_CHECK(home::mark_left(home_, left));
  GL_CHECK(await_confirmation(arrived, kResumeWaitMs));

  // What is not there, or does not get confirmed where it is, is attached anew.
  std::vector<Outgoing> again;
  for (const auto& row : rows) {
    const bool closed = std::any_of(left.begin(), left.end(), [&](const Outgoing& l) { return l.id == row.id; }) &&
                        std::none_of(arrived.begin(), arrived.end(), [&](const Sent& s) { return s.row.id == row.id; });
    if (!closed) again.push_back(row);
  }
  return send(again);
}

Result<void> Delivery::send(std::span<const Outgoing> rows) {
  std::vector<Sent> all;
  std::vector<Sent> group;
  std::vector<ledger::Transaction> transactions;
  std::int64_t group_since_ms = world_.clock.now_ms();
  crypto::ProofOfWorkOptions work;
  work.min_weight_magnitude = mwm_;
  work.cancel = &base::interrupt_flag();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    base::report(world_.progress, "publishing", i, rows.size());
    GL_TRY(tips, ledger_.tips());
    const auto attached = ledger::attach(rows[i].bundle, {tips.trunk, tips.branch, world_.clock.now_ms()}, work);
    if (!attached && !group.empty()) GL_CHECK(submit(group, transactions));  // what is done leaves, also on Ctrl-C
    if (!attached) return tl::unexpected(attached.error());
    group.push_back({rows[i], {attached->front().hash()}});
    transactions.insert(transactions.end(), attached->begin(), attached->end());
    const bool due = world_.clock.now_ms() - group_since_ms >= kSubmitIntervalMs;
    if (group.size() == kBundlesPerSubmit || due || i + 1 == rows.size()) {
      std::vector<Sent> sent = group;
      GL_CHECK(submit(group, transactions));
      std::move(sent.begin(), sent.end(), std::back_inserter(all));
      group_since_ms = world_.clock.now_ms();
    }
  }
  GL_CHECK(await_confirmation(all, kConfirmationWaitMs));
  counts_.unconfirmed += all.size();
  return {};
}

Result<void> Delivery::submit(std::vector<Sent>& group, std::vector<ledger::Transaction>& transactions) {
  GL_CHECK(ledger_.submit(transactions));
  std::vector<Outgoing> rows;
  rows.reserve(group.size());
  for (auto& sent : group) rows.push_back(std::move(sent.row));
  group.clear();
  transactions.clear();
  return home::mark_left(home_, rows);
}

Result<void> Delivery::await_confirmation(std::vector<Sent>& sent, std::int64_t wait_ms) {
  if (!confirms_data_) {
    std::vector<Outgoing> rows;
    rows.reserve(sent.size());
    for (const auto& one : sent) rows.push_back(one.row);
    GL_TRY(present, find_on_ledger(rows));
    std::vector<bool> done;
    done.reserve(sent.size());
    for (const auto& one : sent) {
      done.push_back(
          std::any_of(present.begin(), present.end(), [&](const Sent& p) { return p.row.id == one.row.id; }));
    }
    const auto before = counts_.closed;
    GL_CHECK(close(sent, done));
    counts_.read_back += counts_.closed - before;
    return {};
  }
  std::int64_t pause_ms = 50;
  for (std::int64_t waited_ms = 0; !sent.empty();
       waited_ms += pause_ms, pause_ms = std::min<std::int64_t>(2 * pause_ms, 1'000)) {
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
    GL_CHECK(close(sent, done));
    if (sent.empty() || waited_ms >= wait_ms) return {};
    if (base::sleep_or_interrupted(pause_ms)) return tl::unexpected(stopped());
  }
  return {};
}

Result<void> Delivery::close(std::vector<Sent>& sent, const std::vector<bool>& done) {
  std::vector<Outgoing> closed;
  std::vector<Sent> open;
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
