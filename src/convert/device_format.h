// What every device format provides: one file each, that defines an `extern const DeviceFormat`. formats.cpp lists
// them; nothing else knows them by name.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "convert/collector.h"
#include "convert/text_source.h"

namespace glucoledger::convert {

// The beginning of a file, looked at in the ways that formats need to recognise themselves.
struct Head {
  std::string_view text;
  bool is_json = false;
  char delimiter = ',';
  std::vector<std::vector<std::string>> rows;  // the first, of a text that is no JSON
  std::vector<std::string> records;            // the first objects of a JSON text
};

struct DeviceFormat {
  std::string_view name;
  std::string_view description;
  bool (*recognise)(const Head& head);
  // Adds every row to the collector, or skips it. Fails only where the file as a whole cannot be read.
  Result<void> (*read)(TextSource& source, const Head& head, Collector& collector);
};

// Whether one of the first records satisfies `test`.
bool any_record(const Head& head, bool (*test)(const simdjson::dom::object& record));

}  // namespace glucoledger::convert
