#include "node/node.h"

#include <chrono>

#include "ledger_store/node_address.h"
#include "node/listen_address.h"

namespace glucoledger::node {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kSilenceMax = std::chrono::seconds(60);

// What a node must have before others than this machine can reach it.
Result<void> check_exposure(const NodeOptions& options) {
  GL_TRY(address, ListenAddress::parse(options.server.listen));
  if (address.is_loopback) return {};
  if (!options.token_file) {
    return fail(ErrorCode::kUsage, "beyond loopback a node needs a token, without which others may only read",
                "make one: openssl rand -hex 32 > FILE; chmod 600 FILE; then --token-file FILE");
  }
  if (!options.server.tls && !options.insecure_plain_http) {
    return fail(ErrorCode::kUsage,
                "beyond loopback a node needs TLS: over plain HTTP anyone on the way reads the token",
                "--tls-certificate FILE --tls-key FILE; or, behind a proxy that has them, --insecure-plain-http");
  }
  return {};
}

}  // namespace

Node::Node(const NodeOptions& options, std::unique_ptr<ledger_store::Tangle> tangle, const base::Clock& clock)
    : options_(options),
      tangle_(std::move(tangle)),
      api_(*tangle_, clock),
      service_(api_, *tangle_, Log(options.log_level)),
      milestone_looked_at_(SteadyClock::now()) {}

Node::~Node() {
  stop();
}

Result<std::unique_ptr<Node>> Node::start(const NodeOptions& options, const base::Clock& clock) {
  GL_CHECK(check_exposure(options));
  // Before a ledger is made, as it keeps what was decided for it.
  if (options.token_file) GL_CHECK(Access::from_token_file(*options.token_file));
  GL_TRY(prepared, Server::prepare(options.server));
  ledger_store::TangleOptions tangle_options;
  tangle_options.min_weight_magnitude = options.min_weight_magnitude;
  tangle_options.retention_ms = options.retention_ms;
  tangle_options.duplicate_window_ms = options.duplicate_window_ms;
  GL_TRY(tangle, ledger_store::Tangle::open(options.folder, tangle_options, clock));
  std::unique_ptr<Node> node(new Node(options, std::move(tangle), clock));
  GL_ASSIGN(node->info_, node->tangle_->info());
  GL_CHECK(node->read_access());
  GL_ASSIGN(node->server_, Server::start(node->service_, *node->tangle_, options.server, std::move(prepared)));
  GL_CHECK(ledger_store::write_node_address(options.folder, {node->url(), node->info_.network_id}));
  node->milestones_ = std::thread(&Node::issue_milestones, node.get(), options.milestone_interval_ms);
  return node;
}

Result<void> Node::read_access() {
  if (!options_.token_file) return {};
  GL_TRY(access, Access::from_token_file(*options_.token_file));
  service_.set_access(access);
  return {};
}

Result<void> Node::reload() {
  GL_CHECK(read_access());
  return server_->reload_tls();
}

void Node::issue_milestone() {
  const auto issued = tangle_->issue_milestone();
  milestone_looked_at_ = SteadyClock::now();
  service_.set_trouble(issued ? std::nullopt : std::optional("no milestones: " + issued.error().message));
  const std::lock_guard lock(mutex_);
  trouble_ = issued ? std::nullopt : std::optional<Error>(issued.error());
}

void Node::issue_milestones(std::int64_t interval_ms) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::milliseconds(interval_ms), [this] { return stopping_; })) {
    lock.unlock();
    issue_milestone();
    lock.lock();
  }
}

std::optional<Error> Node::trouble() {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

bool Node::is_alive() const {
  const auto patience = kSilenceMax + std::chrono::milliseconds(options_.milestone_interval_ms);
  return SteadyClock::now() - milestone_looked_at_.load() < patience;
}

void Node::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_all();
  const bool was_serving = milestones_.joinable();
  if (was_serving) {
    ledger_store::remove_node_address(options_.folder);
    milestones_.join();
  }
  if (server_) server_->stop();
  if (was_serving) issue_milestone();
}

}  // namespace glucoledger::node
