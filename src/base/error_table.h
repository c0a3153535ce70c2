// What an ErrorCode is to those outside: a script by the exit code, a caller over HTTP by the status, a FHIR client by
// an OperationOutcome, and a physician by what it says of a patient's records. One table, so that all of them tell the
// same. The IRI API answers as IRI did (docs/iri-api.md). Source: https://hl7.org/fhir/R4/valueset-issue-type.html,
// https://hl7.org/fhir/R4/valueset-issue-severity.html.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace glucoledger::base {

// Fixed: scripts rely on them.
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,        // the work failed; also PRUNED
  kUsage = 2,         // wrong usage
  kInputRefused = 3,  // also CORRUPT
  kNotFound = 4,      // never seen
  kNotAllowed = 5,    // also CLOSED
  kUnreachable = 6,   // a peer or engine was not reached: what was asked is recorded, or may be repeated
  kBusy = 7,          // another process holds what is needed; nothing was changed
};

// What fetching tells of what was asked for.
enum class FetchState {
  kFound,        // new records
  kNotYet,       // nothing new
  kClosed,       // the grant is closed, and all that was released has been read
  kPruned,       // something was there, and the node or store dropped it
  kUnreachable,  // no ledger or store answers
  kCorrupt,      // something fails its check
};

struct ErrorRow {
  ErrorCode code;
  std::string_view name;  // "NOT FOUND"
  ExitCode exit_code;
  int http_status;
  std::string_view issue;     // OperationOutcome.issue.code
  std::string_view severity;  // OperationOutcome.issue.severity
  // What it means for announced records where a ledger or a store answers with it; none: it tells nothing of them.
  std::optional<FetchState> fetch_state;
};

// In the order of ErrorCode.
inline constexpr std::array<ErrorRow, 11> kErrorTable{{
    {ErrorCode::kFailed, "FAILED", ExitCode::kFailed, 500, "exception", "fatal", {}},
    {ErrorCode::kUsage, "WRONG USAGE", ExitCode::kUsage, 400, "invalid", "error", {}},
    {ErrorCode::kInputRefused, "REFUSED", ExitCode::kInputRefused, 422, "invalid", "error", FetchState::kCorrupt},
    // It came from a ledger, a node or a store behind this program, or from this program's own disk.
    {ErrorCode::kCorrupt, "CORRUPT", ExitCode::kInputRefused, 502, "processing", "error", FetchState::kCorrupt},
    // A store that never saw a file that was announced is as one that dropped it.
    {ErrorCode::kNotFound, "NOT FOUND", ExitCode::kNotFound, 404, "not-found", "error", FetchState::kPruned},
    // Of records: it answers others, not us.
    {ErrorCode::kNotAllowed, "NOT ALLOWED", ExitCode::kNotAllowed, 403, "forbidden", "error", FetchState::kUnreachable},
    {ErrorCode::kUnreachable, "UNREACHABLE", ExitCode::kUnreachable, 503, "transient", "error",
     FetchState::kUnreachable},
    {ErrorCode::kPruned, "PRUNED", ExitCode::kFailed, 410, "deleted", "error", FetchState::kPruned},
    {ErrorCode::kNewerFormat, "NEWER FORMAT", ExitCode::kInputRefused, 422, "not-supported", "error",
     FetchState::kCorrupt},
    {ErrorCode::kInterrupted, "INTERRUPTED", ExitCode::kFailed, 503, "transient", "error", {}},
    // Of records: in a moment it answers.
    {ErrorCode::kBusy, "BUSY", ExitCode::kBusy, 503, "lock-error", "error", FetchState::kUnreachable},
}};

constexpr const ErrorRow& error_row(ErrorCode code) {
  return kErrorTable[static_cast<std::size_t>(code)];
}
constexpr ExitCode exit_code_of(ErrorCode code) {
  return error_row(code).exit_code;
}

// Which of two a command ends with where both apply: wrong usage first, then 3, 1, 6, 7, 5, 4, and 0 last.
ExitCode worse(ExitCode a, ExitCode b);

}  // namespace glucoledger::base
