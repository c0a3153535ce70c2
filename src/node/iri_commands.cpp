// The commands of the IRI HTTP API, one function each.
#include <algorithm>

#include "base/limits.h"
#include "ledger/bundle.h"
#include "node/iri_api.h"
#include "node/iri_fields.h"

namespace glucoledger::node {
namespace {

using ledger::Hash;
using Json = nlohmann::ordered_json;

constexpr std::size_t kTipsMax = 1'000;
constexpr std::size_t kMissingMax = 1'000;

std::string text(const Hash& hash) {
  return std::string(hash.trytes());
}

Json texts(const std::vector<Hash>& hashes) {
  Json list = Json::array();
  for (const Hash& hash : hashes) list.push_back(text(hash));
  return list;
}

// Clients send a bundle in either order, and some of them only a part: sorted by index, and whole, or refused.
Result<std::vector<std::string>> whole_bundle(std::vector<ledger::Transaction> transactions) {
  std::sort(transactions.begin(), transactions.end(),
            [](const auto& a, const auto& b) { return a.current_index() < b.current_index(); });
  std::vector<std::string> bundle;
  for (const ledger::Transaction& transaction : transactions) {
    if (transaction.last_index() + std::size_t{1} != transactions.size() ||
        transaction.current_index() != bundle.size() || transaction.bundle() != transactions.front().bundle()) {
      return refused("Invalid bundle length: the transactions must be those of one whole bundle");
    }
    bundle.push_back(transaction.trytes());
  }
  return bundle;
}

}  // namespace

Result<Json> IriApi::get_node_info(const nlohmann::json&) {
  GL_TRY(info, tangle_.info());
  GL_TRY(milestone, tangle_.latest_milestone());
  GL_TRY(tips, tangle_.tip_hashes(kTipsMax));
  GL_TRY(missing, tangle_.missing_hashes(kMissingMax));
  return Json{{"appName", "glucoledger"},
              {"appVersion", GLUCOLEDGER_VERSION},
              {"latestMilestone", text(milestone.hash)},
              {"latestMilestoneIndex", milestone.index},
              {"latestSolidSubtangleMilestone", text(milestone.hash)},
              {"latestSolidSubtangleMilestoneIndex", milestone.index},
              {"isSynced", true},
              {"isHealthy", true},
              {"milestoneStartIndex", 0},
              {"lastSnapshottedMilestoneIndex", 0},
              {"neighbors", 0},
              {"time", clock_.now_ms()},
              {"tips", tips.size()},
              {"transactionsToRequest", missing.size()},
              {"features", Json::array({"RemotePOW", "WereAddressesSpentFrom"})},
              {"coordinatorAddress", text(Hash())},
              {"minWeightMagnitude", info.min_weight_magnitude},
              {"networkId", info.network_id},
              {"confirmsData", info.confirms_data}};
}

Result<Json> IriApi::get_node_api_configuration(const nlohmann::json&) {
  return Json{{"maxFindTransactions", limits_.find_results_max},
              {"maxRequestsList", limits_.list_max},
              {"maxGetTrytes", limits_.trytes_max},
              {"maxBodyLength", limits_.body_size_max},
              {"milestoneStartIndex", 0}};
}

Result<Json> IriApi::get_tips(const nlohmann::json&) {
  GL_TRY(tips, tangle_.tip_hashes(kTipsMax));
  return Json{{"hashes", texts(tips)}};
}

Result<Json> IriApi::get_transactions_to_approve(const nlohmann::json& request) {
  GL_TRY(depth, integer(request, "depth"));
  if (depth && (*depth < 0 || *depth > limits_.depth_max)) {
    return refused("Invalid depth input: it must be from 0 to " + std::to_string(limits_.depth_max));
  }
  GL_TRY(reference, hash(request, "reference"));
  GL_TRY(tips, tangle_.tips());
  if (reference) {
    GL_TRY(reason, tangle_.inconsistency(std::span(&*reference, 1)));
    if (reason) return refused("the reference cannot be approved: " + *reason);
    tips.branch = *reference;
  }
  return Json{{"trunkTransaction", text(tips.trunk)}, {"branchTransaction", text(tips.branch)}};
}

Result<Json> IriApi::attach_to_tangle(const nlohmann::json& request) {
  GL_TRY(trunk, hash(request, "trunkTransaction"));
  GL_TRY(branch, hash(request, "branchTransaction"));
  if (!trunk || !branch) return refused("invalid trunk or branch transaction: both must be given");
  GL_TRY(info, tangle_.info());
  GL_TRY(given, integer(request, "minWeightMagnitude"));
  const int most = std::max(info.min_weight_magnitude, limits_.attach_min_weight_magnitude_max);
  const std::int64_t magnitude = given.value_or(info.min_weight_magnitude);
  if (magnitude < info.min_weight_magnitude || magnitude > most) {
    return refused("Wrong MinWeightMagnitude. requested: " + std::to_string(magnitude) + ", expected: from " +
                   std::to_string(info.min_weight_magnitude) + " to " + std::to_string(most));
  }
  GL_TRY(transactions, transaction_list(request, "trytes", base::limits::kBundleTransactionsMax));
  GL_TRY(bundle, whole_bundle(std::move(transactions)));
  GL_TRY(attached, attach(bundle, *trunk, *branch, static_cast<int>(magnitude)));
  Json trytes = Json::array();
  for (const ledger::Transaction& transaction : attached) trytes.push_back(transaction.trytes());
  return Json{{"trytes", std::move(trytes)}};
}

Result<std::vector<ledger::Transaction>> IriApi::attach(const std::vector<std::string>& bundle, const Hash& trunk,
                                                        const Hash& branch, int min_weight_magnitude) {
  std::list<std::atomic<bool>>::iterator cancel;
  {
    const std::lock_guard lock(attaching_mutex_);
    cancel = attaching_.emplace(attaching_.end(), stopped_);
  }
  crypto::ProofOfWorkOptions options;
  options.min_weight_magnitude = min_weight_magnitude;
  options.cancel = &*cancel;
  auto attached = ledger::attach(bundle, {trunk, branch, clock_.now_ms()}, options);
  const std::lock_guard lock(attaching_mutex_);
  attaching_.erase(cancel);
  if (!attached && attached.error().code == ErrorCode::kInterrupted) {
    return refused("attachToTangle was interrupted");
  }
  return attached;
}

Result<Json> IriApi::interrupt_attaching_to_tangle(const nlohmann::json&) {
  const std::lock_guard lock(attaching_mutex_);
  for (std::atomic<bool>& cancel : attaching_) cancel = true;
  return Json::object();
}

void IriApi::stop() {
  const std::lock_guard lock(attaching_mutex_);
  stopped_ = true;
  for (std::atomic<bool>& cancel : attaching_) cancel = true;
}

Result<Json> IriApi::store_transactions(const nlohmann::json& request) {
  GL_TRY(transactions, transaction_list(request, "trytes", limits_.body_size_max / ledger::kTransactionTrytes));
  GL_CHECK(tangle_.submit_without_milestone(transactions));
  return Json::object();
}

Result<Json> IriApi::find_transactions(const nlohmann::json& request) {
  ledger::Query query;
  GL_ASSIGN(query.addresses, address_list(request, "addresses", limits_.list_max));
  GL_ASSIGN(query.bundles, hash_list(request, "bundles", limits_.list_max));
  GL_ASSIGN(query.approvees, hash_list(request, "approvees", limits_.list_max));
  GL_ASSIGN(query.tags, tag_list(request, "tags", limits_.list_max));
  GL_TRY(hashes, tangle_.find(query));
  if (hashes.size() > limits_.find_results_max) {
    return refused("Could not complete request: more than " + std::to_string(limits_.find_results_max) +
                   " transactions match; ask for fewer addresses, bundles, tags or approvees at once");
  }
  Json answer = {{"hashes", texts(hashes)}};
  GL_TRY(pruned, tangle_.pruned(query.addresses));
  if (!pruned.empty()) answer["pruned"] = texts(pruned);
  return answer;
}

Result<Json> IriApi::get_trytes(const nlohmann::json& request) {
  GL_TRY(hashes, hash_list(request, "hashes", limits_.trytes_max));
  GL_TRY(stored, tangle_.get(hashes));
  Json trytes = Json::array();
  for (const ledger::Stored& one : stored) {
    trytes.push_back(one.transaction ? one.transaction->trytes() : std::string(ledger::kTransactionTrytes, '9'));
  }
  return Json{{"trytes", std::move(trytes)}};
}

// The newest milestone among the tips asked for, up to which a transaction counts as confirmed: all when none is named.
Result<std::uint32_t> IriApi::milestone_bound(const nlohmann::json& request) {
  GL_TRY(tips, hash_list(request, "tips", limits_.list_max));
  if (tips.empty()) return UINT32_MAX;
  std::uint32_t bound = 0;
  for (const Hash& tip : tips) {
    GL_TRY(milestone, tangle_.find_milestone(tip));
    if (milestone) {
      bound = std::max(bound, milestone->index);
      continue;
    }
    GL_TRY(standings, tangle_.standing(std::span(&tip, 1)));
    if (!standings.front().known && !tip.is_null()) return refused("one of the tips is unknown");
    bound = std::max(bound, standings.front().milestone);
  }
  return bound;
}

Result<Json> IriApi::get_inclusion_states(const nlohmann::json& request) {
  GL_TRY(hashes, hash_list(request, "transactions", limits_.list_max));
  GL_TRY(bound, milestone_bound(request));
  GL_TRY(standings, tangle_.standing(hashes));
  Json states = Json::array();
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::uint32_t index = standings[i].milestone;
    if (!standings[i].known) {
      GL_TRY(milestone, tangle_.find_milestone(hashes[i]));
      index = milestone ? milestone->index : 0;
    }
    states.push_back(index != 0 && index <= bound);
  }
  return Json{{"states", std::move(states)}};
}

Result<Json> IriApi::check_consistency(const nlohmann::json& request) {
  GL_TRY(tails, hash_list(request, "tails", limits_.list_max));
  GL_TRY(reason, tangle_.inconsistency(tails));
  Json answer = {{"state", !reason.has_value()}};
  if (reason) answer["info"] = *reason;
  return answer;
}

// This ledger carries data only: no address ever held or spent anything.
Result<Json> IriApi::get_balances(const nlohmann::json& request) {
  GL_TRY(addresses, address_list(request, "addresses", limits_.list_max));
  GL_CHECK(integer(request, "threshold"));
  if (addresses.empty()) return refused("no addresses provided");
  GL_TRY(milestone, tangle_.latest_milestone());
  return Json{{"balances", std::vector<std::string>(addresses.size(), "0")},
              {"references", Json::array({text(milestone.hash)})},
              {"milestoneIndex", milestone.index}};
}

Result<Json> IriApi::were_addresses_spent_from(const nlohmann::json& request) {
  GL_TRY(addresses, address_list(request, "addresses", limits_.list_max));
  if (addresses.empty()) return refused("no addresses provided");
  return Json{{"states", std::vector<bool>(addresses.size(), false)}};
}

Result<Json> IriApi::get_neighbors(const nlohmann::json&) {
  return Json{{"neighbors", Json::array()}};
}

Result<Json> IriApi::change_neighbors(const nlohmann::json&) {
  return refused("this node has no neighbors to add or remove: it keeps its ledger by itself");
}

Result<Json> IriApi::get_missing_transactions(const nlohmann::json&) {
  GL_TRY(missing, tangle_.missing_hashes(kMissingMax));
  return Json{{"hashes", texts(missing)}};
}

}  // namespace glucoledger::node
