// The Ledger port over nodes that speak the IRI HTTP API: `glucoledger node`, or a legacy one.
//
// Takes one or more nodes of one ledger; when one cannot be reached or answers wrongly the next is asked. What nodes
// say is checked: transactions hash to what was asked for and stand at the addresses asked for. Junk that no client of
// ours could read is left out. Our own nodes tell more than legacy ones (minWeightMagnitude, networkId, confirmsData,
// pruned; docs/iri-api.md); where a node does not tell: 14, a digest of its coordinator's address, false, none.
// Thread-safe. Nothing is repeated but what is idempotent: once on a stale connection, once a node.
#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ledger_client/http_client.h"
#include "ports/ledger.h"

namespace glucoledger::ledger_client {

using crypto::Hash;

class IriClient final : public ports::Ledger {
 public:
  // At least one endpoint (asserted). `locator`: what info() tells; the endpoints' URLs when empty.
  explicit IriClient(const std::vector<Endpoint>& endpoints, HttpTimeouts timeouts = {}, std::string locator = {});
  ~IriClient() override;

  // kCorrupt when the nodes that answer belong to different ledgers.
  Result<ports::LedgerInfo> info() override;
  Result<ports::Tips> tips() override;
  // kInputRefused with the node's reason when it refuses them.
  Result<void> submit(std::span<const ledger::Transaction> transactions) override;
  Result<ports::AddressContents> read(std::span<const Hash> addresses) override;
  Result<std::vector<bool>> confirmed(std::span<const Hash> transaction_hashes) override;

 private:
  struct Facts;
  struct Node;

  // Runs `work` at one node after another until one can do it; the worst error when none can.
  template <typename Value, typename Work>
  Result<Value> with_node(const Work& work);
  Result<Facts> facts_of(Node& node);
  Result<nlohmann::json> call(Node& node, const nlohmann::json& request);
  Result<void> find(Node& node, const Facts& facts, std::span<const Hash> addresses, std::vector<Hash>& hashes,
                    std::vector<Hash>& pruned);
  Result<void> get_transactions(Node& node, std::span<const Hash> hashes, std::span<const Hash> sorted_addresses,
                                std::vector<ledger::Transaction>& transactions);

  std::string locator_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::mutex mutex_;  // guards what follows and the nodes' facts
  std::size_t preferred_ = 0;
  std::string network_id_;
};

}  // namespace glucoledger::ledger_client
