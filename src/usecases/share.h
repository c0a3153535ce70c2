// Sharing in person: a grant is opened and its invitation becomes a URI (and QR code) for the recipient.
//
// As in the paper the invitation holds the newest epoch's root and channel key; other epochs in the grant's window
// follow as notes. Sharing again with the same words gives the same thread's invitation anew.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "home/grants.h"
#include "keys/uri.h"
#include "usecases/world.h"

namespace glucoledger::usecases {

struct ShareOptions {
  std::string name;
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
};

// kUsage: an open grant of this name has another design or window. kUnreachable: the ledger was never reached.
// The notes wait in the outbox: run it afterwards.
Result<Share> share(home::Home& home, const World& world, const ShareOptions& options);

// An alias that the user chose: 1 to 64 printable characters.
Result<void> check_name(std::string_view name);

}  // namespace glucoledger::usecases
