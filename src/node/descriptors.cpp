#include "node/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace glucoledger::node {
namespace {

constexpr std::size_t kOthers = 4096 + 512;  // the ledger's files, and a few

}  // namespace

std::size_t raise_descriptor_limit(std::size_t connections) {
  ::rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  const ::rlim_t wanted = connections + kOthers;
  if (limit.rlim_cur < wanted && limit.rlim_cur != RLIM_INFINITY) {
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections;
  }
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= wanted) return connections;
  return limit.rlim_cur > kOthers ? limit.rlim_cur - kOthers : std::min<std::size_t>(connections, limit.rlim_cur / 2);
}

}  // namespace glucoledger::node
