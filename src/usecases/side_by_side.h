// Many patients' work beside each other, so that none waits for another's silent node.
//
// Each has a token and a progress of its own: whose ledger lets nothing come forward for a while is given up, sooner
// once only such ones are left. What is due by time is so by the world's clock; real time bounds only how long a thread
// waits for the others' signals.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ports/world.h"

namespace glucoledger::usecases {

struct Patience {
  std::int64_t silent_ms = 60'000;       // without any progress
  std::int64_t silent_last_ms = 15'000;  // while nobody else of several makes any, or has work left
};

// Runs `work(which, world)` for each number below `count`, each in one of a few dozen threads; returns when all are
// done. Which were given up: true.
using PatientWork = std::function<void(std::size_t which, const ports::World& world)>;
std::vector<bool> side_by_side(const ports::World& world, std::size_t count, const Patience& patience,
                               const PatientWork& work);

}  // namespace glucoledger::usecases
