// What the commands of a home share: which home, its key, and the world that its use cases act in.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "apps/command.h"
#include "base/clock.h"
#include "home/home.h"
#include "ledger_client/http_client.h"
#include "usecases/world.h"

namespace glucoledger::apps {

// --home, else $GLUCOLEDGER_HOME, else glucoledger in the XDG data folder.
std::filesystem::path home_folder(const Context& context);
home::KeySource key_source(const Context& context);

// How the nodes of one home's ledger are reached. What it holds goes to no other ledger.
struct LedgerAccess {
  std::string locator;
  ledger_client::HttpOptions http;
};
// Kept in the home, the token sealed. Inside a transaction.
Result<void> store_access(home::Home& home, std::string_view ca_file, std::string_view token);
Result<LedgerAccess> load_access(home::Home& home);
// The token of a file: one line of printable characters.
Result<SecretBytes> read_token(const std::string& file);

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

// Opens a ledger or a store by its name; shared by all commands.
usecases::World make_world(std::shared_ptr<const LedgerAccess> access = nullptr);

void add_pow_option(CLI::App& command, std::string& where);

// Tells, once and on standard error, that this home may not be the only one with its keys.
void warn_if_doubled(const home::Home& home);

}  // namespace glucoledger::apps
