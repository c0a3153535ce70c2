#include "exchange/fetch_report.h"

#include <algorithm>

#include "base/advice.h"

namespace glucoledger::exchange {
namespace {

// Where the fault itself knows no better.
std::string usual_next_step(FetchState state) {
  switch (state) {
    case FetchState::kPruned:
      return "all else was read; whether another node or store still holds it, the patient or its operator can tell";
    case FetchState::kUnreachable:
      return "nothing is lost: fetch again later";
    case FetchState::kCorrupt:
      return "it was left out; ask the patient whether this ledger can be trusted";
    case FetchState::kFound:
    case FetchState::kNotYet:
    case FetchState::kClosed:
      break;
  }
  return "";
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
  if (error.next_step.empty() && error.advice == Advice::kNone) error.next_step = usual_next_step(state_of_it);
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
