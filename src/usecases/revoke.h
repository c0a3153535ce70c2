// Taking a grant back. One transaction in the home, whether or not a ledger can be reached.
//
// Every open epoch that the revoked holds ends; what no ledger has confirmed is made anew in epochs that the revoked
// never gets; a closing note waits. The recipient reads all that was released before, then sees CLOSED. It holds in
// every process from its commit on: what another one has signed or attached and not sent stays here, and what it is
// sending to a ledger that does not answer is broken off. Only what such a ledger was sent before may still arrive.
#pragma once

#include <functional>
#include <string_view>

#include "home/grants.h"
#include "usecases/carry.h"

namespace glucoledger::usecases {

struct Revocation {
  std::size_t grants_closed = 0;
  bool others_open = false;  // grants of the same person, which go on
  std::size_t epochs_ended = 0;
  std::size_t epochs_opened = 0;  // in their place, for those who still may read
  // Messages of ended epochs, or keys of earlier ones, were sent to a ledger that has not confirmed them.
  bool may_still_arrive = false;
  Carried carried;  // the closing note
};

// `name`: a recipient's, for all grants that they hold, or one grant's own. kNotFound: there is no open grant of this
// name. A ledger that cannot be reached is told in `carried`; the revocation holds all the same. `committed` is called
// once it holds, before anything is asked of a network.
Result<Revocation> revoke(home::Home& home, const World& world, std::string_view name,
                          const std::function<void(const Revocation&)>& committed = {});
// One grant, where it is still open; asks nothing of a network: the closing note waits.
Result<void> take_back(home::Home& home, const World& world, const home::Grant& grant);

}  // namespace glucoledger::usecases
