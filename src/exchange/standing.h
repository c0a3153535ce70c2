// Whether what a home published still stands on its ledger. A ledger that was put back to an older state has lost what
// came since, though it had confirmed it: what is gone waits in the outbox again, the same bytes as before.
//
// What was pruned stands: it was kept for its time. Where too few nodes answer to be sure, nothing counts as gone.
// A message that cannot be made again byte for byte (an older version of this program signed it) is published anew in a
// new epoch; whoever holds the old one goes on missing it there.
#pragma once

#include <cstddef>
#include <string>

#include "home/home.h"
#include "ports/world.h"

namespace glucoledger::exchange {

struct Standing {
  std::size_t messages = 0;  // that were looked for
  std::size_t notes = 0;
  std::size_t messages_gone = 0;  // of these; they wait again
  std::size_t notes_gone = 0;
  bool more_may_be_gone = false;  // kNewest: it was not looked further back
  std::string doubt;              // why nothing can be said: too few nodes answered
};

// kNewest: the newest message and the newest note; where one of these is gone, those before, up to a thousand in a row
// that stand, or kLookedForMax of each: there are nodes that prune and do not tell. kAll: everything, which takes as
// long as to fetch it.
inline constexpr std::size_t kLookedForMax = 4'096;
enum class LookFor { kNewest, kAll };
Result<Standing> check_standing(home::Home& home, ports::Ledger& ledger, const ports::World& world, LookFor what);

}  // namespace glucoledger::exchange
