// Where device files come in one after the other: a folder that is watched, or what a test puts there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cancel.h"

namespace glucoledger::usecases {

class Inbox {
 public:
  virtual ~Inbox() = default;
  // Each file once for each of its states, once it is complete; by name.
  virtual std::vector<std::string> changed_files() = 0;
  // What could not be taken for a passing reason is given again.
  virtual void try_again(const std::string& file) = 0;
  // Until something may have come, so long at most; true as soon as cancelled.
  virtual bool wait_ms(std::int64_t duration_ms, const base::CancelToken& cancel) = 0;
};

}  // namespace glucoledger::usecases
