// The ambulatory glucose profile: what glucose does over the day, all days laid over each other.
#pragma once

#include <span>
#include <vector>

#include "report/figures.h"
#include "report/report.h"

namespace glucoledger::report {

// Percentiles of the readings within 15 minutes of each 5-minute point, then smoothed over 50 minutes; both run over
// midnight. A point with fewer than five readings near it is left out.
std::vector<ProfilePoint> ambulatory_profile(std::span<const TracePoint> trace);

// Percentiles of each hour's readings as they are; an hour without readings is left out.
std::vector<ProfilePoint> hourly_percentiles(std::span<const TracePoint> trace);

}  // namespace glucoledger::report
