// Ctrl-C and SIGTERM as a token, which the commands hand to the work that they start: it stops cleanly and loses
// nothing.
//
// The other questions are for commands alone.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/cancel.h"

namespace glucoledger::apps {

void install_interrupt_handlers();  // SIGINT, SIGTERM, SIGHUP; a second signal ends the process at once
bool interrupted();
// Tripped by the first signal: what commands hand to the work that they start.
base::CancelToken interrupt_token();
// Sleeps, or returns early (true) when interrupted.
bool sleep_or_interrupted(std::int64_t duration_ms);

}  // namespace glucoledger::apps
