// What the commands of a home share: which home, and its key. The world that its use cases act in comes from wiring.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "apps/command.h"
#include "home/home.h"
#include "ports/world.h"
#include "wiring/ledger_opener.h"

namespace glucoledger::apps {

// --home, else $GLUCOLEDGER_HOME, else glucoledger in the XDG data folder.
std::filesystem::path home_folder(const Context& context);
home::KeySource key_source(const Context& context);

void add_access_options(CLI::App& command, wiring::AccessFiles& files);

class Session {
 public:
  // Unlocks the home.
  static Result<Session> start(const Context& context);
  Result<home::Home> open(home::Home::Use use) const;

  const ports::World& world() const { return world_; }
  // Where proofs of work are done, by what --pow says: "local", "node", or the URL of any node.
  Result<void> choose_proof_of_work(const std::string& where, home::Home& home);

 private:
  Session(std::filesystem::path folder, SecretBytes key);
  std::filesystem::path folder_;
  SecretBytes key_;
  std::shared_ptr<wiring::LedgerOpener> opener_;  // of the home that was opened last
  ports::World world_;
};

// The world of a command that has no home.
ports::World make_world();

void add_pow_option(CLI::App& command, std::string& where);

// Tells, once and on standard error, that this home may not be the only one with its keys.
void warn_if_doubled(const home::Home& home);

}  // namespace glucoledger::apps
