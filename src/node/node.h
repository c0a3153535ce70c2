// A node: the embedded ledger of a folder, served by the IRI HTTP API, with a milestone each second for what waits.
//
// While it runs it holds the folder's lock and leaves its address in it, so that homes of this machine reach the ledger
// through it.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "node/iri_api.h"
#include "node/server.h"
#include "storage/tangle.h"

namespace glucoledger::node {

struct NodeOptions {
  std::filesystem::path folder;
  ServerOptions server;
  std::optional<int> min_weight_magnitude;  // of a new ledger; kUsage when an old one has another
  std::int64_t milestone_interval_ms = 1'000;
};

class Node {
 public:
  // Serves when it returns. `clock` outlives the node.
  static Result<std::unique_ptr<Node>> start(const NodeOptions& options, const base::Clock& clock);
  ~Node();  // stops
  std::string url() const { return server_->url(); }
  const ports::LedgerInfo& info() const { return info_; }
  // Why milestones cannot be issued (a full disk); nothing while all is well.
  std::optional<Error> trouble();
  void stop();

 private:
  Node(std::filesystem::path folder, std::unique_ptr<storage::Tangle> tangle, const base::Clock& clock);
  void issue_milestones(std::int64_t interval_ms);

  std::filesystem::path folder_;
  std::unique_ptr<storage::Tangle> tangle_;
  ports::LedgerInfo info_;
  IriApi api_;
  std::unique_ptr<Server> server_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::optional<Error> trouble_;
  std::thread milestones_;
};

}  // namespace glucoledger::node
