#include "http/connections.h"

namespace glucoledger::http {

Connections::IdlePlace Connections::enter_idle(std::weak_ptr<Connection> connection) {
  const base::MutexLock lock(mutex_);
  return idle_.insert(idle_.end(), std::move(connection));
}

void Connections::leave_idle(IdlePlace place) {
  const base::MutexLock lock(mutex_);
  idle_.erase(place);
}

std::shared_ptr<Connection> Connections::longest_idle() {
  const base::MutexLock lock(mutex_);
  return idle_.empty() ? nullptr : idle_.front().lock();
}

void Connections::add_stream(std::weak_ptr<Connection> connection) {
  const base::MutexLock lock(mutex_);
  streams_.push_back(std::move(connection));
}

std::vector<std::shared_ptr<Connection>> Connections::streams() {
  std::vector<std::shared_ptr<Connection>> open;
  const base::MutexLock lock(mutex_);
  std::erase_if(streams_, [](const auto& stream) { return stream.expired(); });
  for (const auto& stream : streams_) {
    if (auto connection = stream.lock()) open.push_back(std::move(connection));
  }
  return open;
}

}  // namespace glucoledger::http
