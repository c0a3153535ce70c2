#include "node/node.h"

#include <chrono>

#include "storage/node_address.h"

namespace glucoledger::node {

Node::Node(std::filesystem::path folder, std::unique_ptr<storage::Tangle> tangle, const base::Clock& clock)
    : folder_(std::move(folder)), tangle_(std::move(tangle)), api_(*tangle_, clock) {}

Node::~Node() {
  stop();
}

Result<std::unique_ptr<Node>> Node::start(const NodeOptions& options, const base::Clock& clock) {
  GL_CHECK(Server::check_listen(options.server.listen));
  storage::TangleOptions tangle_options;
  tangle_options.min_weight_magnitude = options.min_weight_magnitude;
  GL_TRY(tangle, storage::Tangle::open(options.folder, tangle_options, clock));
  std::unique_ptr<Node> node(new Node(options.folder, std::move(tangle), clock));
  GL_ASSIGN(node->info_, node->tangle_->info());
  GL_ASSIGN(node->server_, Server::start(node->api_, options.server));
  GL_CHECK(storage::write_node_address(node->folder_, {node->url(), node->info_.network_id}));
  node->milestones_ = std::thread(&Node::issue_milestones, node.get(), options.milestone_interval_ms);
  return node;
}

void Node::issue_milestones(std::int64_t interval_ms) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::milliseconds(interval_ms), [this] { return stopping_; })) {
    lock.unlock();
    const auto issued = tangle_->issue_milestone();
    lock.lock();
    trouble_ = issued ? std::nullopt : std::optional<Error>(issued.error());
  }
}

std::optional<Error> Node::trouble() {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Node::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_all();
  if (milestones_.joinable()) {
    storage::remove_node_address(folder_);
    milestones_.join();
  }
  if (server_) server_->stop();
}

}  // namespace glucoledger::node
