// Makes a home and what it needs behind it: a ledger's folder, a store, the way in at its nodes.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "home/home.h"
#include "http/client.h"

namespace glucoledger::wiring {

struct NewHome {
  // A ledger or a store that it names is opened once, so that a wrong one is told before a home is made.
  home::Settings settings;
  std::optional<int> min_weight_magnitude;  // of a ledger's folder that is made
  http::ClientOptions http;                 // how nodes are reached: kept in the home
};

// What is wrong with its nodes now, if anything: they may be down, and the home is made all the same. Nothing is made
// of nodes that never agree (kCorrupt), or that can never be asked so (kUsage). Errors else: as create_home() and
// open_ledger().
Result<std::vector<Error>> make_home(const std::filesystem::path& folder, const NewHome& request,
                                     const home::KeySource& key, const base::Clock& clock,
                                     const base::CancelToken& cancel);

}  // namespace glucoledger::wiring
