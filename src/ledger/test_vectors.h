// For tests: the bundles that the reference clients made, the project's own and those of the outside test data.
#pragma once

#include <filesystem>
#include <vector>

#include "crypto/test_vectors.h"

namespace glucoledger::ledger {

// Fails where the project's own are missing.
inline std::vector<nlohmann::json> bundle_vectors() {
  std::vector<nlohmann::json> bundles;
  const auto add = [&bundles](const nlohmann::json& document) {
    for (const auto& bundle : document.value("bundles", nlohmann::json::array())) bundles.push_back(bundle);
  };
  add(crypto::own_vectors("trinary.json"));
  EXPECT_FALSE(bundles.empty()) << "tests/vectors/trinary.json holds no bundles";
  if (const auto outside = crypto::outside_vectors("trinary.json")) add(*outside);
  return bundles;
}

}  // namespace glucoledger::ledger
