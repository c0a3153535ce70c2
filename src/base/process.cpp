#include "base/process.h"

#include <unistd.h>

#include <fstream>

namespace glucoledger::base {

std::uint64_t resident_memory_size() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all_pages = 0;
  std::uint64_t resident_pages = 0;
  file >> all_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace glucoledger::base
