// What the commands of a home share: which home, its key, and the world that its use cases act in.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "apps/command.h"
#include "base/clock.h"
#include "home/home.h"
#include "http/client.h"
#include "usecases/world.h"

namespace glucoledger::apps {

// --home, else $GLUCOLEDGER_HOME, else glucoledger in the XDG data folder.
std::filesystem::path home_folder(const Context& context);
home::KeySource key_source(const Context& context);

// How the nodes of one home's ledger are reached. What it holds goes to no other ledger.
struct LedgerAccess {
  std::string locator;
  http::ClientOptions http;
};
Result<LedgerAccess> load_access(home::Home& home);

// What --ledger-ca and --ledger-token-file name; each may be left out.
struct AccessFiles {
  std::string ca_file;
  std::string token_file;
};
void add_access_options(CLI::App& command, AccessFiles& files);
// A file of certificates, and a token in one line of printable characters.
Result<http::ClientOptions> read_access(const AccessFiles& files);
// Kept in the home, the token sealed; what is not given stays as it was.
Result<void> store_access(home::Home& home, const http::ClientOptions& http);

class Session {
 public:
  // Unlocks the home once; each open() is one round with the home's lock (kWrite).
  static Result<Session> start(const Context& context);
  Result<home::Home> open(home::Home::Access access) const;
  // As above, and kUsage when the home has another role.
  Result<home::Home> open_as(home::Role role, home::Home::Access access) const;

  const usecases::World& world() const { return world_; }
  // Where proofs of work are done, by what --pow says: "local", "node", or the URL of any node.
  Result<void> choose_proof_of_work(const std::string& where, home::Home& home);

 private:
  Session(std::filesystem::path folder, SecretBytes key);
  std::filesystem::path folder_;
  SecretBytes key_;
  std::shared_ptr<LedgerAccess> access_;  // of the home that was opened last
  usecases::World world_;
};

// Opens a ledger or a store by its name; shared by all commands. Nodes stay connected from one opening to the next.
usecases::World make_world(std::shared_ptr<const LedgerAccess> access = nullptr);

void add_pow_option(CLI::App& command, std::string& where);

// Tells, once and on standard error, that this home may not be the only one with its keys.
void warn_if_doubled(const home::Home& home);

}  // namespace glucoledger::apps
