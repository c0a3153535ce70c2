#include "node/connections.h"

namespace glucoledger::node {

Connections::IdlePlace Connections::enter_idle(std::weak_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  return idle_.insert(idle_.end(), std::move(connection));
}

void Connections::leave_idle(IdlePlace place) {
  const std::lock_guard lock(mutex_);
  idle_.erase(place);
}

std::shared_ptr<Connection> Connections::longest_idle() {
  const std::lock_guard lock(mutex_);
  return idle_.empty() ? nullptr : idle_.front().lock();
}

void Connections::add_event_stream(std::weak_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  event_streams_.push_back(std::move(connection));
}

std::vector<std::shared_ptr<Connection>> Connections::event_streams() {
  std::vector<std::shared_ptr<Connection>> open;
  const std::lock_guard lock(mutex_);
  std::erase_if(event_streams_, [](const auto& stream) { return stream.expired(); });
  for (const auto& stream : event_streams_) {
    if (auto connection = stream.lock()) open.push_back(std::move(connection));
  }
  return open;
}

}  // namespace glucoledger::node
