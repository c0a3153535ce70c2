// Sharing in person: a grant is opened and its invitation becomes a URI (and QR code) for the recipient.
//
// As in the paper the invitation holds the newest epoch's root and channel key; other epochs in the grant's window
// follow as notes. Sharing again with the same words gives the same thread's invitation anew; with another window or
// design the recipient gets a further grant, in the same thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "home/grants.h"
#include "keys/uri.h"
#include "usecases/carry.h"

namespace glucoledger::usecases {

struct ShareOptions {
  std::string name;  // the recipient's
  keys::Design design = keys::Design::kTangle;
  home::DayRange days;
};

struct Share {
  home::Grant grant;
  SecretBytes uri;
  bool opened_now = false;
  bool this_machine_only = false;     // the ledger or the store is of no use elsewhere
  std::size_t epochs = 0;             // released so far
  std::vector<std::string> left_out;  // design B: files that reach over the window's edge, by their days
  Carried carried;                    // the notes
};

// How the invitation gets to the recipient; either may be absent.
struct HandOver {
  // Before anything is recorded: what can be known to fail, such as a file that cannot be written, fails here.
  std::function<Result<void>()> prepare;
  // The invitation, before anything else is asked of a network. Fails it all the same, a grant that was opened now is
  // taken back: none stays open of which nobody holds the code. One that was open before stays.
  std::function<Result<void>(const Share& share)> give;
};

// kUnreachable: the ledger was never reached; nothing is recorded. What keeps the notes from a ledger later is told in
// `carried`.
Result<Share> share(home::Home& home, const World& world, const ShareOptions& options, const HandOver& hand_over = {});

// An alias that the user chose: 1 to 64 printable characters, and not as a grant of several is called ("NAME/2").
Result<void> check_name(std::string_view name);

}  // namespace glucoledger::usecases
