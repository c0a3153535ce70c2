#include "apps/device_file_options.h"

#include "apps/interrupt.h"
#include "base/clock.h"

namespace glucoledger::apps {
namespace {

// "3, 7-19, 24 (kept: 5) and 12 more": runs of lines in one, and no more than a person reads.
std::string_view describe(convert::ZoneSource source) {
  switch (source) {
    case convert::ZoneSource::kFile:
      return "the file";
    case convert::ZoneSource::kOption:
      return "--time-zone";
    case convert::ZoneSource::kHome:
      return "the home";
    case convert::ZoneSource::kMachine:
      return "this machine";
  }
  return "";
}

std::string lines_text(const convert::SkippedGroup& group) {
  constexpr std::size_t kRunsMax = 10;
  std::string text;
  std::size_t told = 0;
  std::size_t runs = 0;
  for (std::size_t i = 0; i < group.listed.size() && runs < kRunsMax; ++runs) {
    std::size_t last = i;
    while (last + 1 < group.listed.size() && group.listed[i].other_line == 0 &&
           group.listed[last + 1].other_line == 0 && group.listed[last + 1].line == group.listed[last].line + 1) {
      ++last;
    }
    text += (text.empty() ? "" : ", ") + std::to_string(group.listed[i].line);
    if (last > i) text += "-" + std::to_string(group.listed[last].line);
    if (group.listed[i].other_line != 0) text += " (kept: " + std::to_string(group.listed[i].other_line) + ")";
    told += last - i + 1;
    i = last + 1;
  }
  if (group.count > told) text += " and " + std::to_string(group.count - told) + " more";
  return text;
}

}  // namespace

void add_device_file_options(CLI::App& command, DeviceFileArguments& arguments) {
  std::string names;
  std::set<std::string> known;
  for (const auto& format : convert::device_formats()) {
    known.emplace(format.name);
    names += (names.empty() ? "" : ", ") + std::string(format.name);
  }
  command.add_option("--format", arguments.format, "Instead of recognising it by content: " + names)
      ->check(CLI::IsMember(known));
  command.add_option("--subject", arguments.subject, "Whose rows, in a file of several people");
  command.add_option("--unit", arguments.unit, "mg/dL or mmol/L, where the file does not tell")
      ->check(CLI::IsMember({"mg/dL", "mmol/L"}));
  command.add_option("--date-order", arguments.date_order, "DMY, MDY or YMD, where the file leaves it open")
      ->check(CLI::IsMember({"DMY", "MDY", "YMD"}));
  command.add_option("--time-zone", arguments.time_zone, "The zone of local times, e.g. Europe/Berlin");
}

convert::ImportOptions import_options(const DeviceFileArguments& arguments) {
  convert::ImportOptions options;
  options.cancel = interrupt_token();
  if (!arguments.format.empty()) options.format = arguments.format;
  if (!arguments.subject.empty()) options.subject = arguments.subject;
  if (!arguments.unit.empty()) options.unit = arguments.unit == "mg/dL" ? cgm::Unit::kMgDl : cgm::Unit::kMmolL;
  if (arguments.date_order == "DMY") options.date_order = convert::DateOrder::kDayMonthYear;
  if (arguments.date_order == "MDY") options.date_order = convert::DateOrder::kMonthDayYear;
  if (arguments.date_order == "YMD") options.date_order = convert::DateOrder::kYearMonthDay;
  if (!arguments.time_zone.empty()) options.time_zone = arguments.time_zone;
  options.now_ms = base::SystemClock().now_ms();
  return options;
}

std::string import_text(const convert::ImportedFile& imported) {
  std::string text;
  for (const auto& warning : imported.warnings) text += warning + "\n";
  for (const auto& group : imported.skipped) {
    text += "skipped " + std::to_string(group.count) + ": " + std::string(convert::describe(group.reason)) + ": line " +
            lines_text(group) + "\n";
  }
  text += imported.format + ": " + std::to_string(imported.readings.size()) + " readings, " +
          std::to_string(imported.skipped_count()) + " skipped";
  if (!imported.time_zone.empty()) {
    text += "; local times are those of " + imported.time_zone + " (from " +
            std::string(describe(imported.time_zone_source)) + ")";
  }
  return text + "\n";
}

nlohmann::ordered_json import_json(const convert::ImportedFile& imported) {
  auto skipped = nlohmann::ordered_json::array();
  for (const auto& group : imported.skipped) {
    auto lines = nlohmann::ordered_json::array();
    for (const auto& one : group.listed) lines.push_back(one.line);
    skipped.push_back({{"reason", convert::describe(group.reason)}, {"count", group.count}, {"lines", lines}});
  }
  return {{"format", imported.format},    {"readings", imported.readings.size()},
          {"rows", imported.rows},        {"skipped", imported.skipped_count()},
          {"skipped_by_reason", skipped}, {"time_zone", imported.time_zone},
          {"warnings", imported.warnings}};
}

}  // namespace glucoledger::apps
