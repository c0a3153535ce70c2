// Tells the service manager (systemd's notify protocol) how the node stands: a datagram to $NOTIFY_SOCKET, and nothing
// where there is none. Source: sd_notify(3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace glucoledger::node {

// "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..."
void notify_service_manager(std::string_view state);
// How often the service manager wants to hear WATCHDOG=1 at least; nothing when it does not.
std::optional<std::int64_t> watchdog_interval_ms();

}  // namespace glucoledger::node
