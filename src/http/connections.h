// The connections of a server, as those see them who do not move bytes: all that are there and from which address,
// which of them wait for their client, and what is under way in all. Thread-safe.
//
// Where there are too many, one gives way: of the address that has the most, the one that has waited longest for its
// client. So one client's connections push out his own, however many they are, and one that is being answered stays.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace glucoledger::http {

// One of them; from any thread.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void close_where_it_waits() = 0;
  virtual void look_at_stream() = 0;
  virtual void close() = 0;
};

class Connections {
 public:
  // The clients of one address.
  struct Peer {
    explicit Peer(std::string its_address) : address(std::move(its_address)) {}
    const std::string address;
    std::atomic<std::uint64_t> memory_size = 0;    // bodies and answers held now
    std::size_t count = 0;                         // this and the next: of `Connections`
    std::list<std::weak_ptr<Connection>> waiting;  // the longest first
  };
  using Place = std::list<std::weak_ptr<Connection>>::iterator;

  // One connection that is counted until nothing of it is left: it has it as its first member, which goes last.
  class Presence {
   public:
    Presence(Connections& connections, const std::string& address)
        : connections_(connections), peer_(connections.come(address)) {}
    ~Presence() { connections_.go(peer_); }
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;
    Peer& peer() const { return peer_; }

   private:
    Connections& connections_;
    Peer& peer_;
  };

  // Into the list of those that are told things, until it leaves its place. Closed at once where all are to close.
  Place enter(const std::shared_ptr<Connection>& connection);
  void leave(Place place);
  std::vector<std::shared_ptr<Connection>> all();
  // Those that are there, and those that still come.
  void close_all();
  // Until the last one is gone, which whoever holds one as a Responder puts off.
  void wait_until_none();

  // It waits for its client, until it stops to.
  Place begin_to_wait(Peer& peer, std::weak_ptr<Connection> connection);
  void stop_waiting(Peer& peer, Place place);
  // The one that gives way; nothing where none of those who have many waits.
  std::shared_ptr<Connection> one_to_give_way();

 private:
  Peer& come(const std::string& address);
  void go(Peer& peer);
  void count(Peer& peer, int change) REQUIRES(mutex_);

  base::Mutex mutex_;
  base::Condition none_left_;
  std::map<std::string, std::unique_ptr<Peer>> peers_ GUARDED_BY(mutex_);  // with a connection
  std::set<std::pair<std::size_t, Peer*>> by_count_ GUARDED_BY(mutex_);
  bool are_closing_ GUARDED_BY(mutex_) = false;
  std::list<std::weak_ptr<Connection>> all_ GUARDED_BY(mutex_);
};

// Counts a request from its first byte until its answer is taken, and the memory that its body or answer needs.
class UnderWay {
 public:
  UnderWay(std::atomic<std::size_t>& requests, std::atomic<std::uint64_t>& memory_size, Connections::Peer& peer)
      : requests_(requests), memory_size_(memory_size), peer_(peer) {
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
    peer_.memory_size += size;
    memory_size_ -= size_;
    peer_.memory_size -= size_;
    size_ = size;
  }
  std::size_t held() const { return size_; }

 private:
  std::atomic<std::size_t>& requests_;
  std::atomic<std::uint64_t>& memory_size_;
  Connections::Peer& peer_;
  std::size_t size_ = 0;
};

}  // namespace glucoledger::http
