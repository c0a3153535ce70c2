// What an ErrorCode is to those outside: a script by the exit code, a caller over HTTP by the status, and a FHIR client
// by an OperationOutcome. One table, so that all of them tell the same.
//
// What a code says of a patient's records, and the other way round, is exchange/fetch_state.h. The IRI API answers as
// IRI did (docs/iri-api.md). Source: https://hl7.org/fhir/R4/valueset-issue-type.html,
// https://hl7.org/fhir/R4/valueset-issue-severity.html.
#pragma once

#include <array>
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

struct ErrorRow {
  ErrorCode code;
  std::string_view name;  // "NOT FOUND"
  ExitCode exit_code;
  int http_status;
  std::string_view issue;     // OperationOutcome.issue.code
  std::string_view severity;  // OperationOutcome.issue.severity
};

// In the order of ErrorCode.
inline constexpr std::array<ErrorRow, 11> kErrorTable{{
    {ErrorCode::kFailed, "FAILED", ExitCode::kFailed, 500, "exception", "fatal"},
    {ErrorCode::kUsage, "WRONG USAGE", ExitCode::kUsage, 400, "invalid", "error"},
    {ErrorCode::kInputRefused, "REFUSED", ExitCode::kInputRefused, 422, "invalid", "error"},
    // It came from a ledger, a node or a store behind this program, or from this program's own disk.
    {ErrorCode::kCorrupt, "CORRUPT", ExitCode::kInputRefused, 502, "processing", "error"},
    {ErrorCode::kNotFound, "NOT FOUND", ExitCode::kNotFound, 404, "not-found", "error"},
    {ErrorCode::kNotAllowed, "NOT ALLOWED", ExitCode::kNotAllowed, 403, "forbidden", "error"},
    {ErrorCode::kUnreachable, "UNREACHABLE", ExitCode::kUnreachable, 503, "transient", "error"},
    {ErrorCode::kPruned, "PRUNED", ExitCode::kFailed, 410, "deleted", "error"},
    {ErrorCode::kNewerFormat, "NEWER FORMAT", ExitCode::kInputRefused, 422, "not-supported", "error"},
    {ErrorCode::kInterrupted, "INTERRUPTED", ExitCode::kFailed, 503, "transient", "error"},
    {ErrorCode::kBusy, "BUSY", ExitCode::kBusy, 503, "lock-error", "error"},
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
