// A mutex that clang checks: what GUARDED_BY names is touched only by who holds it (-Wthread-safety: scripts/lint, and
// every build by clang).
//
//   base::Mutex mutex_;
//   std::vector<Job> waiting_ GUARDED_BY(mutex_);
//   ...
//   const base::MutexLock lock(mutex_);
//
// SharedMutex: many hold it who only look, or one alone.
//
// Source: https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#include "base/result.h"

#if defined(__clang__)
#define GL_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define GL_THREAD_ANNOTATION(x)
#endif

#define GUARDED_BY(x) GL_THREAD_ANNOTATION(guarded_by(x))
#define PT_GUARDED_BY(x) GL_THREAD_ANNOTATION(pt_guarded_by(x))
#define REQUIRES(...) GL_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) GL_THREAD_ANNOTATION(requires_shared_capability(__VA_ARGS__))
#define EXCLUDES(...) GL_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace glucoledger::base {

class GL_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() GL_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() GL_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds the mutex for its lifetime, but for where it is given up by unlock() and while it waits.
class GL_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) GL_THREAD_ANNOTATION(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~MutexLock() GL_THREAD_ANNOTATION(release_capability()) = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  void lock() GL_THREAD_ANNOTATION(acquire_capability()) { lock_.lock(); }
  void unlock() GL_THREAD_ANNOTATION(release_capability()) { lock_.unlock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// The caller asks in a loop whether what it waits for is so: clang does not see into predicates.
class Condition {
 public:
  void wait(MutexLock& lock) { condition_.wait(lock.lock_); }
  template <typename Duration>
  void wait_for(MutexLock& lock, Duration duration) {
    condition_.wait_for(lock.lock_, duration);
  }
  template <typename TimePoint>
  void wait_until(MutexLock& lock, TimePoint time) {
    condition_.wait_until(lock.lock_, time);
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

class GL_THREAD_ANNOTATION(capability("shared mutex")) SharedMutex {
 private:
  friend class ExclusiveLock;
  friend class SharedHold;
  std::shared_mutex mutex_;
};

// Holds the mutex alone for its lifetime.
class GL_THREAD_ANNOTATION(scoped_lockable) ExclusiveLock {
 public:
  explicit ExclusiveLock(SharedMutex& mutex) GL_THREAD_ANNOTATION(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  ~ExclusiveLock() GL_THREAD_ANNOTATION(release_capability()) = default;
  ExclusiveLock(const ExclusiveLock&) = delete;
  ExclusiveLock& operator=(const ExclusiveLock&) = delete;

 private:
  std::unique_lock<std::shared_mutex> lock_;
};

// Holds the mutex beside others, and can be handed on to who goes on looking. Clang does not follow it there: who has
// one tells by check() that it is one of this mutex.
class SharedHold {
 public:
  explicit SharedHold(SharedMutex& mutex) : lock_(mutex.mutex_) {}
  void check(const SharedMutex& mutex) const GL_THREAD_ANNOTATION(assert_shared_capability(mutex)) {
    GL_ASSERT(lock_.owns_lock() && lock_.mutex() == &mutex.mutex_);
  }

 private:
  std::shared_lock<std::shared_mutex> lock_;
};

}  // namespace glucoledger::base
