// Puts load on an HTTP server: a fixed number of connections, each with one request under way, as clients of a node do.
//
// One thread, epoll and plain sockets, so that it takes little of the machine that it measures: requests are sent from
// the bytes that were prepared, and of an answer only status and length are read. The time of a request runs from the
// first byte sent to the last byte received. A connection that breaks counts as an error and is opened anew.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "http/client.h"

namespace glucoledger::bench {

struct LoadRequest {
  std::size_t kind = 0;                   // what it is counted under
  std::array<std::string_view, 3> parts;  // of the body; they live as long as the run
};
using NextRequest = std::function<std::optional<LoadRequest>()>;  // nothing: no more requests

struct LoadOptions {
  locator::Endpoint endpoint;
  std::size_t connections = 8;
  std::size_t kinds = 1;
  double seconds_max = 60;         // no request starts later
  double answer_seconds_max = 30;  // no answer for so long on any connection: the run ends
};

struct KindFigures {
  std::uint64_t errors = 0;               // answers other than 200, and broken connections
  std::vector<std::uint32_t> latency_us;  // of the answers with status 200, sorted
};

struct LoadFigures {
  double seconds = 0;      // from the first request to the last answer
  double cpu_seconds = 0;  // what this generator itself used of them
  std::vector<KindFigures> kinds;
  std::string first_error;  // the beginning of the first answer that was none
};

// kUnreachable when no connection can be opened, or nothing is answered any more.
Result<LoadFigures> run_load(const LoadOptions& options, const NextRequest& next, const base::CancelToken& cancel);

}  // namespace glucoledger::bench
