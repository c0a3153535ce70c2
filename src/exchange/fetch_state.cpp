#include "exchange/fetch_state.h"

#include <array>

namespace glucoledger::exchange {

std::string_view name_of(FetchState state) {
  constexpr std::array<std::string_view, 6> kNames = {"FOUND", "NOT YET", "CLOSED", "PRUNED", "UNREACHABLE", "CORRUPT"};
  return kNames.at(static_cast<std::size_t>(state));
}

ErrorCode error_code_of(FetchState state) {
  switch (state) {
    case FetchState::kPruned:
      return ErrorCode::kPruned;
    case FetchState::kUnreachable:
      return ErrorCode::kUnreachable;
    case FetchState::kCorrupt:
      return ErrorCode::kCorrupt;
    case FetchState::kClosed:
      return ErrorCode::kNotAllowed;
    case FetchState::kFound:
    case FetchState::kNotYet:
      break;
  }
  GL_ASSERT(false);
  return ErrorCode::kFailed;
}

}  // namespace glucoledger::exchange
