#include "apps/exit_code_words.h"

#include <string_view>

#include "base/error_table.h"

namespace glucoledger::apps {
namespace {

// No default: the compiler refuses a code without words.
std::string_view words_of(base::ExitCode code) {
  switch (code) {
    case base::ExitCode::kDone:
      return "done: FOUND, or NOT YET, which is nothing new";
    case base::ExitCode::kFailed:
      return "the work failed; also PRUNED: it was there, and is gone from the node or store";
    case base::ExitCode::kUsage:
      return "wrong usage";
    case base::ExitCode::kInputRefused:
      return "input refused; also CORRUPT: a signature, hash or tag does not fit";
    case base::ExitCode::kNotFound:
      return "never seen: no such file, patient, grant, message";
    case base::ExitCode::kNotAllowed:
      return "not allowed; also CLOSED: revoked, also when there was something new before the end";
    case base::ExitCode::kUnreachable:
      return "UNREACHABLE: what was asked is recorded and waits, or may be repeated; the text says which";
    case base::ExitCode::kBusy:
      return "BUSY: another process holds what this needs; nothing was changed";
  }
  return "";
}

}  // namespace

std::string exit_code_table() {
  std::string text = "Exit codes:\n";
  for (int code = 0; code <= static_cast<int>(base::ExitCode::kBusy); ++code) {
    text += "  " + std::to_string(code) + "  " + std::string(words_of(static_cast<base::ExitCode>(code))) + "\n";
  }
  return text + "Where several apply: 3, 1, 6, 7, 5, 4. --help after a command's name says what they mean there.\n";
}

}  // namespace glucoledger::apps
