#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace glucoledger::base {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "glucoledger: internal error: %s does not hold (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace glucoledger::base
