#include "node/iri_api.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "node/iri_fields.h"

namespace glucoledger::node {
namespace {

// An IRI request is an object of lists of strings: anything deeper is an attempt to use up memory.
constexpr int kRequestDepthMax = 8;

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

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

std::string text_of(const nlohmann::ordered_json& document) {
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

IriReply error_reply(unsigned status, std::string_view reason) {
  return {status, text_of({{"error", reason}})};
}

Result<IriRequest> IriRequest::parse(std::string_view body) {
  IriRequest request;
  bool too_deep = false;
  const auto bound_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep = too_deep || depth > kRequestDepthMax;
    return !too_deep;
  };
  if (body.empty()) return refused("command is unknown: the request has no body");
  request.document_ = nlohmann::json::parse(body, bound_depth, false);
  if (too_deep) return refused("invalid request: the JSON is nested too deeply");
  if (request.document_.is_discarded()) return refused("invalid request: the body is not JSON");
  if (!request.document_.is_object()) return refused("invalid request: the body is not a JSON object");
  const auto command = request.document_.find("command");
  if (command == request.document_.end()) return refused("command is unknown: the request names none");
  if (!command->is_string()) return refused("invalid request: field command must be a string");
  request.command_ = lower_case(command->get_ref<const std::string&>());
  return request;
}

IriApi::IriApi(storage::Tangle& tangle, const base::Clock& clock, IriLimits limits)
    : tangle_(tangle), clock_(clock), limits_(limits) {}

IriApi::Command IriApi::command_of(const std::string& name) {
  static const std::map<std::string_view, Command> kCommands = {
      {"getnodeinfo", &IriApi::get_node_info},
      {"getnodeapiconfiguration", &IriApi::get_node_api_configuration},
      {"gettips", &IriApi::get_tips},
      {"gettransactionstoapprove", &IriApi::get_transactions_to_approve},
      {"attachtotangle", &IriApi::attach_to_tangle},
      {"interruptattachingtotangle", &IriApi::interrupt_attaching_to_tangle},
      {"storetransactions", &IriApi::store_transactions},
      {"broadcasttransactions", &IriApi::store_transactions},
      {"findtransactions", &IriApi::find_transactions},
      {"gettrytes", &IriApi::get_trytes},
      {"getinclusionstates", &IriApi::get_inclusion_states},
      {"checkconsistency", &IriApi::check_consistency},
      {"getbalances", &IriApi::get_balances},
      {"wereaddressesspentfrom", &IriApi::were_addresses_spent_from},
      {"getneighbors", &IriApi::get_neighbors},
      {"addneighbors", &IriApi::change_neighbors},
      {"removeneighbors", &IriApi::change_neighbors},
      {"getmissingtransactions", &IriApi::get_missing_transactions},
  };
  const auto found = kCommands.find(name);
  return found == kCommands.end() ? nullptr : found->second;
}

IriReply IriApi::handle(const IriRequest& request) {
  const auto start = std::chrono::steady_clock::now();
  const Command command = command_of(request.command_);
  if (command == nullptr) return error_reply(400, "command is unknown: " + excerpt(request.command_));
  auto answer = (this->*command)(request.document_);
  if (!answer) return error_reply(status_of(answer.error().code), answer.error().message);
  const auto elapsed = std::chrono::steady_clock::now() - start;
  (*answer)["duration"] = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
  return {200, text_of(*answer)};
}

IriReply IriApi::handle(std::string_view body) {
  const auto request = IriRequest::parse(body);
  return request ? handle(*request) : error_reply(400, request.error().message);
}

}  // namespace glucoledger::node
