// A request of the IRI HTTP API: a JSON object that names a command. Parsed once; fields are read where they lie.
//
// Anything but such an object is kInputRefused with the reason. Memory: about ten times the body, while it lives.
#pragma once

#include <simdjson.h>

#include <array>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace glucoledger::node {

enum class IriCommand : std::size_t {
  kGetNodeInfo,
  kGetNodeApiConfiguration,
  kGetTips,
  kGetTipInfo,
  kGetTransactionsToApprove,
  kAttachToTangle,
  kInterruptAttachingToTangle,
  kStoreTransactions,
  kBroadcastTransactions,
  kFindTransactions,
  kGetTrytes,
  kGetInclusionStates,
  kCheckConsistency,
  kGetBalances,
  kWereAddressesSpentFrom,
  kGetNeighbors,
  kAddNeighbors,
  kRemoveNeighbors,
  kGetMissingTransactions,
  kUnknown,
};
inline constexpr std::size_t kIriCommandCount = static_cast<std::size_t>(IriCommand::kUnknown) + 1;

// "getNodeInfo"; "unknown".
std::string_view name_of(IriCommand command);

// What a command does decides who may send it and where it runs.
enum class IriWork {
  kReading,      // of the ledger, at once
  kManaging,     // the node, at once
  kStoring,      // waits for the disk
  kProofOfWork,  // takes all cores, for long
};
IriWork work_of(IriCommand command);

class IriRequest {
 public:
  using Fields = simdjson::dom::object;

  static Result<IriRequest> parse(std::string_view body);
  IriCommand command() const { return command_; }
  // As it was sent; valid as long as this lives.
  std::string_view command_text() const { return command_text_; }
  const Fields& fields() const { return fields_; }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;  // what the fields lie in
  Fields fields_;
  IriCommand command_ = IriCommand::kUnknown;
  std::string_view command_text_;
};

}  // namespace glucoledger::node
