#include "usecases/meet_ledger.h"

#include "exchange/home_ledger.h"

namespace glucoledger::usecases {

Result<std::string> meet_ledger(home::Home& home, const ports::World& world) {
  GL_TRY(known, home.meta("network_id"));
  if (known) return std::move(*known);
  GL_TRY(opened, exchange::open_home_ledger_soon(home, world));
  return std::move(opened.info.network_id);
}

}  // namespace glucoledger::usecases
