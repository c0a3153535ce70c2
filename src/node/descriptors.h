// How many files and sockets this process may hold open.
#pragma once

#include <cstddef>

namespace glucoledger::node {

// Raises the process's limit so that `connections` fit beside what the ledger needs; how many do fit.
std::size_t raise_descriptor_limit(std::size_t connections);

}  // namespace glucoledger::node
