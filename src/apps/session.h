// What the commands of a home share: which home, its key, and the world that its use cases act in.
#pragma once

#include <filesystem>
#include <string>

#include "apps/command.h"
#include "base/clock.h"
#include "home/home.h"
#include "usecases/world.h"

namespace glucoledger::apps {

// --home, else $GLUCOLEDGER_HOME, else glucoledger in the XDG data folder.
std::filesystem::path home_folder(const Context& context);
home::KeySource key_source(const Context& context);

class Session {
 public:
  // Unlocks the home once; each open() is one round with the home's lock (kWrite).
  static Result<Session> start(const Context& context);
  Result<home::Home> open(home::Home::Access access) const;
  // As above, and kUsage when the home has another role.
  Result<home::Home> open_as(home::Role role, home::Home::Access access) const;

  const usecases::World& world() const { return world_; }

 private:
  Session(std::filesystem::path folder, SecretBytes key);
  std::filesystem::path folder_;
  SecretBytes key_;
  usecases::World world_;
};

// Opens a ledger or a store by its name; shared by all commands.
usecases::World make_world();

// Tells, once and on standard error, that this home may not be the only one with its keys.
void warn_if_doubled(const home::Home& home);

}  // namespace glucoledger::apps
