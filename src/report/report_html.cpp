#include "report/report.h"
namespace glucoledger::report {
std::string report_html(const Report& r) {
  return r.title;
}
}  // namespace glucoledger::report
