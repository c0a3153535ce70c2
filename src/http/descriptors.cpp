#include "http/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace glucoledger::http {

std::size_t raise_descriptor_limit(std::size_t connections, std::size_t others) {
  ::rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  const ::rlim_t wanted = connections + others;
  if (limit.rlim_cur < wanted && limit.rlim_cur != RLIM_INFINITY) {
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  }
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted) return connections;
  return limit.rlim_cur > others ? limit.rlim_cur - others : std::min<std::size_t>(connections, limit.rlim_cur / 2);
}

}  // namespace glucoledger::http
