#include "base/interrupt.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

namespace glucoledger::base {
namespace {

std::atomic<bool> interrupted_flag{false};

// Never destroyed: a signal may come while the program ends.
CancelSource& source() {
  static auto& kept = *new CancelSource();
  return kept;
}

void handle(int signal_number) {
  if (interrupted_flag.exchange(true)) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
  }
  source().trip();
}

}  // namespace

void install_interrupt_handlers() {
  source();  // made before a signal asks for it
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal_number, handle);
  std::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() {
  return interrupted_flag.load(std::memory_order_relaxed);
}

const std::atomic<bool>& interrupt_flag() {
  return interrupted_flag;
}

CancelToken interrupt_token() {
  return source().token();
}

void request_interrupt() {
  interrupted_flag.store(true);
  source().trip();
}

bool sleep_or_interrupted(std::int64_t duration_ms) {
  constexpr std::int64_t kStepMs = 50;
  for (std::int64_t slept = 0; slept < duration_ms && !interrupted(); slept += kStepMs) {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(kStepMs, duration_ms - slept)));
  }
  return interrupted();
}

}  // namespace glucoledger::base
