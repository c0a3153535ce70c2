// The file by which a running node tells others of this machine how to reach the ledger that it holds open.
//
// Two lines: the node's URL, and the network id of its ledger, so that a stale file whose port serves another node now
// is noticed. It is a hint: whoever reads it asks the node before relying on it (wiring/open_ledger.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace glucoledger::ledger_store {

inline constexpr const char* kNodeAddressFile = "node.address";

struct NodeAddress {
  std::string url;
  std::string network_id;
};

Result<void> write_node_address(const std::filesystem::path& folder, const NodeAddress& address);
std::optional<NodeAddress> read_node_address(const std::filesystem::path& folder);
void remove_node_address(const std::filesystem::path& folder);

}  // namespace glucoledger::ledger_store
