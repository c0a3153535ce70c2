#include "node/node.h"

#include <chrono>

#include "base/advice.h"
#include "http/listen_address.h"
#include "http/token.h"
#include "ledger_store/node_address.h"

namespace glucoledger::node {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kSilenceMax = std::chrono::seconds(60);
constexpr std::size_t kLedgerFiles = 4096;  // that the ledger may keep open

// Beyond this machine one peer may take half of the room.
ServiceOptions service_options_for(const NodeOptions& options) {
  ServiceOptions service;
  const auto address = http::ListenAddress::parse(options.server.listen);
  if (address && !address->is_loopback) service.proofs_of_work_of_peer_max = service.proofs_of_work_waiting_max / 2 + 1;
  return service;
}

// What a node must have before others than this machine can reach it.
Result<void> check_exposure(const NodeOptions& options) {
  GL_TRY(address, http::ListenAddress::parse(options.server.listen));
  if (address.is_loopback) return {};
  if (!options.token_file) {
    return fail(ErrorCode::kUsage, "beyond loopback a node needs a token, without which others may only read",
                Advice::kMakeToken);
  }
  if (!options.server.tls && !options.insecure_plain_http) {
    return fail(ErrorCode::kUsage,
                "beyond loopback a node needs TLS: over plain HTTP anyone on the way reads the token",
                Advice::kNameTlsFiles);
  }
  return {};
}

}  // namespace

Node::Node(const NodeOptions& options, std::unique_ptr<ledger_store::Tangle> tangle, const base::Clock& clock)
    : options_(options),
      tangle_(std::move(tangle)),
      api_(*tangle_, clock),
      service_(api_, *tangle_, http::Log(options.log_level), service_options_for(options)),
      milestone_looked_at_(SteadyClock::now()) {}

Node::~Node() {
  stop();
}

Result<std::unique_ptr<Node>> Node::start(const NodeOptions& options, const base::Clock& clock) {
  GL_CHECK(check_exposure(options));
  http::ServerOptions server_options = options.server;
  // Before a ledger is made, as it keeps what was decided for it.
  if (options.token_file) {
    GL_ASSIGN(server_options.token, http::TokenCheck::from_file(*options.token_file));
  }
  server_options.realm = "glucoledger node";
  server_options.other_files += kLedgerFiles;
  GL_TRY(prepared, http::Server::prepare(server_options));
  ledger_store::TangleOptions tangle_options;
  tangle_options.min_weight_magnitude = options.min_weight_magnitude;
  tangle_options.retention_ms = options.retention_ms;
  tangle_options.duplicate_window_ms = options.duplicate_window_ms;
  GL_TRY(tangle, ledger_store::Tangle::open(options.folder, tangle_options, clock));
  std::unique_ptr<Node> node(new Node(options, std::move(tangle), clock));
  GL_ASSIGN(node->info_, node->tangle_->info());
  GL_ASSIGN(node->server_, http::Server::start(node->service_.router(), node->service_.metrics(), node->log(),
                                               server_options, std::move(prepared)));
  node->tell_address();
  node->milestones_ = std::thread(&Node::issue_milestones, node.get(), options.milestone_interval_ms);
  return node;
}

Result<void> Node::reload() {
  if (options_.token_file) {
    GL_TRY(token, http::TokenCheck::from_file(*options_.token_file));
    server_->set_token(token);
  }
  return server_->reload_tls();
}

// On a full disk later: those who name the folder reach the node from then on, those who name its URL at once.
void Node::tell_address() {
  if (is_address_told_) return;
  const auto written = ledger_store::write_node_address(options_.folder, {url(), info_.network_id});
  if (!written) log().error("address not told in the ledger's folder", {{"reason", written.error().message}});
  is_address_told_ = written.has_value();
}

void Node::issue_milestone() {
  const auto issued = tangle_->issue_milestone();
  milestone_looked_at_ = SteadyClock::now();
  service_.set_trouble(issued ? std::nullopt : std::optional("no milestones: " + issued.error().message));
  const base::MutexLock lock(mutex_);
  trouble_ = issued ? std::nullopt : std::optional<Error>(issued.error());
}

// Where memory ends, there may be none for the words.
void Node::note_no_milestone() noexcept {
  try {
    log().error("no milestone: out of memory, or an internal error");
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): nobody can be told
  }
}

void Node::issue_milestones(std::int64_t interval_ms) {
  base::MutexLock lock(mutex_);
  while (!stopping_) {
    const auto next = SteadyClock::now() + std::chrono::milliseconds(interval_ms);
    while (!stopping_ && SteadyClock::now() < next) wake_.wait_until(lock, next);
    if (stopping_) return;
    lock.unlock();
    try {
      issue_milestone();
      if (!trouble()) tell_address();
    } catch (const std::exception&) {  // the next one may find memory again
      note_no_milestone();
    }
    lock.lock();
  }
}

std::optional<Error> Node::trouble() {
  const base::MutexLock lock(mutex_);
  return trouble_;
}

bool Node::is_alive() const {
  const auto patience = kSilenceMax + std::chrono::milliseconds(options_.milestone_interval_ms);
  return SteadyClock::now() - milestone_looked_at_.load() < patience;
}

void Node::stop() {
  {
    const base::MutexLock lock(mutex_);
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
