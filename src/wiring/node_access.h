// How the nodes of one home's ledger are reached: which certificates are trusted, and the token that they ask for. What
// a home holds of it goes to its own ledger and to no other.
#pragma once

#include <string>

#include "home/home.h"
#include "http/client.h"
#include "locator/locator.h"

namespace glucoledger::wiring {

struct NodeAccess {
  locator::Locator ledger;
  http::ClientOptions http;
};

// Names of files; each may be empty.
struct AccessFiles {
  std::string ca_file;
  std::string token_file;
};
// kInputRefused: no file of certificates, or no token in one line of printable characters.
Result<http::ClientOptions> read_access(const AccessFiles& files);
// Such that errors advise to give the home what a node asks for.
http::ClientOptions for_home(http::ClientOptions http);

// kUsage: a folder is opened by whoever may read it.
Result<void> check_needs_access(const locator::Locator& ledger);
// Kept in the home, the token sealed; what is not given stays as it was. kUsage: as above.
Result<void> store_access(home::Home& home, const http::ClientOptions& http);
Result<NodeAccess> load_access(home::Home& home);

}  // namespace glucoledger::wiring
