#include "exchange/fetch_report.h"

#include <algorithm>
#include <array>

namespace glucoledger::exchange {

std::string_view name_of(FetchState state) {
  constexpr std::array<std::string_view, 6> kNames = {"FOUND", "NOT YET", "CLOSED", "PRUNED", "UNREACHABLE", "CORRUPT"};
  return kNames.at(static_cast<std::size_t>(state));
}

FetchState fetch_state_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kPruned:
    case ErrorCode::kNotFound:
      return FetchState::kPruned;
    case ErrorCode::kCorrupt:
    case ErrorCode::kInputRefused:
    case ErrorCode::kNewerFormat:
      return FetchState::kCorrupt;
    default:
      return FetchState::kUnreachable;
  }
}

void FetchReport::add_problem(FetchState state_of_it, std::string days, std::string reason) {
  const bool known = std::any_of(problems.begin(), problems.end(), [&](const FetchProblem& problem) {
    return problem.state == state_of_it && problem.days == days && problem.reason == reason;
  });
  if (!known) problems.push_back({state_of_it, std::move(days), std::move(reason)});
}

void FetchReport::conclude() {
  state = new_records > 0 ? FetchState::kFound : closed ? FetchState::kClosed : FetchState::kNotYet;
  for (const auto worst : {FetchState::kUnreachable, FetchState::kPruned, FetchState::kCorrupt}) {
    const bool any = std::any_of(problems.begin(), problems.end(), [&](const auto& one) { return one.state == worst; });
    if (any) state = worst;
  }
}

}  // namespace glucoledger::exchange
