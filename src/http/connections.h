// The connections of a server, as those see them who do not move bytes: all that are there, which wait for a request,
// and what is under way in all. Thread-safe.
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
  virtual void close() = 0;
};

class Connections {
 public:
  using Place = std::list<std::weak_ptr<Connection>>::iterator;

  // One that is counted until nothing of it is left: a connection has it as its first member, which goes last.
  class Presence {
   public:
    explicit Presence(Connections& connections) : connections_(connections) { connections_.come(); }
    ~Presence() { connections_.go(); }
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

   private:
    Connections& connections_;
  };

  // Into the list of those that are told things, until it leaves its place. Closed at once where all are to close.
  Place enter(const std::shared_ptr<Connection>& connection);
  void leave(Place place);
  std::vector<std::shared_ptr<Connection>> all();
  // Those that are there, and those that still come.
  void close_all();
  // Until the last one is gone, which whoever holds one as a Responder puts off.
  void wait_until_none();

  // It waits for a request, until it leaves the place.
  Place enter_idle(std::weak_ptr<Connection> connection);
  void leave_idle(Place place);
  // Nothing when none is idle.
  std::shared_ptr<Connection> longest_idle();

 private:
  void come();
  void go();

  base::Mutex mutex_;
  base::Condition none_left_;
  std::size_t count_ GUARDED_BY(mutex_) = 0;
  bool are_closing_ GUARDED_BY(mutex_) = false;
  std::list<std::weak_ptr<Connection>> all_ GUARDED_BY(mutex_);
  std::list<std::weak_ptr<Connection>> idle_ GUARDED_BY(mutex_);  // the longest first
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
