// --since and --until: local days.
#pragma once

#include <string>

#include "home/readings.h"

namespace glucoledger::apps {

// Empty texts: without bound. kUsage: not a day of the calendar, or the wrong way round.
Result<home::DayRange> day_range(const std::string& since, const std::string& until);

}  // namespace glucoledger::apps
