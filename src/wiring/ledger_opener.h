// Opens what locators name, and makes the world that use cases act in.
//
// Clients of nodes are kept: connections, and what is known of nodes that fail, outlast the call that follows. (A
// folder is opened anew each time: others have their turn.) Thread-safe; calls that opened something hold it beyond.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/progress.h"
#include "ledger_client/iri_client.h"
#include "ports/world.h"
#include "wiring/node_access.h"

namespace glucoledger::wiring {

class LedgerOpener {
 public:
  // The clock must outlive it.
  explicit LedgerOpener(const base::Clock& clock) : clock_(clock) {}

  // How the ledger of the home that is worked for is reached from now on.
  void set_access(NodeAccess access) EXCLUDES(mutex_);

  Result<std::shared_ptr<ports::Ledger>> open_ledger(const locator::Locator& place, ports::Use use,
                                                     const base::CancelToken& cancel = {}) EXCLUDES(mutex_);
  // Who does the proofs of work: "local", "node" (the ledger's own node), or the URL of any node as a service. What
  // comes back from a node is checked. kUsage: no such place, or `ledger` is no node.
  Result<ports::Attach> attach_at(const std::string& where, const locator::Locator& ledger) EXCLUDES(mutex_);

 private:
  struct Kept {
    http::ClientOptions http;
    std::shared_ptr<ledger_client::IriClient> client;
  };
  // Of another ledger than the home's: nothing but what `otherwise` says.
  http::ClientOptions options_for(const locator::Locator& nodes, http::ClientOptions otherwise) EXCLUDES(mutex_);
  std::shared_ptr<ports::Ledger> client_at(const locator::Locator& nodes, const http::ClientOptions& http)
      EXCLUDES(mutex_);

  const base::Clock& clock_;
  base::Mutex mutex_;
  std::optional<NodeAccess> access_ GUARDED_BY(mutex_);
  std::map<std::string, Kept> kept_ GUARDED_BY(mutex_);  // by the nodes' canonical text
};

// The world of a call, for which `opener`, which it keeps, opens ledgers.
ports::World make_world(std::shared_ptr<LedgerOpener> opener, const base::Clock& clock, base::Progress progress,
                        base::CancelToken cancel = {});

}  // namespace glucoledger::wiring
