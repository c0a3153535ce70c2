// For tests: the bundles that the reference clients made, the project's own and those of the outside test data.
#pragma once

#include <filesystem>
#include <vector>

#include "crypto/test_vectors.h"

namespace glucoledger::ledger {

inline std::vector<nlohmann::json> bundle_vectors() {
  std::vector<nlohmann::json> bundles;
  for (const auto& document :
       {crypto::load_json("tests/vectors/trinary.json"), crypto::outside_vectors("trinary.json")}) {
    if (!document || !document->contains("bundles")) continue;
    for (const auto& bundle : (*document)["bundles"]) bundles.push_back(bundle);
  }
  return bundles;
}

}  // namespace glucoledger::ledger
