// The IRI HTTP API as a function: a request in, a status and JSON text out, over a replica of a ledger.
//
// Field names, error shape and statuses are the legacy nodes', so that their clients work unmodified; docs/iri-api.md
// lists every difference and its reason. Knows nothing of sockets. Thread-safe; attachToTangle takes as long as its
// proof of work and ends with its cancel token. What interruptAttachingToTangle asks for is done by who holds those
// (proof_of_work_queue.h).
// Source: IOTA's API reference 1.x, answers of a legacy node.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/limits.h"
#include "ledger/bundle.h"
#include "ledger_store/replica.h"
#include "node/clock_watch.h"
#include "node/iri_request.h"

namespace glucoledger::node {

struct IriLimits {
  std::size_t find_results_max =
      base::limits::kIriResultsMax;  // a page of them; more: an error, or the next page, never silently a part
  std::size_t list_max = base::limits::kIriListMax;  // entries in one list of a request
  std::size_t trytes_max = base::limits::kIriTrytesMax;
  std::size_t body_size_max = base::limits::kIriBodySizeMax;
  int attach_min_weight_magnitude_max = base::limits::kAttachWeightMagnitudeMax;
};

struct IriReply {
  unsigned status = 200;
  std::string body;  // JSON
};
// {"error": reason} with the status.
IriReply error_reply(unsigned status, std::string_view reason);

class IriApi {
 public:
  // `replica` and `clock` outlive this.
  IriApi(ledger_store::Replica& replica, const base::Clock& clock, IriLimits limits = {});

  // `cancel` ends a proof of work when it is set, from any thread.
  IriReply handle(const IriRequest& request, const base::CancelToken& cancel = {});
  IriReply handle(std::string_view body);  // parse and handle
  // What handle() does for a storing command, without waiting for the disk: `done` is called with the answer, by this
  // thread or by the one that commits, so it must be quick and not block.
  void store(const IriRequest& request, std::function<void(IriReply)> done);
  void set_healthy(bool healthy) { healthy_ = healthy; }  // as getNodeInfo tells it
  const IriLimits& limits() const { return limits_; }
  const ClockWatch& clock_watch() const { return clock_watch_; }

 private:
  using Fields = IriRequest::Fields;
  using Answer = Result<std::string>;  // the text of a JSON object
  using Command = Answer (IriApi::*)(const Fields& fields);
  static Command function_of(IriCommand command);

  Answer get_node_info(const Fields& fields);
  Answer get_node_api_configuration(const Fields& fields);
  Answer get_tips(const Fields& fields);
  Answer get_tip_info(const Fields& fields);
  Answer get_transactions_to_approve(const Fields& fields);
  Answer attach_to_tangle(const Fields& fields, const base::CancelToken& cancel);
  Answer interrupt_attaching_to_tangle(const Fields& fields);
  Answer store_transactions(const Fields& fields);  // broadcastTransactions too
  Answer find_transactions(const Fields& fields);
  Answer get_trytes(const Fields& fields);
  Answer get_inclusion_states(const Fields& fields);
  Answer check_consistency(const Fields& fields);
  Answer get_balances(const Fields& fields);
  Answer were_addresses_spent_from(const Fields& fields);
  Answer get_neighbors(const Fields& fields);
  Answer change_neighbors(const Fields& fields);
  Answer get_missing_transactions(const Fields& fields);

  Result<ledger::Page> find_all(const ledger::StateReader& reader, const ledger::Query& query) const;
  Answer answer(const IriRequest& request, const base::CancelToken& cancel);
  Result<std::vector<ledger::Transaction>> transactions_of(const Fields& fields) const;
  void note_refusal(const Result<void>& submitted, std::int64_t stamped_ms);
  Result<void> check_worth_attaching(const std::vector<std::string>& bundle, const ledger::Attachment& attachment);
  Result<std::vector<ledger::Transaction>> attach(const std::vector<std::string>& bundle,
                                                  const ledger::Attachment& attachment, int min_weight_magnitude,
                                                  const base::CancelToken& cancel);

  ledger_store::Replica& replica_;
  const base::Clock& clock_;
  IriLimits limits_;
  ClockWatch clock_watch_;
  std::atomic<bool> healthy_ = true;
};

}  // namespace glucoledger::node
