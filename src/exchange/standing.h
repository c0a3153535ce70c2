// Whether what a home published still stands on its ledger. A ledger that was put back to an older state has lost what
// came since, though it had confirmed it: what is gone waits in the outbox again, messages with the same signed bytes,
// notes sealed anew under their numbers.
//
// What was pruned stands: it was kept for its time. Where too few nodes answer to be sure, nothing counts as gone; and
// a search that found something and could not go on, or was killed, is begun again by the next one, for which the home
// keeps a mark. A message that cannot be made again byte for byte (an older version of this program signed it) is
// published anew in a new epoch; whoever holds the old one goes on missing it there.
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
  std::size_t messages_pruned = 0;  // likewise of these, and they stay so: readers find nothing there any more
  std::size_t notes_pruned = 0;
  bool more_may_be_gone = false;  // something is gone, and it was not looked for all
  std::string doubt;              // why: too few nodes answered, or gave all that they have
};

enum class LookFor {
  // What was confirmed last, a message and a note; where one is gone, the next look is told by a mark.
  kNewestAlone,
  // Likewise, and what was confirmed since an earlier look, so that each is looked for once; where one is gone, or the
  // mark is set, the last kLookedForMax of each, or all that no look has seen yet (some nodes prune and do not tell).
  kNewest,
  // Everything, which takes as long as to fetch it.
  kAll
};
inline constexpr std::size_t kLookedForMax = 4'096;
Result<Standing> check_standing(home::Home& home, ports::Ledger& ledger, const ports::World& world, LookFor what);

}  // namespace glucoledger::exchange
