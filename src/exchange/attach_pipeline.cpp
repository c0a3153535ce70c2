#include "exchange/attach_pipeline.h"

#include <algorithm>
#include <iterator>

#include "base/advice.h"
#include "ledger/bundle.h"

namespace glucoledger::exchange {
namespace {

constexpr std::size_t kWaitingMax = 256;
constexpr std::size_t kAttachedMax = 256;
constexpr std::size_t kBundlesPerSubmit = 64;
constexpr std::size_t kBundlesPerSubmitMax = 192;
constexpr std::int64_t kSubmitIntervalMs = 200;   // what is attached waits no longer than so
constexpr std::int64_t kDepartureAgeMaxMs = 150;  // less than a revocation waits
constexpr std::int64_t kTipsAgeMs = 1'000;
constexpr auto kWatchStep = std::chrono::milliseconds(20);
constexpr int kWatchStepsMax = 4;  // a ledger that answers has done so by then

std::size_t core_count() {
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

home::Outgoing without_bundle(const home::Outgoing& row) {
  return {row.kind, row.id, row.address, row.bundle_hash, {}, row.thread_id, row.number, row.epoch_id};
}

AttachPipeline::AttachPipeline(std::filesystem::path home_folder, ports::Ledger& ledger, const ports::World& world,
                               int min_weight_magnitude, std::size_t expected)
    : home_folder_(std::move(home_folder)),
      ledger_(ledger),
      world_(world),
      mwm_(min_weight_magnitude),
      threads_per_bundle_(expected > 0 && expected < core_count() ? 0 : 1),
      cancel_(world.cancel) {
  // Where the system gives no more threads, those that run must not be waited for in vain.
  try {
    const auto start = [this](void (AttachPipeline::*loop)()) {
      threads_.emplace_back([this, loop] { guarded(loop); });
    };
    for (std::size_t i = 0; i < core_count(); ++i) start(&AttachPipeline::attach_loop);
    start(&AttachPipeline::submit_loop);
    start(&AttachPipeline::watch_loop);
  } catch (const std::exception&) {
    fail_with({ErrorCode::kFailed, "the system gives no more threads to publish with", "", Advice::kPublishAgain});
  }
}

AttachPipeline::~AttachPipeline() {
  stop();
}

bool AttachPipeline::has_room() const {
  const base::MutexLock lock(mutex_);
  return waiting_.size() < kWaitingMax && !finishing_;
}

void AttachPipeline::push(home::Outgoing row) {
  const base::MutexLock lock(mutex_);
  waiting_.push_back({std::move(row), ++last_turn_});
  may_attach_.notify_one();
}

void AttachPipeline::push_first(home::Outgoing row) {
  const base::MutexLock lock(mutex_);
  waiting_.push_front({std::move(row), --first_turn_});
  may_attach_.notify_one();
}

void AttachPipeline::finish() {
  const base::MutexLock lock(mutex_);
  finishing_ = true;
  wake_all();
}

void AttachPipeline::stop() {
  {
    const base::MutexLock lock(mutex_);
    stop_ = true;
    cancel_.trip();
    wake_all();
  }
  threads_.clear();
  const base::MutexLock lock(mutex_);
  submission_.reset();  // and with it its departure
}

void AttachPipeline::wake_all() {
  may_attach_.notify_all();
  may_submit_.notify_all();
  may_take_.notify_all();
  may_watch_.notify_all();
}

void AttachPipeline::wait(std::int64_t wait_ms, bool for_room) {
  const auto end = Steady::now() + std::chrono::milliseconds(wait_ms);
  base::MutexLock lock(mutex_);
  while (!stop_ && accepted_.empty() && Steady::now() < end) {
    const bool has_half = for_room && !finishing_ && waiting_.size() < kWaitingMax / 2;
    const bool has_batch = batch_is_due() && !submission_;
    if (has_half || has_batch || (has_ended() && !submission_)) return;
    may_take_.wait_until(lock, end);
  }
}

std::vector<Attached> AttachPipeline::take_batch() {
  const base::MutexLock lock(mutex_);
  std::vector<Attached> batch;
  if (stop_ || submission_ || !batch_is_due()) return batch;
  for (std::size_t count = ready_count(); count > 0; --count) {
    batch.push_back(std::move(attached_.begin()->second));
    attached_.erase(attached_.begin());
  }
  attached_since_ms_ = world_.clock.steady_ms();
  may_attach_.notify_all();
  return batch;
}

void AttachPipeline::depart(std::vector<Attached> batch, home::Departure departure) {
  const base::MutexLock lock(mutex_);
  if (batch.empty()) return;
  GL_ASSERT(!submission_);
  submission_ = std::make_shared<Submission>(
      Submission{std::move(batch), std::move(departure), base::CancelSource(cancel_.token())});
  may_submit_.notify_one();
  may_watch_.notify_one();
}

std::vector<Accepted> AttachPipeline::take_accepted() {
  const base::MutexLock lock(mutex_);
  return std::exchange(accepted_, {});
}

std::vector<home::Outgoing> AttachPipeline::rows() const {
  const base::MutexLock lock(mutex_);
  std::vector<home::Outgoing> rows;
  for (const auto& one : waiting_) rows.push_back(without_bundle(one.row));
  for (const auto& one : being_attached_) rows.push_back(one.row);
  for (const auto& [turn, one] : attached_) rows.push_back(without_bundle(one.row));
  if (submission_) {
    for (const auto& one : submission_->batch) rows.push_back(without_bundle(one.row));
  }
  std::vector<home::Outgoing> wanted;
  for (auto& row : rows) {
    if (!unwanted_.contains(key_of(row))) wanted.push_back(std::move(row));
  }
  return wanted;
}

void AttachPipeline::drop(std::span<const home::Outgoing> unwanted) {
  const base::MutexLock lock(mutex_);
  std::set<Key> keys;
  for (const auto& row : unwanted) keys.insert(key_of(row));
  std::erase_if(waiting_, [&](const Waiting& one) { return keys.contains(key_of(one.row)); });
  std::erase_if(attached_, [&](const auto& one) { return keys.contains(key_of(one.second.row)); });
  for (const auto& one : being_attached_) {
    if (keys.contains(key_of(one.row))) unwanted_.insert(key_of(one.row));
  }
  if (submission_) {
    for (const auto& one : submission_->batch) {
      if (!keys.contains(key_of(one.row))) continue;
      unwanted_.insert(key_of(one.row));
      submission_->cancel.trip();
    }
  }
  wake_all();
}

std::optional<Error> AttachPipeline::error() const {
  const base::MutexLock lock(mutex_);
  return error_;
}

bool AttachPipeline::is_idle() const {
  const base::MutexLock lock(mutex_);
  return waiting_.empty() && being_attached_.empty() && attached_.empty() && !submission_ && accepted_.empty();
}

void AttachPipeline::fail_with(Error error) {
  const base::MutexLock lock(mutex_);
  if (!error_ && !stop_) error_ = std::move(error);
  stop_ = true;
  cancel_.trip();
  wake_all();
}

// Libraries throw where memory ends: an exception must not leave a thread, and words for it need memory, too.
void AttachPipeline::guarded(void (AttachPipeline::*loop)()) {
  Error no_memory{ErrorCode::kFailed, "there is not enough memory to go on publishing", "", Advice::kPublishAgain};
  try {
    (this->*loop)();
  } catch (const std::exception&) {
    fail_with(std::move(no_memory));
  }
}

// Many bundles may share tips: milestones confirm wide shapes too.
Result<ports::Tips> AttachPipeline::current_tips() {
  const base::MutexLock lock(tips_mutex_);
  const auto now_ms = world_.clock.steady_ms();
  if (!tips_ || now_ms - tips_at_ms_ > kTipsAgeMs) {
    GL_ASSIGN(tips_, ledger_.tips(cancel_.token()));
    tips_at_ms_ = now_ms;
  }
  return *tips_;
}

Result<Attached> AttachPipeline::attach(Waiting waiting) {
  GL_TRY(tips, current_tips());
  crypto::ProofOfWorkOptions work;
  work.min_weight_magnitude = mwm_;
  work.threads = threads_per_bundle_;
  work.cancel = cancel_.token();
  std::uint64_t reported = 0;
  work.report = [&](std::uint64_t hashes) {
    if (hashes < reported) reported = 0;  // the bundle's next transaction
    hashes_done_ += hashes - reported;
    reported = hashes;
  };
  GL_TRY(transactions, world_.attach(waiting.row.bundle, {tips.trunk, tips.branch, world_.clock.now_ms()}, work));
  GL_ASSERT(transactions.size() == waiting.row.bundle.size());
  return Attached{std::move(waiting.row), std::move(transactions), waiting.turn};
}

// What others wait behind is attached however many they are.
bool AttachPipeline::may_attach() const {
  if (waiting_.empty()) return false;
  return attached_.size() < kAttachedMax || waiting_.front().turn < attached_.begin()->first;
}

void AttachPipeline::attach_loop() {
  base::MutexLock lock(mutex_);
  while (!stop_) {
    if (!may_attach()) {
      may_attach_.wait(lock);
      continue;
    }
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    const auto key = key_of(next.row);
    if (waiting_.size() == kWaitingMax / 2) may_take_.notify_all();
    being_attached_.push_back({without_bundle(next.row), next.turn});
    lock.unlock();
    auto attached = attach(std::move(next));
    if (!attached) fail_with(std::move(attached.error()));
    lock.lock();
    std::erase_if(being_attached_, [&](const Waiting& one) { return key_of(one.row) == key; });
    if (!attached) return;
    if (unwanted_.erase(key) > 0) {
      may_take_.notify_all();
      continue;
    }
    if (attached_.empty()) attached_since_ms_ = world_.clock.steady_ms();
    const Turn turn = attached->turn;
    attached_.emplace(turn, std::move(*attached));
    if (batch_is_due()) may_take_.notify_all();
  }
}

bool AttachPipeline::has_ended() const {
  return finishing_ && waiting_.empty() && attached_.empty() && being_attached_.empty();
}

std::size_t AttachPipeline::ready_count() const {
  Turn end = waiting_.empty() ? last_turn_ + 1 : waiting_.front().turn;
  for (const auto& one : being_attached_) end = std::min(end, one.turn);
  std::size_t count = 0;
  for (auto one = attached_.begin(); one != attached_.end() && one->first < end; ++one) {
    if (++count == kBundlesPerSubmitMax) break;
  }
  return count;
}

bool AttachPipeline::batch_is_due() const {
  const std::size_t ready = ready_count();
  if (ready == 0) return false;
  const bool last = finishing_ && waiting_.empty() && being_attached_.empty();
  return last || ready >= kBundlesPerSubmit || world_.clock.steady_ms() - attached_since_ms_ >= kSubmitIntervalMs;
}

void AttachPipeline::submit_loop() {
  base::MutexLock lock(mutex_);
  while (!stop_) {
    if (!submission_) {
      may_submit_.wait(lock);
      continue;
    }
    const auto submission = submission_;
    std::vector<ledger::Transaction> transactions;
    for (const auto& one : submission->batch) {
      transactions.insert(transactions.end(), one.transactions.begin(), one.transactions.end());
    }
    const auto cancel = submission->cancel.token();
    lock.unlock();
    auto submitted = cancel.check();
    if (submission->departure.age_ms() > kDepartureAgeMaxMs) {  // this process was stopped: it asks anew
      submitted = fail(ErrorCode::kInterrupted, "what was about to leave did not in time");
    }
    if (submitted) submitted = ledger_.submit(transactions, cancel);
    if (!submitted && (submitted.error().code != ErrorCode::kInterrupted || cancel_.token().cancelled())) {
      fail_with(submitted.error());
    }
    lock.lock();
    settle(*submission, submitted);
  }
}

void AttachPipeline::watch_loop() {
  base::MutexLock lock(mutex_);
  int steps_held_off = 0;
  while (!stop_) {
    if (!submission_) {
      steps_held_off = 0;
      may_watch_.wait(lock);
      continue;
    }
    may_watch_.wait_for(lock, kWatchStep);
    lock.unlock();
    const bool is_held_off = home::is_departure_held_off(home_folder_);
    lock.lock();
    steps_held_off = is_held_off ? steps_held_off + 1 : 0;
    if (steps_held_off >= kWatchStepsMax && submission_) submission_->cancel.trip();
  }
}

// A submission that was broken off may have arrived all the same: what is wanted of it is submitted again.
void AttachPipeline::settle(Submission& submission, const Result<void>& submitted) {
  for (auto& one : submission.batch) {
    if (unwanted_.erase(key_of(one.row)) > 0) continue;
    if (submitted) {
      one.row.bundle.clear();
      accepted_.push_back({std::move(one.row), {ledger::hashes_of(one.transactions)}});
    } else {
      const Turn turn = one.turn;
      attached_.emplace(turn, std::move(one));
    }
  }
  submission_.reset();
  wake_all();
}

}  // namespace glucoledger::exchange
