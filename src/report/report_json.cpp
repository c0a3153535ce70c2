#include <nlohmann/json.hpp>
#include <string>

#include "report/report.h"
#include "report/words.h"

namespace glucoledger::report {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(std::optional<double> value) {
  return value ? Json(*value) : Json(nullptr);
}

Json profile_json(const std::vector<ProfilePoint>& points) {
  Json json = Json::array();
  for (const ProfilePoint& point : points) {
    json.push_back({{"minute", point.minute},
                    {"p5", point.p5},
                    {"p25", point.p25},
                    {"p50", point.p50},
                    {"p75", point.p75},
                    {"p95", point.p95}});
  }
  return json;
}

Json days_json(const std::vector<DayCurve>& days) {
  Json json = Json::array();
  for (const DayCurve& day : days) {
    json.push_back({{"date", date_text(day.day)}, {"readings", day.points.size()}, {"mean_mg_dl", day.mean_mg_dl}});
  }
  return json;
}

}  // namespace

Json report_json(const Report& report) {
  const auto percent = [&](cgm::Range range) { return report.range_percent[static_cast<std::size_t>(range)]; };
  Json json;
  json["title"] = report.title;
  if (!report.person.empty()) json["person"] = report.person;
  json["readings"] = report.readings;
  json["absent_readings"] = report.absent_readings;
  json["at_limit_readings"] = report.at_limit_readings;
  json["repeated_readings"] = report.repeated_readings;
  json["from"] = instant_text(report.first);
  json["to"] = instant_text(report.last);
  json["unit"] = unit_text(report.main_unit);
  json["days_of_wear"] = report.days_of_wear;
  json["span_days"] = report.span_days;
  json["interval_minutes"] = or_null(report.interval_minutes);
  json["active_percent"] = or_null(report.active_percent);
  json["enough_wear"] = report.enough_wear;
  json["mean_mg_dl"] = report.mean_mg_dl;
  json["median_mg_dl"] = report.median_mg_dl;
  json["min_mg_dl"] = report.min_mg_dl;
  json["max_mg_dl"] = report.max_mg_dl;
  json["sd_mg_dl"] = or_null(report.sd_mg_dl);
  json["cv_percent"] = or_null(report.cv_percent);
  json["iqr_mg_dl"] = or_null(report.iqr_mg_dl);
  json["gmi_percent"] = report.gmi_percent;
  json["below_54_percent"] = percent(cgm::Range::kVeryLow);
  json["from_54_to_69_percent"] = percent(cgm::Range::kLow);
  json["from_70_to_180_percent"] = percent(cgm::Range::kInRange);
  json["from_181_to_250_percent"] = percent(cgm::Range::kHigh);
  json["above_250_percent"] = percent(cgm::Range::kVeryHigh);
  json["lbgi"] = report.lbgi;
  json["hbgi"] = report.hbgi;
  json["gri"] = report.gri;
  json["mage_mg_dl"] = or_null(report.mage_mg_dl);
  json["hourly_mg_dl"] = profile_json(report.hourly_profile);
  json["days"] = days_json(report.days);
  return json;
}

}  // namespace glucoledger::report
