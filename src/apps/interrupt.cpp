#include "apps/interrupt.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

namespace glucoledger::apps {
namespace {

std::atomic<bool> interrupted_flag{false};

// Never destroyed: a signal may come at any time.
base::CancelSource& interrupt_source() {
  static base::CancelSource& source = *new base::CancelSource;
  return source;
}

void handle(int signal_number) {
  interrupt_source().trip();
  if (interrupted_flag.exchange(true)) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
  }
}

}  // namespace

// Without SA_RESTART: who waits for input that does not come is told, by EINTR.
void install_interrupt_handlers() {
  interrupt_source();  // made here, and not by the handler
  struct sigaction action {};
  action.sa_handler = handle;
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal_number, &action, nullptr);
  // A reader who is gone, and a limit on the size of files, are told by errors.
  for (const int signal_number : {SIGPIPE, SIGXFSZ}) std::signal(signal_number, SIG_IGN);
}

bool interrupted() {
  return interrupted_flag.load(std::memory_order_relaxed);
}

base::CancelToken interrupt_token() {
  return interrupt_source().token();
}

bool sleep_or_interrupted(std::int64_t duration_ms) {
  constexpr std::int64_t kStepMs = 50;
  for (std::int64_t slept = 0; slept < duration_ms && !interrupted(); slept += kStepMs) {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(kStepMs, duration_ms - slept)));
  }
  return interrupted();
}

}  // namespace glucoledger::apps
