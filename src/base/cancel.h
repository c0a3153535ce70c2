// Asking work to stop. Whoever may want that keeps a CancelSource and hands its token to the call; the work asks the
// token between steps, stops cleanly and returns kInterrupted. A process has no such flag of its own below apps.
//
// Tokens are cheap to copy and thread-safe. A source made from another's token stops with it, too: a call gives its
// helpers a source of its own. What was cancelled stays so. trip() may be called by a signal handler.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

#include "base/result.h"

namespace glucoledger::base {

class CancelToken {
 public:
  CancelToken() = default;  // never cancelled
  bool cancelled() const {
    for (const State* state = state_.get(); state != nullptr; state = state->parent.get()) {
      if (state->tripped.load(std::memory_order_acquire)) return true;
    }
    return false;
  }
  // kInterrupted once cancelled: `GL_CHECK(cancel.check())`.
  Result<void> check() const;
  // Waits in real time; true as soon as cancelled.
  bool wait_ms(std::int64_t duration_ms) const;

 private:
  friend class CancelSource;
  struct State {
    std::atomic<bool> tripped{false};
    std::shared_ptr<const State> parent;
  };
  explicit CancelToken(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

class CancelSource {
 public:
  CancelSource() : CancelSource(CancelToken()) {}
  explicit CancelSource(const CancelToken& parent) : state_(std::make_shared<CancelToken::State>()) {
    state_->parent = parent.state_;
  }
  void trip() { state_->tripped.store(true, std::memory_order_release); }
  CancelToken token() const { return CancelToken(state_); }

 private:
  std::shared_ptr<CancelToken::State> state_;
};

// A token that trips with its parent, or by itself after a time; until it goes. At once where the system gives no more
// threads: nobody would end the wait.
class CancelAfter {
 public:
  CancelAfter(const CancelToken& parent, std::int64_t duration_ms) : source_(parent) {
    try {
      thread_ = std::jthread([this, duration_ms] {
        if (!over_.token().wait_ms(duration_ms)) source_.trip();
      });
    } catch (const std::exception&) {
      source_.trip();
    }
  }
  ~CancelAfter() { over_.trip(); }
  CancelToken token() const { return source_.token(); }

 private:
  CancelSource source_;
  CancelSource over_;
  std::jthread thread_;  // goes first
};

// Calls `call` with a token that trips after `patience_ms`, too: its result, or `too_late` where only that ended it.
template <typename Call>
auto within(std::int64_t patience_ms, const CancelToken& cancel, const Error& too_late, const Call& call) {
  const CancelAfter patience(cancel, patience_ms);
  auto result = call(patience.token());
  if (!result && result.error().code == ErrorCode::kInterrupted && !cancel.cancelled()) {
    result.error() = too_late;
  }
  return result;
}

}  // namespace glucoledger::base
