// Taking a grant back. One transaction in the home, whether or not a ledger can be reached.
//
// Every open epoch that the revoked holds ends; what is not known to have left is made anew in epochs that the revoked
// never gets; a closing note waits. The recipient reads all that was released before, then sees CLOSED.
#pragma once

#include <string>

#include "home/grants.h"
#include "usecases/world.h"

namespace glucoledger::usecases {

struct Revocation {
  std::size_t epochs_ended = 0;
  std::size_t epochs_opened = 0;  // in their place, for those who still may read
};

// kNotFound: there is no open grant of this name. The closing note waits in the outbox: run it afterwards.
Result<Revocation> revoke(home::Home& home, const World& world, std::string_view name);

}  // namespace glucoledger::usecases
