#include "node/iri_api.h"

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "node/iri_fields.h"

namespace glucoledger::node {
namespace {

unsigned status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInputRefused:
    case ErrorCode::kUsage:
    case ErrorCode::kNotFound:
    case ErrorCode::kPruned:
      return 400;
    case ErrorCode::kUnreachable:
    case ErrorCode::kInterrupted:
      return 503;
    default:
      return 500;
  }
}

IriReply reply_to(Result<std::string> answered, std::chrono::steady_clock::time_point start) {
  if (!answered) return error_reply(status_of(answered.error().code), answered.error().message);
  const auto elapsed = std::chrono::steady_clock::now() - start;
  const auto elapsed_ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
  answered->pop_back();
  if (answered->size() > 1) *answered += ',';
  *answered += "\"duration\":" + std::to_string(elapsed_ms) + "}";
  return {200, std::move(*answered)};
}

}  // namespace

IriReply error_reply(unsigned status, std::string_view reason) {
  const nlohmann::json document = {{"error", reason}};
  return {status, document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

IriApi::IriApi(ledger_store::Replica& replica, const base::Clock& clock, IriLimits limits)
    : replica_(replica), clock_(clock), limits_(limits), clock_watch_(replica, clock) {}

// attachToTangle, which takes a flag as well, and unknown commands have none.
IriApi::Command IriApi::function_of(IriCommand command) {
  static constexpr std::array<Command, kIriCommandCount> kFunctions = {
      &IriApi::get_node_info,
      &IriApi::get_node_api_configuration,
      &IriApi::get_tips,
      &IriApi::get_tip_info,
      &IriApi::get_transactions_to_approve,
      nullptr,
      &IriApi::interrupt_attaching_to_tangle,
      &IriApi::store_transactions,
      &IriApi::store_transactions,
      &IriApi::find_transactions,
      &IriApi::get_trytes,
      &IriApi::get_inclusion_states,
      &IriApi::check_consistency,
      &IriApi::get_balances,
      &IriApi::were_addresses_spent_from,
      &IriApi::get_neighbors,
      &IriApi::change_neighbors,
      &IriApi::change_neighbors,
      &IriApi::get_missing_transactions,
      nullptr,
  };
  return kFunctions[static_cast<std::size_t>(command)];
}

IriApi::Answer IriApi::answer(const IriRequest& request, const base::CancelToken& cancel) {
  if (request.command() == IriCommand::kUnknown) {
    return refused("command is unknown: " + excerpt(request.command_text()));
  }
  if (request.command() != IriCommand::kAttachToTangle) {
    return (this->*function_of(request.command()))(request.fields());
  }
  return attach_to_tangle(request.fields(), cancel);
}

IriReply IriApi::handle(const IriRequest& request, const base::CancelToken& cancel) {
  const auto start = std::chrono::steady_clock::now();
  return reply_to(answer(request, cancel), start);
}

void IriApi::store(const IriRequest& request, std::function<void(IriReply)> done) {
  const auto start = std::chrono::steady_clock::now();
  const auto transactions = transactions_of(request.fields());
  if (!transactions) return done(reply_to(tl::unexpected(transactions.error()), start));
  const std::int64_t stamped_ms = ClockWatch::latest_stamp_ms(*transactions);
  replica_.submit_without_milestone(
      *transactions, [this, stamped_ms, start, done = std::move(done)](Result<void> result) {
        note_refusal(result, stamped_ms);
        done(reply_to(result ? Answer("{}") : Answer(tl::unexpected(result.error())), start));
      });
}

void IriApi::note_refusal(const Result<void>& submitted, std::int64_t stamped_ms) {
  if (!submitted && submitted.error().code == ErrorCode::kInputRefused) clock_watch_.see_refused(stamped_ms);
}

IriReply IriApi::handle(std::string_view body) {
  const auto request = IriRequest::parse(body);
  return request ? handle(*request) : error_reply(status_of(request.error().code), request.error().message);
}

}  // namespace glucoledger::node
