#include "base/child_process.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace glucoledger::base {
namespace {

const Error kRefusal{ErrorCode::kInputRefused, "too much work", "give less"};
constexpr ChildBounds kBounds{.time_ms = 60'000, .memory_size = std::uint64_t{256} << 20, .result_size_max = 100};

Result<SecretBytes> run(const std::function<Result<SecretBytes>()>& work, const ChildBounds& bounds = kBounds,
                        const CancelToken& cancel = {}) {
  return run_in_child(work, bounds, kRefusal, cancel);
}

TEST(ChildProcessTest, ReturnsWhatTheWorkReturns) {
  const auto text = run([] { return SecretBytes(to_bytes("found")); });
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(text->text(), "found");
  const auto error = run([]() -> Result<SecretBytes> { return fail(ErrorCode::kCorrupt, "a message", "a step"); });
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(error.error().message, "a message");
  EXPECT_EQ(error.error().next_step, "a step");
}

TEST(ChildProcessTest, WhatTheWorkChangesIsLost) {
  int changed = 0;
  ASSERT_TRUE(run([&] {
    changed = 1;
    return SecretBytes(to_bytes("x"));
  }));
  EXPECT_EQ(changed, 0);
}

TEST(ChildProcessTest, EndsWithTheWorkThatCrashesOrTakesTooMuch) {
  const auto is_refused = [](const Result<SecretBytes>& result) {
    return !result && result.error().code == ErrorCode::kInputRefused && result.error().message == "too much work";
  };
  EXPECT_TRUE(is_refused(run([]() -> Result<SecretBytes> { ::_exit(1); })));
  EXPECT_TRUE(is_refused(run([]() -> Result<SecretBytes> { throw std::bad_alloc(); })));
  EXPECT_TRUE(is_refused(run([] { return SecretBytes(std::size_t{101}); })));
  ChildBounds brief = kBounds;
  brief.time_ms = 30;
  EXPECT_TRUE(is_refused(run(
      []() -> Result<SecretBytes> {
        while (true) ::pause();
      },
      brief)));
}

TEST(ChildProcessTest, EndsWhenCancelled) {
  CancelSource source;
  source.trip();
  const auto result = run(
      []() -> Result<SecretBytes> {
        while (true) ::pause();
      },
      kBounds, source.token());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInterrupted);
}

}  // namespace
}  // namespace glucoledger::base
