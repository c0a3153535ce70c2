// For tests: a clock whose time passes only as the test or a wait says. Waits return at once. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/clock.h"

namespace glucoledger::base {

class TestClock : public Clock {
 public:
  // `tick_ms`: how far it goes on whenever someone looks.
  explicit TestClock(std::int64_t now_ms = 1'735'689'600'000 /* 2025-01-01 */, std::int64_t tick_ms = 0)
      : now_ms_(now_ms), tick_ms_(tick_ms) {}

  std::int64_t now_ms() const override { return now_ms_ += tick_ms_; }
  std::int64_t steady_ms() const override { return now_ms(); }
  bool wait_ms(std::int64_t duration_ms, const CancelToken& cancel) const override {
    if (cancel.cancelled()) return true;
    now_ms_ += duration_ms;
    if (on_wait_) on_wait_(duration_ms);
    return cancel.cancelled();
  }

  void set_ms(std::int64_t now_ms) { now_ms_ = now_ms; }
  void advance_ms(std::int64_t duration_ms) { now_ms_ += duration_ms; }
  // What happens in the world while someone waits; called by who waits.
  void on_wait(std::function<void(std::int64_t waited_ms)> happening) { on_wait_ = std::move(happening); }

 private:
  mutable std::atomic<std::int64_t> now_ms_;
  std::int64_t tick_ms_;
  std::function<void(std::int64_t)> on_wait_;
};

}  // namespace glucoledger::base
