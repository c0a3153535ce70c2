// What the system tells of this process.
#pragma once

#include <cstddef>
#include <cstdint>

namespace glucoledger::base {

// Bytes of memory that it holds now; 0 where the system does not tell (Linux: /proc/self/statm).
std::uint64_t resident_memory_size();
// Bytes of addresses that it has mapped; 0 likewise.
std::uint64_t address_space_size();
// Bytes of memory that it may hold: the least of what the machine has, its control groups (version 1 or 2) and its
// resource limits allow.
std::uint64_t memory_size_max();

// From now on no core dump of this process is written, and no other process of its user may read its memory (nor its
// files in /proc that are not for all). Not with AddressSanitizer, which must.
void keep_memory_private();
// Where a standard descriptor is closed, no file that is opened later takes its place: what reads or writes there
// fails.
void keep_standard_descriptors();
// The bytes stay in memory and are not swapped to a disk, where the system lets it be so.
void keep_from_disk(const void* bytes, std::size_t size);

}  // namespace glucoledger::base
