#include "http/connections.h"

namespace glucoledger::http {
namespace {

constexpr int kPeersAskedToGiveWay = 16;

}  // namespace

void Connections::count(Peer& peer, int change) {
  by_count_.erase({peer.count, &peer});
  peer.count += static_cast<std::size_t>(change);
  if (peer.count > 0) by_count_.insert({peer.count, &peer});
}

Connections::Peer& Connections::come(const std::string& address) {
  const base::MutexLock lock(mutex_);
  auto& peer = peers_[address];
  if (!peer) peer = std::make_unique<Peer>(address);
  count(*peer, 1);
  return *peer;
}

void Connections::go(Peer& peer) {
  const base::MutexLock lock(mutex_);
  count(peer, -1);
  if (peer.count > 0) return;
  peers_.erase(peers_.find(peer.address));
  if (peers_.empty()) none_left_.notify_all();
}

Connections::Place Connections::enter(const std::shared_ptr<Connection>& connection) {
  const base::MutexLock lock(mutex_);
  if (are_closing_) connection->close();
  return all_.insert(all_.end(), connection);
}

void Connections::leave(Place place) {
  const base::MutexLock lock(mutex_);
  all_.erase(place);
}

std::vector<std::shared_ptr<Connection>> Connections::all() {
  std::vector<std::shared_ptr<Connection>> living;
  const base::MutexLock lock(mutex_);
  living.reserve(all_.size());
  for (const auto& one : all_) {
    if (auto connection = one.lock()) living.push_back(std::move(connection));
  }
  return living;
}

void Connections::close_all() {
  {
    const base::MutexLock lock(mutex_);
    are_closing_ = true;
  }
  for (const auto& connection : all()) connection->close();
}

void Connections::wait_until_none() {
  base::MutexLock lock(mutex_);
  while (!peers_.empty()) none_left_.wait(lock);
}

Connections::Place Connections::begin_to_wait(Peer& peer, std::weak_ptr<Connection> connection) {
  const base::MutexLock lock(mutex_);
  return peer.waiting.insert(peer.waiting.end(), std::move(connection));
}

void Connections::stop_waiting(Peer& peer, Place place) {
  const base::MutexLock lock(mutex_);
  peer.waiting.erase(place);
}

std::shared_ptr<Connection> Connections::one_to_give_way() {
  const base::MutexLock lock(mutex_);
  int asked = 0;
  for (auto most = by_count_.rbegin(); most != by_count_.rend() && asked < kPeersAskedToGiveWay; ++most, ++asked) {
    auto& waiting = most->second->waiting;
    for (auto one = waiting.begin(); one != waiting.end(); ++one) {
      auto connection = one->lock();
      if (!connection) continue;
      waiting.splice(waiting.end(), waiting, one);  // it closes soon: the next one asked for is another
      return connection;
    }
  }
  return nullptr;
}

}  // namespace glucoledger::http
