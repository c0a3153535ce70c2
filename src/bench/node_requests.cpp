#include "bench/node_requests.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "base/limits.h"

namespace glucoledger::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kLegacyMinWeightMagnitude = 14;
constexpr std::size_t kSampleMax = 20'000;
constexpr std::size_t kWalkMax = 2'000;
constexpr std::size_t kListMax = 500;  // entries of one request
constexpr std::size_t kErrorTextMax = 300;
constexpr std::size_t kEntry = ledger::kTransactionTrytes + 3;  // quoted, and a comma

constexpr std::string_view kStoreHead = "{\"command\":\"storeTransactions\",\"trytes\":[";
constexpr std::string_view kListTail = "]}";
constexpr std::string_view kApproveBody = "{\"command\":\"getTransactionsToApprove\",\"depth\":3}";

std::vector<NodeCommand> round_of(std::string_view mix) {
  if (mix == "approve") return {kApprove};
  if (mix == "find") return {kFind};
  if (mix == "trytes") return {kTrytes};
  if (mix == "mixed") {
    return {kStore, kFind, kStore, kTrytes, kApprove, kStore, kTrytes, kStore, kFind, kApprove};
  }
  return {kStore};
}

}  // namespace

Result<nlohmann::json> AskedNode::ask(const Json& request) {
  GL_TRY(reply, http_.call({.method = "POST",
                            .headers = {{"Content-Type", "application/json"}, {"X-IOTA-API-Version", "1"}},
                            .body = request.dump()}));
  auto answer = nlohmann::json::parse(reply.body, nullptr, false);
  if (reply.status != 200 || !answer.is_object()) {
    return fail(ErrorCode::kFailed, "the node refused " + request.value("command", std::string()) + ": " +
                                        reply.body.substr(0, kErrorTextMax));
  }
  return answer;
}

Result<std::vector<std::string>> AskedNode::ask_list(const Json& request, const char* field) {
  GL_TRY(answer, ask(request));
  std::vector<std::string> list;
  const auto found = answer.find(field);
  if (found == answer.end() || !found->is_array()) return list;
  for (const auto& entry : *found) {
    if (entry.is_string()) list.push_back(entry.get<std::string>());
  }
  return list;
}

Result<int> AskedNode::min_weight_magnitude() {
  GL_TRY(info, ask({{"command", "getNodeInfo"}}));
  const auto told = info.find("minWeightMagnitude");
  return told != info.end() && told->is_number_integer() ? told->get<int>() : kLegacyMinWeightMagnitude;
}

Result<ports::Tips> AskedNode::tips() {
  GL_TRY(answer, ask({{"command", "getTransactionsToApprove"}, {"depth", 3}}));
  const auto hash = [&](const char* field) -> Result<ledger::Hash> {
    const auto found = answer.find(field);
    if (found == answer.end() || !found->is_string()) return fail(ErrorCode::kFailed, "the node tells no tips");
    return ledger::Hash::from_trytes(found->get<std::string>());
  };
  GL_TRY(trunk, hash("trunkTransaction"));
  GL_TRY(branch, hash("branchTransaction"));
  return ports::Tips{trunk, branch};
}

Result<KnownEntries> AskedNode::sample_filled(std::uint64_t filled) {
  KnownEntries sample;
  std::mt19937_64 random(filled);
  while (sample.addresses.size() < std::min<std::uint64_t>(kSampleMax, filled)) {
    Json addresses = Json::array();
    for (std::size_t i = 0; i < kListMax; ++i) {
      sample.addresses.emplace_back(numbered_address(kFillSeries, random() % filled).trytes());
      addresses.push_back(sample.addresses.back());
    }
    GL_TRY(hashes, ask_list({{"command", "findTransactions"}, {"addresses", std::move(addresses)}}, "hashes"));
    if (hashes.empty()) {
      return fail(ErrorCode::kUsage, "the node's ledger was not filled with so many", "see glucoledger bench fill");
    }
    std::move(hashes.begin(), hashes.end(), std::back_inserter(sample.hashes));
  }
  return sample;
}

Result<KnownEntries> AskedNode::sample_behind_tips() {
  GL_TRY(tips, this->tips());
  KnownEntries sample;
  std::set<std::string> seen{std::string(tips.trunk.trytes()), std::string(tips.branch.trytes())};
  std::vector<std::string> next(seen.begin(), seen.end());
  while (!next.empty() && sample.hashes.size() < kWalkMax) {
    next.resize(std::min(next.size(), kListMax));
    GL_TRY(bodies, ask_list({{"command", "getTrytes"}, {"hashes", next}}, "trytes"));
    std::vector<std::string> behind;
    for (std::size_t i = 0; i < std::min(bodies.size(), next.size()); ++i) {
      const auto transaction = ledger::Transaction::from_trytes(bodies[i]);
      if (!transaction || transaction->address().is_null()) continue;
      sample.hashes.push_back(next[i]);
      sample.addresses.emplace_back(transaction->address().trytes());
      for (const auto& hash : {transaction->trunk(), transaction->branch()}) {
        if (seen.emplace(hash.trytes()).second) behind.emplace_back(hash.trytes());
      }
    }
    next = std::move(behind);
  }
  return sample;
}

Result<KnownEntries> AskedNode::sample_stored(const std::vector<ledger::Transaction>& transactions) {
  KnownEntries sample;
  Json trytes = Json::array();
  for (const auto& transaction : transactions) {
    trytes.push_back(transaction.trytes());
    sample.hashes.emplace_back(transaction.hash().trytes());
    sample.addresses.emplace_back(transaction.address().trytes());
  }
  GL_TRY(stored, ask({{"command", "storeTransactions"}, {"trytes", std::move(trytes)}}));
  return sample;
}

NodeRequests::NodeRequests(std::string_view mix, std::size_t batch) : round_(round_of(mix)), batch_(batch) {
  GL_ASSERT(batch > 0);
}

void NodeRequests::add(const std::vector<ledger::Transaction>& transactions) {
  for (const auto& transaction : transactions) trytes_.append("\"").append(transaction.trytes()).append("\",");
  transactions_ += transactions.size();
}

void NodeRequests::add_reads(const KnownEntries& sample) {
  finds_ = list_requests("{\"command\":\"findTransactions\",\"addresses\":[", sample.addresses);
  gets_ = list_requests("{\"command\":\"getTrytes\",\"hashes\":[", sample.hashes);
}

std::optional<LoadRequest> NodeRequests::next() {
  const std::size_t number = asked_++;
  const NodeCommand command = round_[number % round_.size()];
  if (command == kApprove) return LoadRequest{command, {kApproveBody, {}, {}}};
  if (command == kFind) return LoadRequest{command, {finds_[number % finds_.size()], {}, {}}};
  if (command == kTrytes) return LoadRequest{command, {gets_[number % gets_.size()], {}, {}}};
  const std::size_t count = std::min(batch_, transactions_ - stored_);
  if (count == 0) return std::nullopt;
  const auto entries = std::string_view(trytes_).substr(stored_ * kEntry, count * kEntry - 1);
  stored_ += count;
  return LoadRequest{command, {kStoreHead, entries, kListTail}};
}

std::vector<std::string> NodeRequests::list_requests(std::string_view head,
                                                     const std::vector<std::string>& entries) const {
  const std::size_t size = std::min(batch_, entries.size());
  std::vector<std::string> requests;
  for (std::size_t at = 0; size > 0 && at + size <= entries.size(); at += size) {
    std::string body(head);
    for (std::size_t i = 0; i < size; ++i) body += (i == 0 ? "\"" : ",\"") + entries[at + i] + "\"";
    requests.push_back(body.append(kListTail));
  }
  return requests;
}

}  // namespace glucoledger::bench
