#include "node/iri_request.h"

#include <algorithm>

#include "base/limits.h"
#include "node/iri_fields.h"

namespace glucoledger::node {
namespace {

// A capacity below this would be an error of its own to simdjson.
constexpr std::size_t kParserCapacityMin = 64;

struct CommandRow {
  std::string_view name;
  IriWork work;
};
constexpr std::array<CommandRow, kIriCommandCount> kCommands = {{
    {"getNodeInfo", IriWork::kReading},
    {"getNodeAPIConfiguration", IriWork::kReading},
    {"getTips", IriWork::kReading},
    {"getTipInfo", IriWork::kReading},
    {"getTransactionsToApprove", IriWork::kReading},
    {"attachToTangle", IriWork::kProofOfWork},
    {"interruptAttachingToTangle", IriWork::kManaging},
    {"storeTransactions", IriWork::kStoring},
    {"broadcastTransactions", IriWork::kStoring},
    {"findTransactions", IriWork::kReading},
    {"getTrytes", IriWork::kReading},
    {"getInclusionStates", IriWork::kReading},
    {"checkConsistency", IriWork::kReading},
    {"getBalances", IriWork::kReading},
    {"wereAddressesSpentFrom", IriWork::kReading},
    {"getNeighbors", IriWork::kReading},
    {"addNeighbors", IriWork::kManaging},
    {"removeNeighbors", IriWork::kManaging},
    {"getMissingTransactions", IriWork::kReading},
    {"unknown", IriWork::kReading},
}};

char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Legacy nodes take a command's name in any case.
IriCommand command_of(std::string_view text) {
  for (std::size_t i = 0; i + 1 < kCommands.size(); ++i) {
    const std::string_view name = kCommands[i].name;
    const auto same = [](char a, char b) { return lower_case(a) == lower_case(b); };
    if (std::equal(name.begin(), name.end(), text.begin(), text.end(), same)) return static_cast<IriCommand>(i);
  }
  return IriCommand::kUnknown;
}

}  // namespace

std::string_view name_of(IriCommand command) {
  return kCommands[static_cast<std::size_t>(command)].name;
}

IriWork work_of(IriCommand command) {
  return kCommands[static_cast<std::size_t>(command)].work;
}

Result<IriRequest> IriRequest::parse(std::string_view body) {
  if (body.empty()) return refused("command is unknown: the request has no body");
  IriRequest request;
  request.parser_ = std::make_unique<simdjson::dom::parser>();
  simdjson::error_code error =
      request.parser_->allocate(std::max(body.size(), kParserCapacityMin), base::limits::kIriJsonDepthMax);
  if (error != simdjson::SUCCESS) return fail(ErrorCode::kFailed, "out of memory");
  simdjson::dom::element document;
  error = request.parser_->parse(body.data(), body.size()).get(document);
  if (error == simdjson::DEPTH_ERROR) return refused("invalid request: the JSON is nested too deeply");
  if (error != simdjson::SUCCESS) return refused("invalid request: the body is not JSON");
  if (document.get_object().get(request.fields_) != simdjson::SUCCESS) {
    return refused("invalid request: the body is not a JSON object");
  }
  simdjson::dom::element command;
  if (request.fields_.at_key("command").get(command) != simdjson::SUCCESS) {
    return refused("command is unknown: the request names none");
  }
  if (command.get_string().get(request.command_text_) != simdjson::SUCCESS) {
    return refused("invalid request: field command must be a string");
  }
  request.command_ = command_of(request.command_text_);
  return request;
}

}  // namespace glucoledger::node
