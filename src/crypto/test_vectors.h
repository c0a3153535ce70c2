// For tests: the vectors of tests/vectors (always there) and of the outside test data (may be absent).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

namespace glucoledger::crypto {

inline std::optional<nlohmann::json> load_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  auto document = nlohmann::json::parse(file, nullptr, false);
  EXPECT_FALSE(document.is_discarded()) << path;
  return document;
}

inline nlohmann::json own_vectors(const std::string& name) {
  auto document = load_json(std::filesystem::path("tests/vectors") / name);
  EXPECT_TRUE(document) << "tests run with the project's root as working directory";
  return document ? *document : nlohmann::json::object();
}

// Vectors beside the project: $GLUCOLEDGER_TEST_DATA, else ../shared.
inline std::optional<nlohmann::json> outside_vectors(const std::string& name) {
  const char* folder = std::getenv("GLUCOLEDGER_TEST_DATA");
  return load_json(std::filesystem::path(folder != nullptr ? folder : "../shared") / "vectors" / name);
}

}  // namespace glucoledger::crypto
