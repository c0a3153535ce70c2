// The invented exports under tests/data/devices, and the real ones that stand beside the project.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "convert/device_file.h"

namespace glucoledger::convert::test {

inline constexpr std::int64_t kNowMs = 1'767'225'600'000;  // 2026-01-01

inline std::string sample_path(const std::string& name) {
  return "tests/data/devices/" + name;
}

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::filesystem::path shared_data(const std::string& name) {
  const char* folder = std::getenv("GLUCOLEDGER_TEST_DATA");
  return std::filesystem::path(folder != nullptr ? folder : "../shared") / "data" / name;
}

inline ImportOptions options(const std::string& zone = "Europe/Berlin") {
  ImportOptions options;
  options.default_time_zone = zone;
  options.now_ms = kNowMs;
  return options;
}

inline ImportedFile read_sample(const std::string& name, const ImportOptions& with = options()) {
  const auto file = read_device_file(sample_path(name), with);
  EXPECT_TRUE(file) << name << ": " << (file ? "" : file.error().message + " / " + file.error().next_step);
  return file ? *file : ImportedFile{};
}

inline std::size_t skipped(const ImportedFile& file, SkipReason reason) {
  for (const SkippedGroup& group : file.skipped) {
    if (group.reason == reason) return group.count;
  }
  return 0;
}

}  // namespace glucoledger::convert::test
