#include "base/error_table.h"

#include <gtest/gtest.h>

#include <set>

namespace glucoledger::base {
namespace {

// A code that is added without a row fails to compile here (-Wswitch), and then below.
std::size_t position_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kFailed:
    case ErrorCode::kUsage:
    case ErrorCode::kInputRefused:
    case ErrorCode::kCorrupt:
    case ErrorCode::kNotFound:
    case ErrorCode::kNotAllowed:
    case ErrorCode::kUnreachable:
    case ErrorCode::kPruned:
    case ErrorCode::kNewerFormat:
    case ErrorCode::kInterrupted:
    case ErrorCode::kBusy:
      break;
  }
  return static_cast<std::size_t>(code);
}

TEST(ErrorTable, HasARowForEveryCode) {
  EXPECT_EQ(kErrorTable.size(), position_of(ErrorCode::kBusy) + 1);  // the last one
  for (std::size_t i = 0; i < kErrorTable.size(); ++i) {
    EXPECT_EQ(position_of(kErrorTable[i].code), i);
    EXPECT_EQ(&error_row(kErrorTable[i].code), &kErrorTable[i]);
  }
}

TEST(ErrorTable, TellsNoErrorAsSuccess) {
  std::set<std::string_view> names;
  for (const auto& row : kErrorTable) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_NE(row.exit_code, ExitCode::kDone) << row.name;
    EXPECT_GE(row.http_status, 400) << row.name;
    EXPECT_LT(row.http_status, 600) << row.name;
  }
}

// Of the required value sets issue-type and issue-severity, as FHIR R4 (4.0.1) lists them.
TEST(ErrorTable, SpeaksFhir) {
  const std::set<std::string_view> types{
      "invalid",          "structure", "required",     "value",      "invariant",    "security",      "login",
      "unknown",          "expired",   "forbidden",    "suppressed", "processing",   "not-supported", "duplicate",
      "multiple-matches", "not-found", "deleted",      "too-long",   "code-invalid", "extension",     "too-costly",
      "business-rule",    "conflict",  "transient",    "lock-error", "no-store",     "exception",     "timeout",
      "incomplete",       "throttled", "informational"};
  const std::set<std::string_view> severities{"fatal", "error", "warning", "information"};
  for (const auto& row : kErrorTable) {
    EXPECT_TRUE(types.contains(row.issue)) << row.issue;
    EXPECT_TRUE(severities.contains(row.severity)) << row.severity;
  }
}

// What scripts rely on.
TEST(ErrorTable, KeepsExitCodes) {
  const auto number = [](ErrorCode code) { return static_cast<int>(exit_code_of(code)); };
  EXPECT_EQ(number(ErrorCode::kFailed), 1);
  EXPECT_EQ(number(ErrorCode::kPruned), 1);
  EXPECT_EQ(number(ErrorCode::kInterrupted), 1);
  EXPECT_EQ(number(ErrorCode::kUsage), 2);
  EXPECT_EQ(number(ErrorCode::kInputRefused), 3);
  EXPECT_EQ(number(ErrorCode::kCorrupt), 3);
  EXPECT_EQ(number(ErrorCode::kNewerFormat), 3);
  EXPECT_EQ(number(ErrorCode::kNotFound), 4);
  EXPECT_EQ(number(ErrorCode::kNotAllowed), 5);
  EXPECT_EQ(number(ErrorCode::kUnreachable), 6);
  EXPECT_EQ(number(ErrorCode::kBusy), 7);
}

TEST(ErrorTable, ChoosesTheWorseOfTwo) {
  const std::array<int, 8> worst_first{2, 3, 1, 6, 7, 5, 4, 0};
  for (std::size_t i = 0; i < worst_first.size(); ++i) {
    for (std::size_t j = i; j < worst_first.size(); ++j) {
      const auto a = static_cast<ExitCode>(worst_first[i]);
      const auto b = static_cast<ExitCode>(worst_first[j]);
      EXPECT_EQ(worse(a, b), a);
      EXPECT_EQ(worse(b, a), a);
    }
  }
}

}  // namespace
}  // namespace glucoledger::base
