// Whose home a use case is for. Each whole call of one role asks first of all, so that no facade can publish from a
// clinic's home.
#pragma once

#include "home/home.h"

namespace glucoledger::usecases {

// kUsage: this home has the other role.
Result<void> require_role(const home::Home& home, home::Role role);

}  // namespace glucoledger::usecases
