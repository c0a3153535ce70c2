// The first time that a home asks its ledger which one it is. From then on its codes can name the ledger, also while it
// is out of reach.
#pragma once

#include "home/home.h"
#include "ports/world.h"

namespace glucoledger::usecases {

// Which ledger it is. kUnreachable, within seconds, where it does not answer and was never met before.
Result<std::string> meet_ledger(home::Home& home, const ports::World& world);

}  // namespace glucoledger::usecases
