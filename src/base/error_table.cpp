#include "base/error_table.h"

#include <algorithm>

namespace glucoledger::base {

ExitCode worse(ExitCode a, ExitCode b) {
  constexpr std::array<ExitCode, 8> kWorstFirst{ExitCode::kUsage,       ExitCode::kInputRefused, ExitCode::kFailed,
                                                ExitCode::kUnreachable, ExitCode::kBusy,         ExitCode::kNotAllowed,
                                                ExitCode::kNotFound,    ExitCode::kDone};
  return *std::find_if(kWorstFirst.begin(), kWorstFirst.end(), [&](ExitCode code) { return code == a || code == b; });
}

}  // namespace glucoledger::base
