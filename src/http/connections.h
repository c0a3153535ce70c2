// The connections of a server, as those see them who do not move bytes: which wait for a request, which stream an
// answer, and what is under way in all. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "base/mutex.h"

namespace glucoledger::http {

// One of them; from any thread.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void close_when_idle() = 0;
  virtual void look_at_stream() = 0;
};

class Connections {
 public:
  using IdlePlace = std::list<std::weak_ptr<Connection>>::iterator;

  // It waits for a request, until it leaves the place.
  IdlePlace enter_idle(std::weak_ptr<Connection> connection);
  void leave_idle(IdlePlace place);
  // Nothing when none is idle.
  std::shared_ptr<Connection> longest_idle();

  void add_stream(std::weak_ptr<Connection> connection);
  std::vector<std::shared_ptr<Connection>> streams();

 private:
  base::Mutex mutex_;
  std::list<std::weak_ptr<Connection>> idle_ GUARDED_BY(mutex_);  // the longest first
  std::list<std::weak_ptr<Connection>> streams_ GUARDED_BY(mutex_);
};

// Counts a request from its first byte until its answer is taken, and the memory that its body or answer needs.
class UnderWay {
 public:
  UnderWay(std::atomic<std::size_t>& requests, std::atomic<std::uint64_t>& memory_size)
      : requests_(requests), memory_size_(memory_size) {
    ++requests_;
  }
  ~UnderWay() {
    hold(0);
    --requests_;
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  // Instead of what it held before.
  void hold(std::size_t size) {
    memory_size_ += size;
    memory_size_ -= size_;
    size_ = size;
  }

 private:
  std::atomic<std::size_t>& requests_;
  std::atomic<std::uint64_t>& memory_size_;
  std::size_t size_ = 0;
};

}  // namespace glucoledger::http
