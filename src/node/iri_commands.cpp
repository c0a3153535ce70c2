// The commands of the IRI HTTP API, one function each.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/limits.h"
#include "ledger/bundle.h"
#include "node/iri_api.h"
#include "node/iri_fields.h"

namespace glucoledger::node {
namespace {

using ledger::Hash;
using Json = nlohmann::ordered_json;

std::string text(const Hash& hash) {
  return std::string(hash.trytes());
}

std::string text(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A list of JSON strings; `trytes_of` gives what needs no escaping.
template <typename Item, typename Function>
std::string list_text(const std::vector<Item>& items, std::size_t item_size, Function trytes_of) {
  std::string list = "[";
  list.reserve(2 + items.size() * (item_size + 3));
  for (const Item& item : items) {
    if (list.size() > 1) list += ',';
    list += '"';
    list += trytes_of(item);
    list += '"';
  }
  return list += ']';
}

std::string list_text(const std::vector<Hash>& hashes) {
  return list_text(hashes, crypto::kHashTrytes, [](const Hash& hash) { return hash.trytes(); });
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

// The milestone that confirmed a transaction (0: none yet), or that bears the hash itself; nothing for what is unknown.
Result<std::optional<std::uint32_t>> milestone_of(const ledger::StateReader& reader, const Hash& hash) {
  GL_TRY(standing, ledger::standing(reader, hash));
  if (standing.known) return standing.milestone;
  GL_TRY(milestone, ledger::find_milestone(reader, hash));
  return milestone ? std::optional(milestone->index) : std::nullopt;
}

// The newest milestone among the tips asked for, up to which a transaction counts as confirmed: all when none is named.
Result<std::uint32_t> milestone_bound(const ledger::StateReader& reader, const std::vector<Hash>& tips) {
  if (tips.empty()) return UINT32_MAX;
  std::uint32_t bound = 0;
  for (const Hash& tip : tips) {
    GL_TRY(index, milestone_of(reader, tip));
    if (!index && !tip.is_null()) return refused("one of the tips is unknown");
    bound = std::max(bound, index.value_or(0));
  }
  return bound;
}

}  // namespace

IriApi::Answer IriApi::get_node_info(const Fields&) {
  GL_TRY(view, replica_.view());
  GL_TRY(milestone, ledger::latest_milestone(*view));
  GL_TRY(tips, ledger::tip_hashes(*view, base::limits::kIriListMax));
  GL_TRY(missing, ledger::missing_count(*view));
  const ledger::Parameters& parameters = replica_.parameters();
  return text(Json{{"appName", "glucoledger"},
                   {"appVersion", GLUCOLEDGER_VERSION},
                   {"latestMilestone", text(milestone.hash)},
                   {"latestMilestoneIndex", milestone.index},
                   {"latestSolidSubtangleMilestone", text(milestone.hash)},
                   {"latestSolidSubtangleMilestoneIndex", milestone.index},
                   {"isSynced", true},
                   {"isHealthy", healthy_.load()},
                   {"milestoneStartIndex", 0},
                   {"lastSnapshottedMilestoneIndex", 0},
                   {"neighbors", 0},
                   {"time", clock_.now_ms()},
                   {"tips", tips.size()},
                   {"transactionsToRequest", missing},
                   {"features", Json::array({"RemotePOW", "WereAddressesSpentFrom"})},
                   {"coordinatorAddress", text(Hash())},
                   {"minWeightMagnitude", parameters.min_weight_magnitude},
                   {"networkId", base::hex_encode(parameters.network_id)},
                   {"confirmsData", true},
                   {"pagesTransactions", true},
                   {"maxDepth", parameters.tip_depth_max},
                   {"maxBundleTransactions", parameters.bundle_transactions_max},
                   {"maxWaitingTransactions", parameters.waiting_count_max},
                   {"maxWaitingMs", parameters.waiting_max_ms},
                   {"maxTimestampAheadMs", parameters.timestamp_future_max_ms},
                   {"retentionMs", parameters.retention_ms},
                   {"duplicateWindowMs", parameters.duplicate_window_ms}});
}

IriApi::Answer IriApi::get_node_api_configuration(const Fields&) {
  return text(Json{{"maxFindTransactions", limits_.find_results_max},
                   {"maxRequestsList", limits_.list_max},
                   {"maxGetTrytes", limits_.trytes_max},
                   {"maxBodyLength", limits_.body_size_max},
                   {"milestoneStartIndex", 0}});
}

IriApi::Answer IriApi::get_tips(const Fields&) {
  GL_TRY(tips, replica_.tip_hashes(base::limits::kIriListMax));
  return "{\"hashes\":" + list_text(tips) + "}";
}

// What a legacy node tells of a bundle: with milestones that confirm all that is solid and valid, nothing ever needs to
// be promoted or attached again.
IriApi::Answer IriApi::get_tip_info(const Fields& fields) {
  GL_TRY(tail, hash(fields, "tailTransaction"));
  if (!tail) return refused("invalid tail hash supplied");
  GL_TRY(view, replica_.view());
  GL_TRY(milestone, ledger::find_milestone(*view, *tail));
  ledger::Standing standing;
  if (!milestone) {
    GL_ASSIGN(standing, ledger::standing(*view, *tail));
    if (!standing.known) return refused("unknown tail transaction");
    GL_TRY(stored, ledger::get(*view, *tail));
    if (stored.transaction && stored.transaction->current_index() != 0) return refused("transaction is not a tail");
  }
  return text(Json{{"confirmed", milestone || standing.milestone != 0},
                   {"conflicting", standing.solid && !standing.valid},
                   {"shouldPromote", false},
                   {"shouldReattach", false}});
}

IriApi::Answer IriApi::get_transactions_to_approve(const Fields& fields) {
  GL_TRY(depth, integer(fields, "depth"));
  const std::uint32_t depth_max = replica_.parameters().tip_depth_max;
  if (depth && (*depth < 0 || *depth > depth_max)) {
    return refused("Invalid depth input: it must be from 0 to " + std::to_string(depth_max));
  }
  GL_TRY(reference, hash(fields, "reference"));
  GL_TRY(tips, replica_.select_tips(depth ? static_cast<std::uint32_t>(*depth) : depth_max, reference));
  return text(Json{{"trunkTransaction", text(tips.trunk)}, {"branchTransaction", text(tips.branch)}});
}

IriApi::Answer IriApi::attach_to_tangle(const Fields& fields, const base::CancelToken& cancel) {
  GL_TRY(trunk, hash(fields, "trunkTransaction"));
  GL_TRY(branch, hash(fields, "branchTransaction"));
  if (!trunk || !branch) return refused("invalid trunk or branch transaction: both must be given");
  const int least = replica_.parameters().min_weight_magnitude;
  GL_TRY(given, integer(fields, "minWeightMagnitude"));
  const int most = std::max(least, limits_.attach_min_weight_magnitude_max);
  const std::int64_t magnitude = given.value_or(least);
  if (magnitude < least || magnitude > most) {
    return refused("Wrong MinWeightMagnitude. requested: " + std::to_string(magnitude) + ", expected: from " +
                   std::to_string(least) + " to " + std::to_string(most));
  }
  GL_TRY(transactions, transaction_list(fields, "trytes", base::limits::kBundleTransactionsMax));
  GL_TRY(bundle, whole_bundle(std::move(transactions)));
  const ledger::Attachment attachment{*trunk, *branch, clock_.now_ms()};
  GL_CHECK(check_worth_attaching(bundle, attachment));
  GL_TRY(attached, attach(bundle, attachment, static_cast<int>(magnitude), cancel));
  return "{\"trytes\":" +
         list_text(attached, ledger::kTransactionTrytes,
                   [](const ledger::Transaction& transaction) { return std::string_view(transaction.trytes()); }) +
         "}";
}

// What this ledger would refuse afterwards is not worth the work. Judged by an attachment without any; its hashes say
// nothing to the client, so the reason goes without them.
Result<void> IriApi::check_worth_attaching(const std::vector<std::string>& bundle,
                                           const ledger::Attachment& attachment) {
  crypto::ProofOfWorkOptions no_work;
  no_work.min_weight_magnitude = 0;
  no_work.threads = 1;
  GL_TRY(attached, ledger::attach(bundle, attachment, no_work));
  auto rehearsed = replica_.rehearse(attached, clock_.now_ms());
  if (rehearsed || rehearsed.error().code != ErrorCode::kInputRefused) return rehearsed;
  constexpr std::string_view kRefused = "refused: ";
  const std::string& reason = rehearsed.error().message;
  const std::size_t at = reason.find(kRefused);
  return refused("this ledger would refuse the bundle: " +
                 (at == std::string::npos ? reason : reason.substr(at + kRefused.size())));
}

Result<std::vector<ledger::Transaction>> IriApi::attach(const std::vector<std::string>& bundle,
                                                        const ledger::Attachment& attachment, int min_weight_magnitude,
                                                        const base::CancelToken& cancel) {
  crypto::ProofOfWorkOptions options;
  options.min_weight_magnitude = min_weight_magnitude;
  options.cancel = cancel;
  auto attached = ledger::attach(bundle, attachment, options);
  if (!attached && attached.error().code == ErrorCode::kInterrupted) {
    return refused("attachToTangle was interrupted");
  }
  return attached;
}

IriApi::Answer IriApi::interrupt_attaching_to_tangle(const Fields&) {
  return "{}";  // who asks this has set the flags
}

Result<std::vector<ledger::Transaction>> IriApi::transactions_of(const Fields& fields) const {
  return transaction_list(fields, "trytes", limits_.body_size_max / ledger::kTransactionTrytes);
}

IriApi::Answer IriApi::store_transactions(const Fields& fields) {
  GL_TRY(transactions, transactions_of(fields));
  const auto submitted = replica_.submit_without_milestone(transactions);
  note_refusal(submitted, ClockWatch::latest_stamp_ms(transactions));
  GL_RETURN_ERROR(submitted);
  return "{}";
}

IriApi::Answer IriApi::find_transactions(const Fields& fields) {
  ledger::Query query;
  GL_ASSIGN(query.addresses, address_list(fields, "addresses", limits_.list_max));
  GL_ASSIGN(query.bundles, hash_list(fields, "bundles", limits_.list_max));
  GL_ASSIGN(query.approvees, hash_list(fields, "approvees", limits_.list_max));
  GL_ASSIGN(query.tags, tag_list(fields, "tags", limits_.list_max));
  GL_TRY(after, integer(fields, "after"));
  if (after && *after < 0) return refused("field after must be 0, or what an answer gave as next");
  GL_TRY(view, replica_.view());
  GL_TRY(page, after ? ledger::find(*view, query, static_cast<std::uint64_t>(*after), limits_.find_results_max)
                     : find_all(*view, query));
  if (page.next && !after) {
    return refused("Could not complete request: " +
                   (page.out_of_work
                        ? std::string("this is too much to look through at once")
                        : "more than " + std::to_string(limits_.find_results_max) + " transactions match") +
                   "; ask with \"after\": 0 for the first page of them, or for less at once");
  }
  std::string answer = "{\"hashes\":" + list_text(page.hashes);
  if (page.next) answer += ",\"next\":" + std::to_string(*page.next);
  GL_TRY(pruned, ledger::pruned_among(*view, query.addresses));
  if (!pruned.empty()) answer += ",\"pruned\":" + list_text(pruned);
  return answer += "}";
}

// For clients that do not know of pages: more looks than one, as the ledger bounds the work of each.
Result<ledger::Page> IriApi::find_all(const ledger::StateReader& reader, const ledger::Query& query) const {
  GL_TRY(page, ledger::find(reader, query, 0, limits_.find_results_max));
  for (int looks = 1;
       looks < base::limits::kFindLooksMax && page.out_of_work && page.hashes.size() < limits_.find_results_max;
       ++looks) {
    GL_TRY(more, ledger::find(reader, query, *page.next, limits_.find_results_max - page.hashes.size()));
    page.hashes.insert(page.hashes.end(), more.hashes.begin(), more.hashes.end());
    page.next = more.next;
    page.out_of_work = more.out_of_work;
  }
  return page;
}

IriApi::Answer IriApi::get_trytes(const Fields& fields) {
  GL_TRY(hashes, hash_list(fields, "hashes", limits_.trytes_max));
  GL_TRY(stored, replica_.get(hashes));
  static const std::string kNothing(ledger::kTransactionTrytes, '9');
  return "{\"trytes\":" +
         list_text(stored, ledger::kTransactionTrytes,
                   [](const ledger::Stored& one) {
                     return std::string_view(one.transaction ? one.transaction->trytes() : kNothing);
                   }) +
         "}";
}

IriApi::Answer IriApi::get_inclusion_states(const Fields& fields) {
  GL_TRY(hashes, hash_list(fields, "transactions", limits_.list_max));
  GL_TRY(tips, hash_list(fields, "tips", limits_.list_max));
  GL_TRY(view, replica_.view());
  GL_TRY(bound, milestone_bound(*view, tips));
  Json states = Json::array();
  for (const Hash& hash : hashes) {
    GL_TRY(index, milestone_of(*view, hash));
    states.push_back(index && *index != 0 && *index <= bound);
  }
  return text(Json{{"states", std::move(states)}});
}

IriApi::Answer IriApi::check_consistency(const Fields& fields) {
  GL_TRY(tails, hash_list(fields, "tails", limits_.list_max));
  GL_TRY(reason, replica_.inconsistency(tails));
  Json answer = {{"state", !reason.has_value()}};
  if (reason) answer["info"] = *reason;
  return text(answer);
}

// This ledger carries data only: no address ever held or spent anything.
IriApi::Answer IriApi::get_balances(const Fields& fields) {
  GL_TRY(addresses, address_list(fields, "addresses", limits_.list_max));
  GL_CHECK(integer(fields, "threshold"));
  if (addresses.empty()) return refused("no addresses provided");
  GL_TRY(milestone, replica_.latest_milestone());
  return text(Json{{"balances", std::vector<std::string>(addresses.size(), "0")},
                   {"references", Json::array({text(milestone.hash)})},
                   {"milestoneIndex", milestone.index}});
}

IriApi::Answer IriApi::were_addresses_spent_from(const Fields& fields) {
  GL_TRY(addresses, address_list(fields, "addresses", limits_.list_max));
  if (addresses.empty()) return refused("no addresses provided");
  return text(Json{{"states", std::vector<bool>(addresses.size(), false)}});
}

IriApi::Answer IriApi::get_neighbors(const Fields&) {
  return text(Json{{"neighbors", Json::array()}});
}

IriApi::Answer IriApi::change_neighbors(const Fields&) {
  return refused("this node has no neighbors to add or remove: it keeps its ledger by itself");
}

IriApi::Answer IriApi::get_missing_transactions(const Fields&) {
  GL_TRY(missing, replica_.missing_hashes(base::limits::kIriListMax));
  return "{\"hashes\":" + list_text(missing) + "}";
}

}  // namespace glucoledger::node
