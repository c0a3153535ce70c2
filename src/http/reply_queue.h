// Answers from threads that must not wait, such as one that commits for many: all that is there when their turn comes
// is delivered together by a thread that moves bytes. Thread-safe.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace glucoledger::http {

class ReplyQueue {
 public:
  using Delivery = std::function<void()>;
  // `post` has a task done soon by a thread that moves bytes, and does not wait for it.
  explicit ReplyQueue(std::function<void(std::function<void()> task)> post) : post_(std::move(post)) {}

  void add(Delivery delivery) {
    const base::MutexLock lock(mutex_);
    added_.push_back(std::move(delivery));
    if (added_.size() == 1) post_([this] { deliver(); });
  }

 private:
  void deliver() {
    std::vector<Delivery> taken;
    {
      const base::MutexLock lock(mutex_);
      taken.swap(added_);
    }
    for (const Delivery& delivery : taken) delivery();
  }

  const std::function<void(std::function<void()>)> post_;
  base::Mutex mutex_;
  std::vector<Delivery> added_ GUARDED_BY(mutex_);
};

}  // namespace glucoledger::http
