// Ctrl-C and SIGTERM as a token, which the commands hand to the work that they start: it stops cleanly and loses
// nothing.
//
// The other questions are for commands alone.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/cancel.h"

namespace glucoledger::base {

void install_interrupt_handlers();  // SIGINT, SIGTERM, SIGHUP; a second signal ends the process at once
bool interrupted();
CancelToken interrupt_token();  // cancelled by the first signal: what commands hand to the work that they start
const std::atomic<bool>& interrupt_flag();  // for work that polls a flag of its own accord
// The same as a token, for work that is handed one.
CancelToken interrupt_token();
void request_interrupt();  // as if a signal had come (tests, servers)
// Sleeps, or returns early (true) when interrupted.
bool sleep_or_interrupted(std::int64_t duration_ms);

}  // namespace glucoledger::base
