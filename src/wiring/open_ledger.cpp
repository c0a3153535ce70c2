#include "wiring/open_ledger.h"

#include <algorithm>

#include "ledger/min_weight_magnitude.h"
#include "ledger_client/iri_client.h"
#include "ledger_store/node_address.h"
#include "ledger_store/tangle.h"

namespace glucoledger::wiring {
namespace {

constexpr std::int64_t kProbeConnectMs = 500;
constexpr std::int64_t kProbeRequestMs = 2'000;
constexpr std::int64_t kLockStepMs = 200;
constexpr std::int64_t kLookRequestMs = 3'000;

// The node that left its address in the folder, if it answers and keeps the ledger of which the file speaks.
std::unique_ptr<ports::Ledger> running_node(const std::filesystem::path& folder, const OpenLedgerOptions& options,
                                            const base::Clock& clock, const base::CancelToken& cancel) {
  const auto address = ledger_store::read_node_address(folder);
  if (!address) return nullptr;
  const auto endpoint = locator::parse_endpoint(address->url);
  if (!endpoint) return nullptr;
  http::ClientOptions brief = options.http;
  brief.connect_ms = kProbeConnectMs;
  brief.request_ms = kProbeRequestMs;
  ledger_client::IriClient probe({*endpoint}, clock, brief);
  const auto info = probe.info(cancel);
  if (!info || info->network_id != address->network_id) return nullptr;
  return std::make_unique<ledger_client::IriClient>(std::vector{*endpoint}, clock, options.http, folder.string());
}

Result<void> check_weight_of(ports::Ledger& node, const std::optional<int>& asked) {
  if (!asked) return {};
  GL_TRY(info, node.info());
  return ledger::check_same_weight(info.min_weight_magnitude, asked);
}

Result<std::unique_ptr<ports::Ledger>> open_folder(const std::filesystem::path& folder,
                                                   const OpenLedgerOptions& options, const base::Clock& clock,
                                                   const base::CancelToken& cancel) {
  const std::int64_t until_ms = clock.steady_ms() + options.lock_wait_ms;
  while (true) {
    if (auto node = running_node(folder, options, clock, cancel)) {
      GL_CHECK(check_weight_of(*node, options.min_weight_magnitude));
      return node;
    }
    ledger_store::TangleOptions tangle_options;
    tangle_options.min_weight_magnitude = options.min_weight_magnitude;
    tangle_options.read_only = options.read_only;
    tangle_options.lock_wait_ms = std::clamp<std::int64_t>(until_ms - clock.steady_ms(), 0, kLockStepMs);
    auto tangle = ledger_store::Tangle::open(folder, tangle_options, clock);
    if (tangle) return std::unique_ptr<ports::Ledger>(std::move(*tangle));
    // Whoever holds the lock may be a node that is just starting: then its address appears in a moment.
    const bool is_held = tangle.error().code == ErrorCode::kBusy;
    if (!is_held || clock.steady_ms() >= until_ms || cancel.cancelled()) return tl::unexpected(tangle.error());
  }
}

}  // namespace

Result<std::unique_ptr<ports::Ledger>> open_ledger(const locator::Locator& place, const OpenLedgerOptions& options,
                                                   const base::Clock& clock, const base::CancelToken& cancel) {
  if (!place.may_be_ledger()) {
    return fail(ErrorCode::kUsage, "a ledger is a folder or nodes, not " + std::string(locator::name_of(place.kind())),
                "name a folder, or http://host:port");
  }
  if (place.is_folder()) return open_folder(place.folder(), options, clock, cancel);
  if (options.min_weight_magnitude) {
    return fail(ErrorCode::kUsage, "the minimum weight magnitude of a node's ledger cannot be chosen",
                "choose none: the node tells it");
  }
  return std::unique_ptr<ports::Ledger>(
      std::make_unique<ledger_client::IriClient>(place.endpoints(), clock, options.http));
}

std::vector<Error> faults_of_nodes(const locator::Locator& nodes, http::ClientOptions http, const base::Clock& clock,
                                   const base::CancelToken& cancel) {
  http.request_ms = kLookRequestMs;
  std::vector<Error> faults;
  std::string network_id;
  for (const auto& endpoint : nodes.endpoints()) {
    if (cancel.cancelled()) break;
    auto info = ledger_client::IriClient({endpoint}, clock, http).info(cancel);
    if (!info) {
      faults.push_back(std::move(info.error()));
    } else if (!network_id.empty() && network_id != info->network_id) {
      faults.push_back({ErrorCode::kCorrupt,
                        "the node at " + endpoint.authority() + " belongs to another ledger than those before it",
                        "name only nodes of one ledger"});
    } else {
      network_id = info->network_id;
    }
  }
  return faults;
}

}  // namespace glucoledger::wiring
