#include <array>
#include <cstdio>

#include "bench/benches.h"

namespace glucoledger::bench {

std::string table_of(const Figures& figures) {
  std::string text;
  for (const auto& [name, value] : figures.items()) {
    std::array<char, 120> line;
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    if (value.is_number_float()) {
      std::snprintf(line.data(), line.size(), "%-34s %14.4f\n", name.c_str(), value.get<double>());
    } else {
      std::snprintf(line.data(), line.size(), "%-34s %14s\n", name.c_str(), shown.c_str());
    }
    text += line.data();
  }
  return text;
}

}  // namespace glucoledger::bench
