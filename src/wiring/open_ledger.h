// From a locator to a Ledger: a folder, or nodes.
//
// A folder may be in the hands of a running `node --data`: that node leaves its address there
// (ledger_store/node_address.h) and is then used instead; an address at which no node of this ledger answers is
// ignored. Without a node the folder is opened by this process, which waits for its turn.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "locator/locator.h"
#include "ports/ledger.h"

namespace glucoledger::wiring {

struct OpenLedgerOptions {
  bool read_only = false;                   // else a folder is made where it is missing
  std::optional<int> min_weight_magnitude;  // a new folder's; kUsage where it contradicts, or for nodes
  std::int64_t lock_wait_ms = 10'000;
  http::ClientOptions http;  // for nodes
};

// kUsage where the locator's kind is no ledger's; kBusy where another process holds the folder. Of nodes nothing is
// asked yet.
Result<std::unique_ptr<ports::Ledger>> open_ledger(const locator::Locator& place, const OpenLedgerOptions& options,
                                                   const base::Clock& clock, const base::CancelToken& cancel = {});

// What is wrong with nodes that are to be one ledger, each asked for a few seconds: kUnreachable, kCorrupt where one
// belongs to another ledger than those before it, or what else it answers.
std::vector<Error> faults_of_nodes(const locator::Locator& nodes, http::ClientOptions http, const base::Clock& clock,
                                   const base::CancelToken& cancel);

}  // namespace glucoledger::wiring
