#include "fhir/record_file.h"

#include <simdjson.h>

namespace glucoledger::fhir {

std::string join_records(const std::vector<std::string>& resources) {
  std::string json = "[";
  for (const auto& resource : resources) {
    json += json.size() > 1 ? ",\n" : "\n";
    json += resource;
  }
  json += "\n]\n";
  return json;
}

Result<std::vector<std::string_view>> split_records(std::string_view json) {
  const auto no_array = [] { return fail(ErrorCode::kCorrupt, "the file is no list of records"); };
  // simdjson reads a little beyond the end: it needs a padded copy, and the views are moved back into `json`.
  const simdjson::padded_string padded(json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::array array;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_array().get(array) != simdjson::SUCCESS) {
    return no_array();
  }
  std::vector<std::string_view> resources;
  for (auto element : array) {
    simdjson::ondemand::object object;
    std::string_view raw;
    if (element.get_object().get(object) != simdjson::SUCCESS || object.raw_json().get(raw) != simdjson::SUCCESS) {
      return no_array();
    }
    const auto length = raw.rfind('}') + 1;  // raw_json() takes the white space behind along
    resources.push_back(json.substr(static_cast<std::size_t>(raw.data() - padded.data()), length));
  }
  const char* rest = nullptr;
  if (document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) return no_array();  // something follows
  return resources;
}

}  // namespace glucoledger::fhir
