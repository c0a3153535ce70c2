// What the system tells of this process.
#pragma once

#include <cstdint>

namespace glucoledger::base {

// Bytes of memory that it holds now; 0 where the system does not tell (Linux: /proc/self/statm).
std::uint64_t resident_memory_size();

}  // namespace glucoledger::base
