#include "ledger_client/open_ledger.h"

#include <algorithm>

#include "ledger_client/iri_client.h"
#include "storage/node_address.h"
#include "storage/tangle.h"

namespace glucoledger::ledger_client {
namespace {

constexpr std::int64_t kProbeConnectMs = 500;
constexpr std::int64_t kProbeRequestMs = 2'000;
constexpr std::int64_t kLockStepMs = 200;

bool is_url(std::string_view spec) {
  return spec.find("://") != std::string_view::npos;
}

// "localhost:14265": a URL whose scheme was forgotten.
bool looks_like_host_and_port(const std::string& spec) {
  const std::size_t colon = spec.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == spec.size()) return false;
  std::error_code ignored;
  return spec.find('/') == std::string::npos && spec.find_first_not_of("0123456789", colon + 1) == std::string::npos &&
         !std::filesystem::exists(spec, ignored);
}

// The node that left its address in the folder, if it answers and keeps the ledger of which the file speaks.
std::unique_ptr<ports::Ledger> running_node(const std::filesystem::path& folder, const OpenLedgerOptions& options) {
  const auto address = storage::read_node_address(folder);
  if (!address) return nullptr;
  const auto endpoint = http::parse_endpoint(address->url);
  if (!endpoint) return nullptr;
  http::ClientOptions brief = options.http;
  brief.connect_ms = kProbeConnectMs;
  brief.request_ms = kProbeRequestMs;
  IriClient probe({*endpoint}, brief);
  const auto info = probe.info(options.cancel);
  if (!info || info->network_id != address->network_id) return nullptr;
  return std::make_unique<IriClient>(std::vector<http::Endpoint>{*endpoint}, options.http, folder.string());
}

Result<void> check_min_weight_magnitude(ports::Ledger& ledger, const std::optional<int>& wanted,
                                        const base::CancelToken& cancel) {
  if (!wanted) return {};
  GL_TRY(info, ledger.info(cancel));
  if (info.min_weight_magnitude == *wanted) return {};
  return fail(ErrorCode::kUsage,
              "this ledger's minimum weight magnitude is " + std::to_string(info.min_weight_magnitude) + ", not " +
                  std::to_string(*wanted),
              "leave --mwm away, or choose another folder for a new ledger");
}

Result<std::unique_ptr<ports::Ledger>> open_folder(const std::filesystem::path& folder,
                                                   const OpenLedgerOptions& options, const base::Clock& clock) {
  for (std::int64_t waited_ms = 0;; waited_ms += kLockStepMs) {
    if (auto node = running_node(folder, options)) {
      GL_CHECK(check_min_weight_magnitude(*node, options.min_weight_magnitude, options.cancel));
      return node;
    }
    storage::TangleOptions tangle_options;
    tangle_options.min_weight_magnitude = options.min_weight_magnitude;
    tangle_options.read_only = options.read_only;
    tangle_options.lock_wait_ms = std::clamp<std::int64_t>(options.lock_wait_ms - waited_ms, 0, kLockStepMs);
    auto tangle = storage::Tangle::open(folder, tangle_options, clock);
    if (tangle) return std::unique_ptr<ports::Ledger>(std::move(*tangle));
    // Whoever holds the lock may be a node that is just starting: then its address appears in a moment.
    const bool held = tangle.error().code == ErrorCode::kUnreachable;
    if (!held || waited_ms >= options.lock_wait_ms || options.cancel.cancelled()) return tl::unexpected(tangle.error());
  }
}

}  // namespace

Result<std::string> canonical_locator(const std::string& spec) {
  if (spec.empty()) return fail(ErrorCode::kUsage, "no ledger is named", "name a folder, or http://host:port");
  if (is_url(spec)) {
    GL_TRY(endpoints, http::parse_endpoints(spec));
    return http::join_urls(endpoints);
  }
  if (looks_like_host_and_port(spec)) {
    return fail(ErrorCode::kUsage, "a ledger is a folder or a URL", "for a node write http://" + spec);
  }
  std::error_code error;
  const auto folder = std::filesystem::weakly_canonical(std::filesystem::absolute(spec, error), error);
  if (error) return fail(ErrorCode::kUsage, "the ledger's folder cannot be resolved: " + error.message());
  return folder.string();
}

Result<std::unique_ptr<ports::Ledger>> open_ledger(const std::string& spec, const OpenLedgerOptions& options,
                                                   const base::Clock& clock) {
  GL_TRY(locator, canonical_locator(spec));
  if (!is_url(spec)) return open_folder(locator, options, clock);
  if (options.min_weight_magnitude) {
    return fail(ErrorCode::kUsage, "the minimum weight magnitude of a node's ledger cannot be chosen",
                "leave --mwm away: the node tells it");
  }
  GL_TRY(endpoints, http::parse_endpoints(locator));
  return std::unique_ptr<ports::Ledger>(std::make_unique<IriClient>(endpoints, options.http));
}

}  // namespace glucoledger::ledger_client
