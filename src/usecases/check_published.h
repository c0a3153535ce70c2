// Whether all that a home published still stands on its ledger; what is gone is sent again.
#pragma once

#include "exchange/standing.h"
#include "usecases/carry.h"

namespace glucoledger::usecases {

struct PublishedCheck {
  exchange::Standing standing;
  Carried carried;  // of what was gone and, with it, of all else that waits; where nothing is gone nothing was carried
};
// Takes as long as to fetch everything, and to send what is gone. kUnreachable: the ledger, and nothing was looked for.
Result<PublishedCheck> check_published(home::Home& home, const World& world);

}  // namespace glucoledger::usecases
