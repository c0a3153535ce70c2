#include "exchange/fetch_report.h"

#include <algorithm>

#include "base/advice.h"

namespace glucoledger::exchange {
namespace {

// Where the fault itself knows no better.
Advice usual_advice(FetchState state) {
  switch (state) {
    case FetchState::kPruned:
      return Advice::kAskWhoHoldsIt;
    case FetchState::kUnreachable:
      return Advice::kFetchLater;
    case FetchState::kCorrupt:
      return Advice::kAskWhetherToTrust;
    case FetchState::kFound:
    case FetchState::kNotYet:
    case FetchState::kClosed:
      break;
  }
  return Advice::kNone;
}

}  // namespace

void FetchReport::add_problem(FetchState state_of_it, std::string days, std::string reason) {
  add_problem(state_of_it, std::move(days), Error{{}, std::move(reason), "", {}});
}

void FetchReport::add_problem(FetchState state_of_it, std::string days, Error error) {
  const bool known = std::any_of(problems.begin(), problems.end(), [&](const FetchProblem& problem) {
    return problem.state == state_of_it && problem.days == days && problem.reason == error.message;
  });
  if (known) return;
  if (error.next_step.empty() && error.advice == Advice::kNone) error.advice = usual_advice(state_of_it);
  problems.push_back(
      {state_of_it, std::move(days), std::move(error.message), std::move(error.next_step), error.advice});
}

void FetchReport::conclude() {
  state = new_records > 0 ? FetchState::kFound : closed ? FetchState::kClosed : FetchState::kNotYet;
  for (const auto worst : {FetchState::kUnreachable, FetchState::kPruned, FetchState::kCorrupt}) {
    const bool any = std::any_of(problems.begin(), problems.end(), [&](const auto& one) { return one.state == worst; });
    if (any) state = worst;
  }
}

}  // namespace glucoledger::exchange
