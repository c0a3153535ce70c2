// The file of design B: many resources in one JSON array, one a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace glucoledger::fhir {

std::string join_records(const std::vector<std::string>& resources);

// The text of each object in the array, within `json`. kCorrupt: not a JSON array of objects.
Result<std::vector<std::string_view>> split_records(std::string_view json);

}  // namespace glucoledger::fhir
