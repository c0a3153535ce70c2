#include "usecases/check_published.h"

#include "exchange/home_ledger.h"
#include "usecases/role.h"

namespace glucoledger::usecases {

Result<PublishedCheck> check_published(home::Home& home, const World& world) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  PublishedCheck check;
  {
    GL_CHECK(exchange::meet_home_ledger(home, world));
    // Only read: who publishes may hold its folder.
    GL_TRY(opened, exchange::open_home_ledger(home, world, ports::Use::kRead));
    GL_ASSIGN(check.standing, exchange::check_standing(home, *opened.ledger, world, exchange::LookFor::kAll));
  }
  if (check.standing.messages_gone + check.standing.notes_gone == 0) {
    GL_ASSIGN(check.carried.waiting, home::outbox_counts(home));
  } else {
    GL_ASSIGN(check.carried, carry_at_once(home, world));
  }
  return check;
}

}  // namespace glucoledger::usecases
