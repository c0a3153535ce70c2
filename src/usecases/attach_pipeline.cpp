#include "usecases/attach_pipeline.h"

#include <algorithm>

namespace glucoledger::usecases {
namespace {

constexpr std::size_t kWaitingMax = 256;
constexpr std::size_t kAttachedMax = 256;
constexpr std::size_t kBundlesPerSubmit = 64;
constexpr std::size_t kSubmitsAtOnce = 3;
constexpr auto kSubmitInterval = std::chrono::milliseconds(200);  // what is attached waits no longer than so
constexpr auto kTipsAge = std::chrono::seconds(1);

std::size_t core_count() {
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

AttachPipeline::AttachPipeline(ports::Ledger& ledger, const World& world, int min_weight_magnitude,
                               std::size_t expected)
    : ledger_(ledger),
      world_(world),
      mwm_(min_weight_magnitude),
      threads_per_bundle_(expected > 0 && expected < core_count() ? 0 : 1) {
  for (std::size_t i = 0; i < core_count(); ++i) threads_.emplace_back([this] { attach_loop(); });
  for (std::size_t i = 0; i < kSubmitsAtOnce; ++i) threads_.emplace_back([this] { submit_loop(); });
}

AttachPipeline::~AttachPipeline() {
  stop();
}

bool AttachPipeline::has_room() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() < kWaitingMax && !finishing_;
}

void AttachPipeline::push(home::Outgoing row) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(row));
  may_attach_.notify_one();
}

void AttachPipeline::finish() {
  const std::lock_guard lock(mutex_);
  finishing_ = true;
  wake_all();
}

void AttachPipeline::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    wake_all();
  }
  threads_.clear();
}

void AttachPipeline::wake_all() {
  may_attach_.notify_all();
  may_submit_.notify_all();
  may_take_.notify_all();
}

std::vector<Accepted> AttachPipeline::take(std::int64_t wait_ms) {
  std::unique_lock lock(mutex_);
  may_take_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] {
    const bool has_half = !finishing_ && waiting_.size() < kWaitingMax / 2;
    return stop_ || !accepted_.empty() || has_half || (has_ended() && being_submitted_ == 0);
  });
  return std::exchange(accepted_, {});
}

std::optional<Error> AttachPipeline::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

bool AttachPipeline::is_idle() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() && attached_.empty() && accepted_.empty() && being_attached_ + being_submitted_ == 0;
}

void AttachPipeline::fail_with(Error error) {
  const std::lock_guard lock(mutex_);
  if (!error_ && !stop_) error_ = std::move(error);
  stop_ = true;
  wake_all();
}

// Many bundles may share tips: milestones confirm wide shapes too.
Result<ports::Tips> AttachPipeline::current_tips() {
  const std::lock_guard lock(tips_mutex_);
  const auto now = Steady::now();
  if (!tips_ || now - tips_at_ > kTipsAge) {
    GL_ASSIGN(tips_, ledger_.tips());
    tips_at_ = now;
  }
  return *tips_;
}

Result<AttachPipeline::Attached> AttachPipeline::attach(home::Outgoing row) {
  GL_TRY(tips, current_tips());
  crypto::ProofOfWorkOptions work;
  work.min_weight_magnitude = mwm_;
  work.threads = threads_per_bundle_;
  work.cancel = &stop_;
  std::uint64_t reported = 0;
  work.report = [&](std::uint64_t hashes) {
    if (hashes < reported) reported = 0;  // the bundle's next transaction
    hashes_done_ += hashes - reported;
    reported = hashes;
  };
  GL_TRY(transactions, world_.attach(row.bundle, {tips.trunk, tips.branch, world_.clock.now_ms()}, work));
  GL_ASSERT(transactions.size() == row.bundle.size());
  return Attached{std::move(row), std::move(transactions)};
}

void AttachPipeline::attach_loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    may_attach_.wait(lock, [&] {
      return stop_ || (!waiting_.empty() && attached_.size() < kAttachedMax) || (finishing_ && waiting_.empty());
    });
    if (stop_ || waiting_.empty()) return;
    home::Outgoing row = std::move(waiting_.front());
    waiting_.pop_front();
    if (waiting_.size() == kWaitingMax / 2) may_take_.notify_all();
    ++being_attached_;
    lock.unlock();
    auto attached = attach(std::move(row));
    if (!attached) fail_with(std::move(attached.error()));
    lock.lock();
    --being_attached_;
    if (!attached) return;
    if (attached_.empty()) attached_since_ = Steady::now();
    attached_.push_back(std::move(*attached));
    if (batch_is_due()) may_submit_.notify_one();
  }
}

bool AttachPipeline::has_ended() const {
  return finishing_ && waiting_.empty() && attached_.empty() && being_attached_ == 0;
}

bool AttachPipeline::batch_is_due() const {
  if (attached_.empty()) return false;
  const bool last = finishing_ && waiting_.empty() && being_attached_ == 0;
  return last || attached_.size() >= kBundlesPerSubmit || Steady::now() - attached_since_ >= kSubmitInterval;
}

void AttachPipeline::submit_loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    may_submit_.wait_for(lock, kSubmitInterval, [&] { return stop_ || batch_is_due() || has_ended(); });
    if (stop_ || has_ended()) return;
    if (!batch_is_due()) continue;
    std::vector<Accepted> batch;
    std::vector<ledger::Transaction> transactions;
    while (!attached_.empty() && batch.size() < kBundlesPerSubmit) {
      Attached& next = attached_.front();
      next.row.bundle.clear();
      batch.push_back({std::move(next.row), {next.transactions.front().hash()}});
      std::move(next.transactions.begin(), next.transactions.end(), std::back_inserter(transactions));
      attached_.pop_front();
    }
    attached_since_ = Steady::now();
    ++being_submitted_;
    wake_all();  // there is room again, or this was the last
    lock.unlock();
    auto submitted = ledger_.submit(transactions);
    if (!submitted) fail_with(std::move(submitted.error()));
    lock.lock();
    --being_submitted_;
    if (submitted) std::move(batch.begin(), batch.end(), std::back_inserter(accepted_));
    may_take_.notify_all();
  }
}

}  // namespace glucoledger::usecases
