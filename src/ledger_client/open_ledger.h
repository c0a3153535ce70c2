// From what a person names to a Ledger: a folder, or the URLs of nodes.
//
// A folder may be in the hands of a running `node --data`: that node leaves its address there (storage/node_address.h)
// and is then used instead; an address at which no node of this ledger answers is ignored. Without a node the folder is
// opened by this process, which waits for its turn.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/client.h"
#include "ports/ledger.h"

namespace glucoledger::ledger_client {

struct OpenLedgerOptions {
  bool read_only = false;
  std::optional<int> min_weight_magnitude;  // a new folder's; kUsage where it contradicts, or for a URL
  std::int64_t lock_wait_ms = 10'000;       // for a folder that others hold
  base::CancelToken cancel;                 // of waiting for the folder, and of asking the node that has it
  http::ClientOptions http;                 // for nodes
};

// `spec`: a folder (made unless read-only), or URL[,URL...]. For URLs nothing is asked of the network yet.
Result<std::unique_ptr<ports::Ledger>> open_ledger(const std::string& spec, const OpenLedgerOptions& options,
                                                   const base::Clock& clock);

// An absolute folder without links, or normalised URLs. kUsage for other schemes, and for a URL with a user or
// password.
Result<std::string> canonical_locator(const std::string& spec);

}  // namespace glucoledger::ledger_client
