// The pictures of a report as SVG elements for an HTML page: no scripts, nothing loaded, titles for screen readers.
#pragma once

#include <string>

#include "report/report.h"

namespace glucoledger::report {

// The five ranges as one stacked bar, with what each holds beside it.
std::string ranges_chart(const Report& report);

// The ambulatory glucose profile: median, middle half and middle 90 % over 24 hours. Wants a profile that is not empty.
std::string profile_chart(const Report& report);

// Colours that the curves of all days share; once a page, before the first day_chart.
std::string day_chart_colors();
std::string day_chart(const DayCurve& day, const Report& report);

}  // namespace glucoledger::report
