// What the system tells of this process.
#pragma once

#include <cstdint>

namespace glucoledger::base {

// Bytes of memory that it holds now; 0 where the system does not tell (Linux: /proc/self/statm).
std::uint64_t resident_memory_size();
// Bytes of addresses that it has mapped; 0 likewise.
std::uint64_t address_space_size();
// Bytes of memory that it may hold: the least of what the machine has, its control groups (version 1 or 2) and its
// resource limits allow.
std::uint64_t memory_size_max();

}  // namespace glucoledger::base
