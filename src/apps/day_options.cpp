#include "apps/day_options.h"

#include "cgm/local_day.h"

namespace glucoledger::apps {

Result<home::DayRange> day_range(const std::string& since, const std::string& until) {
  home::DayRange range;
  if (!since.empty()) range.since = since;
  if (!until.empty()) range.until = until;
  for (const auto& day : {range.since, range.until}) {
    if (day && !cgm::days_since_epoch(*day)) {
      return fail(ErrorCode::kUsage, "--since and --until take days of the calendar",
                  "write them YYYY-MM-DD, such as 2026-01-31");
    }
  }
  if (range.since && range.until && *range.until < *range.since) {
    return fail(ErrorCode::kUsage, "--until lies before --since", "exchange them, or leave one out");
  }
  return range;
}

}  // namespace glucoledger::apps
