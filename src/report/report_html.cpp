#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "report/charts.h"
#include "report/report.h"
#include "report/words.h"

namespace glucoledger::report {
namespace {

constexpr std::size_t kDaysShownMax = 98;  // fourteen weeks

constexpr std::string_view kStyle = R"(
:root { color: #1b2733; background: #fff; font: 15px/1.45 "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
header { border-bottom: 2px solid #1f4e79; padding-bottom: .8rem; margin-bottom: 1.2rem; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; color: #1f4e79; }
h2 { font-size: 1.1rem; margin: 0 0 .6rem; color: #1f4e79; }
p { margin: .2rem 0; }
.person { font-weight: 600; overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: .3rem 1.8rem; margin: .6rem 0 0; }
.facts dt { font-size: .8rem; color: #4b5a68; }
.facts dd { margin: 0; font-weight: 600; }
.warning { border-left: 4px solid #b35c00; background: #fff6e9; padding: .5rem .8rem; margin: .8rem 0 0; }
.columns { display: grid; grid-template-columns: 5fr 6fr; gap: 0 2rem; }
.ranges { margin-bottom: .8rem; }
section { margin-bottom: 1.6rem; break-inside: avoid; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .25rem .4rem; border-bottom: 1px solid #d8dfe6; vertical-align: baseline; }
thead th { font-size: .8rem; font-weight: 600; color: #4b5a68; }
tbody th { font-weight: 400; }
td.value { font-weight: 600; white-space: nowrap; }
.note { font-size: .82rem; color: #4b5a68; margin-top: .5rem; }
svg { display: block; width: 100%; height: auto; font-family: inherit; }
svg.colors { position: absolute; width: 0; height: 0; }
svg text { fill: #1b2733; }
.axis { font-size: 12px; fill: #4b5a68; }
.label { font-size: 14px; font-weight: 600; }
.percent { font-size: 17px; font-weight: 700; }
.strong { font-weight: 700; fill: #1f6f3a; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.leader { fill: none; stroke: #9aa7b3; }
.target { fill: #e6f4e6; }
.target-line { stroke: #1f6f3a; stroke-width: 1.6; }
.bound-line { stroke: #9aa7b3; stroke-dasharray: 4 4; }
.grid { stroke: #dde3e9; }
.outer { fill: #9cc3e6; fill-opacity: .6; }
.inner { fill: #4a86c0; fill-opacity: .65; }
.edge { fill: none; stroke: #5b8fc0; stroke-dasharray: 5 3; }
.median { fill: none; stroke: #0b2e52; stroke-width: 3; stroke-linejoin: round; }
.trace { fill: none; stroke: url(#by-range); stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
.weeks { display: grid; grid-template-columns: repeat(7, 1fr); gap: .3rem; }
.weeks .weekday { font-size: .8rem; font-weight: 600; color: #4b5a68; text-align: center; }
.weeks figure { margin: 0; border: 1px solid #d8dfe6; break-inside: avoid; }
.weeks .empty { border: 1px dashed #d8dfe6; }
.weeks figcaption { display: flex; justify-content: space-between; font-size: .72rem; padding: 0 .25rem; }
footer { border-top: 1px solid #d8dfe6; padding-top: .6rem; }
@page { size: A4; margin: 10mm; }
@media print {
  :root { font-size: 9.8px; }
  body { max-width: none; padding: 0; }
  section { margin-bottom: .5rem; }
  .profile { width: 78%; margin: 0 auto; }
  .daily { break-inside: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
@media screen and (max-width: 44rem) {
  .columns { grid-template-columns: 1fr; }
  .weeks { grid-template-columns: repeat(2, 1fr); }
  .weeks .weekday, .weeks .empty { display: none; }
}
)";

std::string fact(std::string_view name, std::string_view value) {
  return "<div><dt>" + std::string(name) + "</dt><dd>" + escaped(value) + "</dd></div>";
}

std::string header_html(const Report& report) {
  std::string html = "<header><h1>" + escaped(report.title) + "</h1>";
  if (!report.person.empty()) html += "<p class=\"person\">" + escaped(report.person) + "</p>";
  html += "<dl class=\"facts\">";
  html += fact("Time span", minute_text(report.first) + " to " + minute_text(report.last));
  html += fact("Days with readings", std::to_string(report.days_of_wear));
  html += fact("Sensor active", report.active_percent ? percent_text(*report.active_percent) : kNotEnoughData);
  html += fact("Readings", count_text(report.readings));
  if (report.interval_minutes) {
    html += fact("Usual interval", number_text(*report.interval_minutes, 0) + " min");
  }
  html += "</dl>";
  const std::string warning = wear_warning(report);
  if (!warning.empty()) html += "<p class=\"warning\">" + escaped(warning) + "</p>";
  return html + "</header>";
}

std::string row(std::string_view name, std::string_view value, std::string_view target) {
  return "<tr><th scope=\"row\">" + escaped(name) + "</th><td class=\"value\">" + escaped(value) + "</td><td>" +
         escaped(target) + "</td></tr>";
}

std::string table_head(std::string_view third) {
  return "<table><thead><tr><th scope=\"col\">Figure</th><th scope=\"col\">Value</th><th scope=\"col\">" +
         std::string(third) + "</th></tr></thead><tbody>";
}

std::string targets_html(const Report& report) {
  const auto percent = [&](cgm::Range range) { return report.range_percent[static_cast<std::size_t>(range)]; };
  const bool mg_dl = report.main_unit == cgm::Unit::kMgDl;
  const double above = percent(cgm::Range::kHigh) + percent(cgm::Range::kVeryHigh);
  const double below = percent(cgm::Range::kLow) + percent(cgm::Range::kVeryLow);
  const auto verdict = [](std::string target, bool met) { return std::move(target) + (met ? ", met" : ", not met"); };
  std::string html = table_head("Target");
  html += row(mg_dl ? "Above 250 mg/dL" : "Above 13.9 mmol/L", percent_text(percent(cgm::Range::kVeryHigh)),
              verdict("< 5 %", percent(cgm::Range::kVeryHigh) < 5));
  html += row(mg_dl ? "Above 180 mg/dL" : "Above 10.0 mmol/L", percent_text(above), verdict("< 25 %", above < 25));
  html += row(mg_dl ? "In range, 70-180 mg/dL" : "In range, 3.9-10.0 mmol/L",
              percent_text(percent(cgm::Range::kInRange)), verdict("> 70 %", percent(cgm::Range::kInRange) > 70));
  html += row(mg_dl ? "Below 70 mg/dL" : "Below 3.9 mmol/L", percent_text(below), verdict("< 4 %", below < 4));
  html += row(mg_dl ? "Below 54 mg/dL" : "Below 3.0 mmol/L", percent_text(percent(cgm::Range::kVeryLow)),
              verdict("< 1 %", percent(cgm::Range::kVeryLow) < 1));
  return html +
         "</tbody></table><p class=\"note\">Targets for most adults with type 1 or type 2 diabetes; others hold "
         "in pregnancy and for older or frail people.</p>";
}

std::string figures_html(const Report& report) {
  const auto glucose = [&](std::optional<double> value) { return glucose_both_text(value, report.main_unit); };
  std::string html = table_head("Usual target, meaning");
  html += row("Mean glucose", glucose(report.mean_mg_dl), "< " + glucose_text(154, report.main_unit));
  html += row("Management indicator (GMI)", number_text(report.gmi_percent, 1) + " %", "< 7 %");
  html += row("Variation (CV)", report.cv_percent ? percent_text(*report.cv_percent) : kNotEnoughData, "36 % or less");
  html += row("Standard deviation", glucose(report.sd_mg_dl), "");
  html += row("Median", glucose(report.median_mg_dl), "");
  html += row("Interquartile range", glucose(report.iqr_mg_dl), "");
  html += row("Lowest reading", glucose(report.min_mg_dl), "");
  html += row("Highest reading", glucose(report.max_mg_dl), "");
  html += row("Excursions (MAGE)", glucose(report.mage_mg_dl), "mean height of the swings");
  html += row("Risk of lows (LBGI)", number_text(report.lbgi, 2), "high above 5");
  html += row("Risk of highs (HBGI)", number_text(report.hbgi, 2), "high above 9");
  html += row("Glycemia risk (GRI)", number_text(report.gri, 1), "0 best, 100 worst");
  return html + "</tbody></table>";
}

std::string profile_html(const Report& report) {
  std::string html = "<section><h2>Ambulatory glucose profile</h2>";
  if (report.profile.empty())
    return html + "<p>" + std::string(kNotEnoughData) + ": it wants three days.</p></section>";
  return html + profile_chart(report) +
         "<p class=\"note\">All days laid over each other: the dark line is the median, the dark band holds half of "
         "the "
         "readings, the light band 90 %. The green band is the target range.</p></section>";
}

std::string day_html(const DayCurve& day, const Report& report) {
  return "<figure><figcaption><span>" + date_text(day.day) + "</span><span>" +
         glucose_number_text(day.mean_mg_dl, report.main_unit) + "</span></figcaption>" + day_chart(day, report) +
         "</figure>";
}

std::string days_html(const Report& report) {
  constexpr std::array<std::string_view, 7> kWeekdays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  const std::size_t shown = std::min(report.days.size(), kDaysShownMax);
  std::string html = "<section class=\"daily\"><h2>Daily glucose</h2>" + day_chart_colors() + "<div class=\"weeks\">";
  for (const auto weekday : kWeekdays) html += "<div class=\"weekday\">" + std::string(weekday) + "</div>";

  // Weeks without any reading are left out whole.
  std::optional<std::chrono::sys_days> week;  // by its Monday
  unsigned column = 0;                        // to fill next
  const auto fill_up_to = [&](unsigned end) {
    for (; column < end; ++column) html += "<div class=\"empty\"></div>";
  };
  for (std::size_t i = report.days.size() - shown; i < report.days.size(); ++i) {
    const std::chrono::sys_days day{report.days[i].day};
    const auto days_after_monday = std::chrono::weekday{day} - std::chrono::Monday;
    if (week != day - days_after_monday) {
      if (week) fill_up_to(kWeekdays.size());
      week = day - days_after_monday;
      column = 0;
    }
    fill_up_to(static_cast<unsigned>(days_after_monday.count()));
    html += day_html(report.days[i], report);
    ++column;
  }
  html += "</div><p class=\"note\">Each box is a day from 0:00 to 24:00 and 0 to " +
          glucose_text(400, report.main_unit) +
          ", with its mean at the top right. Green band: target range. Orange above it, red below it.";
  if (shown < report.days.size()) {
    html += " The last " + std::to_string(shown) + " of " + std::to_string(report.days.size()) + " days.";
  }
  return html + "</p></section>";
}

std::string footer_html(const Report& report) {
  std::string html = "<footer class=\"note\"><p>";
  if (report.at_limit_readings > 0) {
    html += count_text(report.at_limit_readings) +
            " readings were above or below what the sensor measures and count at its limit. ";
  }
  if (report.absent_readings > 0)
    html += count_text(report.absent_readings) + " readings without a value are left out. ";
  if (report.repeated_readings > 0) html += count_text(report.repeated_readings) + " repeated readings are left out. ";
  return html +
         "Times are the wearer's local time. Ranges and targets: international consensus on time in range, "
         "Diabetes Care 2019;42:1593. Figures as R's iglu 4 computes them. Made by glucoledger " GLUCOLEDGER_VERSION
         "; not a medical device.</p></footer>";
}

}  // namespace

std::string report_html(const Report& report) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" +
      escaped(report.title) + "</title><style>" + std::string(kStyle) + "</style></head>\n<body>";
  html += header_html(report);
  html += "<main><div class=\"columns\"><section><h2>Time in ranges</h2>" + ranges_chart(report) +
          targets_html(report) + "</section>\n";
  html += "<section><h2>Glucose figures</h2>" + figures_html(report) + "</section></div>\n";
  html += profile_html(report) + "\n";
  html += days_html(report) + "</main>\n";
  html += footer_html(report) + "</body></html>\n";
  return html;
}

}  // namespace glucoledger::report
