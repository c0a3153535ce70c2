// The ledger that a home publishes to, and those that its patients publish to: opened and recognised.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "home/contacts.h"
#include "home/home.h"
#include "ports/world.h"

namespace glucoledger::exchange {

struct OpenedLedger {
  std::shared_ptr<ports::Ledger> ledger;
  ports::LedgerInfo info;
};
// Remembers which ledger it is. kUnreachable when it is another one than the home published to before, or when it is to
// be read and is not there.
Result<OpenedLedger> open_home_ledger(home::Home& home, const ports::World& world, ports::Use use = ports::Use::kWrite);
// For who shares or revokes: of a ledger that says nothing, now or to a later call, kUnreachable within seconds.
Result<OpenedLedger> open_home_ledger_soon(home::Home& home, const ports::World& world);
// Which ledger it is: asked for once, then known also while it is out of reach, so that codes can name it. A ledger
// that is there is only read for it, as its folder may be held by who publishes; else it is made. kUnreachable, within
// seconds, where it does not answer.
Result<std::string> meet_home_ledger(home::Home& home, const ports::World& world);

// For reading: the first of the places that the patient named (or this home's own) where the patient's ledger answers.
// Nodes are one place: what is not there is not believed of one of them. kUnreachable.
Result<std::shared_ptr<ports::Ledger>> open_ledger_of(home::Home& home, const ports::World& world,
                                                      const home::ReceivedGrant& grant);

}  // namespace glucoledger::exchange
