#include "usecases/side_by_side.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "base/mutex.h"
#include "base/parallel.h"

namespace glucoledger::usecases {
namespace {

constexpr std::size_t kThreadsMax = 32;  // most of the time they wait for a ledger
constexpr std::chrono::milliseconds kLookEvery(50);

class SideBySide {
 public:
  SideBySide(const ports::World& world, std::size_t count, const Patience& patience, const PatientWork& work)
      : world_(world), patience_(patience), work_(work), count_(count), patients_(count) {}

  std::vector<bool> run() {
    std::vector<std::jthread> threads;
    base::add_threads(threads, std::min(kThreadsMax, count_), [this] { take(); });
    if (threads.empty()) take();  // one after the other
    watch();
    threads.clear();
    std::vector<bool> given_up;
    const base::MutexLock lock(mutex_);
    for (const auto& patient : patients_) given_up.push_back(patient.given_up);
    return given_up;
  }

 private:
  struct Patient {
    std::optional<base::CancelSource> source;  // while it runs
    std::int64_t progress_ms = 0;              // when it made any
    bool given_up = false;
  };

  // What a library throws must not leave a thread; whose work it was has no outcome then, and says so.
  void take() EXCLUDES(mutex_) {
    while (const auto which = next()) {
      try {
        work_on(*which);
      } catch (const std::exception&) {
        // as above
      }
      const base::MutexLock lock(mutex_);
      patients_[*which].source.reset();
      ++done_;
      changed_.notify_all();
    }
  }

  std::optional<std::size_t> next() EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    if (next_ == count_) return std::nullopt;
    return next_++;
  }

  void work_on(std::size_t which) EXCLUDES(mutex_) {
    auto own = world_;
    {
      const base::MutexLock lock(mutex_);
      auto& patient = patients_[which];
      patient.source.emplace(world_.cancel);
      patient.progress_ms = world_.clock.steady_ms();
      own.cancel = patient.source->token();
    }
    own.progress = [this, which](std::string_view stage, std::uint64_t done, std::uint64_t total) {
      const base::MutexLock lock(mutex_);
      patients_[which].progress_ms = world_.clock.steady_ms();
      base::report(world_.progress, stage, done, total);
    };
    work_(which, own);
  }

  void watch() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    while (done_ < count_) {
      changed_.wait_for(lock, kLookEvery);
      give_up_silent(world_.clock.steady_ms());
    }
  }

  void give_up_silent(std::int64_t now_ms) REQUIRES(mutex_) {
    const auto is_silent = [&](const Patient& patient, std::int64_t for_ms) {
      return patient.source && now_ms - patient.progress_ms >= for_ms;
    };
    const bool all_begun = next_ == count_;
    const bool only_silent = all_begun && std::all_of(patients_.begin(), patients_.end(), [&](const Patient& patient) {
                               return !patient.source || is_silent(patient, patience_.silent_last_ms);
                             });
    const bool is_last = count_ > 1 && only_silent;
    for (auto& patient : patients_) {
      if (!is_silent(patient, is_last ? patience_.silent_last_ms : patience_.silent_ms)) continue;
      patient.given_up = true;
      patient.source->trip();
    }
  }

  const ports::World& world_;
  const Patience& patience_;
  const PatientWork& work_;
  const std::size_t count_;
  base::Mutex mutex_;
  base::Condition changed_;
  std::vector<Patient> patients_ GUARDED_BY(mutex_);
  std::size_t next_ GUARDED_BY(mutex_) = 0;
  std::size_t done_ GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::vector<bool> side_by_side(const ports::World& world, std::size_t count, const Patience& patience,
                               const PatientWork& work) {
  return SideBySide(world, count, patience, work).run();
}

}  // namespace glucoledger::usecases
