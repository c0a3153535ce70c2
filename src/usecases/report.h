// The glucose report of a patient's own readings, or of a patient's records in a clinic's home.
#pragma once

#include <optional>
#include <string>

#include "home/home.h"
#include "home/readings.h"
#include "report/report.h"

namespace glucoledger::usecases {

struct ReportRequest {
  std::optional<std::string> patient;  // in a clinic's home: whose; may be left out where there is one
  home::DayRange days;
};

// kUsage: a clinic's home that must be told whose; a patient's that was. kNotFound: no patient of this name.
Result<report::Report> report_on(home::Home& home, const ReportRequest& request);

}  // namespace glucoledger::usecases
