// What `bench node` asks: the bodies of all requests, made before the clock starts, and what they ask for.
//
// Answers are parsed here, before the clock starts, and nowhere else.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/node_load.h"
#include "bench/node_transactions.h"
#include "http/client.h"

namespace glucoledger::bench {

enum NodeCommand : std::size_t { kStore, kApprove, kFind, kTrytes, kNodeCommandCount };
inline constexpr std::array<std::string_view, kNodeCommandCount> kNodeCommandNames{
    "storeTransactions", "getTransactionsToApprove", "findTransactions", "getTrytes"};

// What a node holds and may be asked for.
struct KnownEntries {
  std::vector<std::string> hashes;
  std::vector<std::string> addresses;
};

// A node that is asked before the clock starts. kFailed with its own words when it refuses.
class AskedNode {
 public:
  explicit AskedNode(const locator::Endpoint& endpoint) : http_(endpoint) {}
  // What it tells; 14 when it tells none, as a legacy node.
  Result<int> min_weight_magnitude();
  Result<ports::Tips> tips();
  // Of a ledger that `bench fill` filled with so many.
  Result<KnownEntries> sample_filled(std::uint64_t filled);
  // Of what lies behind its tips; empty in a ledger that is new.
  Result<KnownEntries> sample_behind_tips();
  // Stores them and asks for these.
  Result<KnownEntries> sample_stored(const std::vector<ledger::Transaction>& transactions);

 private:
  Result<nlohmann::json> ask(const nlohmann::ordered_json& request);
  Result<std::vector<std::string>> ask_list(const nlohmann::ordered_json& request, const char* field);
  http::Client http_;
};

// Hands out the requests of one mix. Not thread-safe; what next() told lives as long as this.
class NodeRequests {
 public:
  // `mix`: store, approve, find, trytes or mixed. `batch`: transactions, addresses or hashes a request.
  NodeRequests(std::string_view mix, std::size_t batch);
  void add(const std::vector<ledger::Transaction>& transactions);
  void add_reads(const KnownEntries& sample);
  std::size_t transactions() const { return transactions_; }
  // Nothing when a request is due for which all transactions have been handed out.
  std::optional<LoadRequest> next();

 private:
  std::vector<std::string> list_requests(std::string_view head, const std::vector<std::string>& entries) const;

  std::vector<NodeCommand> round_;  // the commands in turn
  std::size_t batch_;
  std::string trytes_;  // "TRYTES","TRYTES",
  std::size_t transactions_ = 0;
  std::size_t stored_ = 0;
  std::size_t asked_ = 0;
  std::vector<std::string> finds_;
  std::vector<std::string> gets_;
};

}  // namespace glucoledger::bench
