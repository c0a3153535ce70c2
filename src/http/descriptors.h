// How many files and sockets this process may hold open.
#pragma once

#include <cstddef>

namespace glucoledger::http {

// Raises the process's limit so that `connections` fit beside `others`; how many do fit.
std::size_t raise_descriptor_limit(std::size_t connections, std::size_t others);

}  // namespace glucoledger::http
