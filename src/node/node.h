// A node: the embedded ledger of a folder, served over HTTP, with a milestone each second for what waits.
//
// While it runs it holds the folder's lock and leaves its address in it, so that homes of this machine reach the ledger
// through it. Beyond loopback it listens only with a token, and with TLS unless plain HTTP was asked for by name.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "http/server.h"
#include "ledger_store/tangle.h"
#include "node/iri_api.h"
#include "node/service.h"

namespace glucoledger::node {

struct NodeOptions {
  std::filesystem::path folder;
  http::ServerOptions server;
  std::optional<std::filesystem::path> token_file;
  bool insecure_plain_http = false;  // beyond loopback, without TLS
  http::LogLevel log_level = http::LogLevel::kOff;
  std::optional<int> min_weight_magnitude;          // of a new ledger; kUsage when an old one has another
  std::optional<std::int64_t> retention_ms;         // of a new ledger, as above
  std::optional<std::int64_t> duplicate_window_ms;  // likewise
  std::int64_t milestone_interval_ms = 1'000;
};

class Node {
 public:
  // Serves when it returns. `clock` outlives the node.
  static Result<std::unique_ptr<Node>> start(const NodeOptions& options, const base::Clock& clock);
  ~Node();  // stops
  std::string url() const { return server_->url(); }
  const ports::LedgerInfo& info() const { return info_; }
  const http::Log& log() const { return service_.log(); }
  // Why milestones cannot be issued (a full disk); nothing while all is well.
  std::optional<Error> trouble();
  // Milestones are looked at in time: what a watchdog asks.
  bool is_alive() const;
  // Reads token and TLS files again; on an error what was read before stays.
  Result<void> reload();
  // Ends what is under way (Server::stop), then issues a last milestone.
  void stop();

 private:
  Node(const NodeOptions& options, std::unique_ptr<ledger_store::Tangle> tangle, const base::Clock& clock);
  void issue_milestones(std::int64_t interval_ms);
  void issue_milestone();
  void note_no_milestone() noexcept;
  void tell_address();

  NodeOptions options_;
  std::unique_ptr<ledger_store::Tangle> tangle_;
  ports::LedgerInfo info_;
  IriApi api_;
  Service service_;
  std::unique_ptr<http::Server> server_;
  base::Mutex mutex_;
  base::Condition wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::optional<Error> trouble_ GUARDED_BY(mutex_);
  std::atomic<std::chrono::steady_clock::time_point> milestone_looked_at_;
  bool is_address_told_ = false;  // of who starts the node, then of its thread
  std::thread milestones_;
};

}  // namespace glucoledger::node
