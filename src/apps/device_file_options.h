// The options by which a device file is read, and the report of what was left out: for `import` and `fhir convert`.
#pragma once

#include <string>
#include <string_view>

#include "apps/command.h"
#include "convert/device_file.h"

namespace glucoledger::apps {

struct DeviceFileArguments {
  std::string format;
  std::string subject;
  std::string unit;
  std::string date_order;
  std::string time_zone;
};

void add_device_file_options(CLI::App& command, DeviceFileArguments& arguments);
convert::ImportOptions import_options(const DeviceFileArguments& arguments);

// Warnings, what was skipped by reason and line, and a closing line; nothing of a row's content.
std::string import_text(const convert::ImportedFile& imported);
nlohmann::ordered_json import_json(const convert::ImportedFile& imported);

}  // namespace glucoledger::apps
