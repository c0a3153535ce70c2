#include "base/process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <utility>

namespace glucoledger::base {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// Of all that is mapped, and of what is in memory.
std::pair<std::uint64_t, std::uint64_t> sizes_now() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all_pages = 0;
  std::uint64_t resident_pages = 0;
  file >> all_pages >> resident_pages;
  const auto page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return {all_pages * page_size, resident_pages * page_size};
}

// "max" is no number.
std::uint64_t number_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? number : kNoLimit;
}

// Of a control group and all above it.
std::uint64_t least_of_group(const std::filesystem::path& root, std::filesystem::path group, const char* name) {
  std::uint64_t least = number_in(root / name);
  for (group = group.relative_path(); !group.empty(); group = group.parent_path()) {
    least = std::min(least, number_in(root / group / name));
  }
  return least;
}

// Lines are HIERARCHY:CONTROLLERS:PATH; version 2 has hierarchy 0 and no controllers (cgroups(7)).
std::uint64_t least_of_groups() {
  std::uint64_t least = kNoLimit;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t controllers = line.find(':') + 1;
    const std::size_t path = line.find(':', controllers) + 1;
    if (controllers == 0 || path == 0) continue;
    const std::string named = "," + line.substr(controllers, path - controllers - 1) + ",";
    if (named == ",,") least = std::min(least, least_of_group("/sys/fs/cgroup", line.substr(path), "memory.max"));
    if (named.find(",memory,") != std::string::npos) {
      least = std::min(least, least_of_group("/sys/fs/cgroup/memory", line.substr(path), "memory.limit_in_bytes"));
    }
  }
  return least;
}

}  // namespace

std::uint64_t resident_memory_size() {
  return sizes_now().second;
}

std::uint64_t address_space_size() {
  return sizes_now().first;
}

std::uint64_t memory_size_max() {
  std::uint64_t least =
      static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  least = std::min(least, least_of_groups());
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    ::rlimit limit{};
    if (::getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
      least = std::min<std::uint64_t>(least, limit.rlim_cur);
    }
  }
  return least;
}

void keep_memory_private() {
  const ::rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
  ::prctl(PR_SET_DUMPABLE, 0);  // a limit of no core dump does not hold where a program takes them
#endif
}

void keep_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    (void)::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // the lowest number that is free
  }
}

void keep_from_disk(const void* bytes, std::size_t size) {
  (void)::mlock(bytes, size);
}

}  // namespace glucoledger::base
