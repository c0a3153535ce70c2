// The IRI HTTP API as a function: the text of a request in, a status and JSON text out, over the embedded ledger.
//
// Field names, error shape and statuses are the legacy nodes', so that their clients work unmodified; docs/iri-api.md
// lists every difference and its reason. Knows nothing of sockets. Thread-safe; attachToTangle takes as long as its
// proof of work and is interrupted by another thread's interruptAttachingToTangle or stop().
// Source: IOTA's API reference 1.x, answers of a legacy node.
#pragma once

#include <atomic>
#include <chrono>
#include <list>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "storage/tangle.h"

namespace glucoledger::node {

struct IriLimits {
  std::size_t find_results_max = 10'000;  // more: an error, never a part
  std::size_t list_max = 1'000;           // entries in one list of a request
  std::size_t trytes_max = 1'000;
  std::size_t body_size_max = 4 << 20;
  int attach_min_weight_magnitude_max = 14;
  int depth_max = 15;
};

struct IriReply {
  unsigned status = 200;
  std::string body;  // JSON
};
// {"error": reason} with the status.
IriReply error_reply(unsigned status, std::string_view reason);

// A request that is JSON and names a command.
class IriRequest {
 public:
  // kInputRefused with the reason for anything else.
  static Result<IriRequest> parse(std::string_view body);
  // Takes long: to be queued apart from the rest.
  bool needs_proof_of_work() const { return command_ == "attachtotangle"; }

 private:
  friend class IriApi;
  std::string command_;  // in lower case
  nlohmann::json document_;
};

class IriApi {
 public:
  // `tangle` and `clock` outlive this.
  IriApi(storage::Tangle& tangle, const base::Clock& clock, IriLimits limits = {});

  IriReply handle(const IriRequest& request);
  IriReply handle(std::string_view body);  // parse and handle
  void stop();                             // interrupts every proof of work, running or to come
  const IriLimits& limits() const { return limits_; }

 private:
  using Json = nlohmann::ordered_json;
  using Command = Result<Json> (IriApi::*)(const nlohmann::json&);
  static Command command_of(const std::string& name);

  Result<Json> get_node_info(const nlohmann::json& request);
  Result<Json> get_node_api_configuration(const nlohmann::json& request);
  Result<Json> get_tips(const nlohmann::json& request);
  Result<Json> get_transactions_to_approve(const nlohmann::json& request);
  Result<Json> attach_to_tangle(const nlohmann::json& request);
  Result<Json> interrupt_attaching_to_tangle(const nlohmann::json& request);
  Result<Json> store_transactions(const nlohmann::json& request);  // broadcastTransactions too
  Result<Json> find_transactions(const nlohmann::json& request);
  Result<Json> get_trytes(const nlohmann::json& request);
  Result<Json> get_inclusion_states(const nlohmann::json& request);
  Result<Json> check_consistency(const nlohmann::json& request);
  Result<Json> get_balances(const nlohmann::json& request);
  Result<Json> were_addresses_spent_from(const nlohmann::json& request);
  Result<Json> get_neighbors(const nlohmann::json& request);
  Result<Json> change_neighbors(const nlohmann::json& request);
  Result<Json> get_missing_transactions(const nlohmann::json& request);

  Result<std::uint32_t> milestone_bound(const nlohmann::json& request);
  Result<std::vector<ledger::Transaction>> attach(const std::vector<std::string>& bundle, const ledger::Hash& trunk,
                                                  const ledger::Hash& branch, int min_weight_magnitude);

  storage::Tangle& tangle_;
  const base::Clock& clock_;
  IriLimits limits_;
  std::mutex attaching_mutex_;
  std::list<std::atomic<bool>> attaching_;  // a cancel flag for each proof of work under way
  bool stopped_ = false;
};

}  // namespace glucoledger::node
