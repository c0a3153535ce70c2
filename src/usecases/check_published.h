// Whether all that a home published still stands on its ledger; what is gone is sent again.
#pragma once

#include "exchange/standing.h"
#include "usecases/carry.h"

namespace glucoledger::usecases {

struct PublishedCheck {
  exchange::Standing standing;
  Carried carried;  // of what was gone, and of all else that waits
};
// Takes as long as to fetch everything. kUnreachable: the ledger, and nothing was looked for.
Result<PublishedCheck> check_published(home::Home& home, const World& world);

}  // namespace glucoledger::usecases
