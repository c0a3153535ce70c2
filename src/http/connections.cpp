#include "http/connections.h"

namespace glucoledger::http {

void Connections::come() {
  const base::MutexLock lock(mutex_);
  ++count_;
}

void Connections::go() {
  const base::MutexLock lock(mutex_);
  if (--count_ == 0) none_left_.notify_all();
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
  while (count_ != 0) none_left_.wait(lock);
}

Connections::Place Connections::enter_idle(std::weak_ptr<Connection> connection) {
  const base::MutexLock lock(mutex_);
  return idle_.insert(idle_.end(), std::move(connection));
}

void Connections::leave_idle(Place place) {
  const base::MutexLock lock(mutex_);
  idle_.erase(place);
}

std::shared_ptr<Connection> Connections::longest_idle() {
  const base::MutexLock lock(mutex_);
  return idle_.empty() ? nullptr : idle_.front().lock();
}

}  // namespace glucoledger::http
