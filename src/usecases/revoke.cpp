#include "usecases/revoke.h"

#include "base/advice.h"
#include "home/messages.h"
#include "home/signing_lease.h"
#include "usecases/role.h"

namespace glucoledger::usecases {
namespace {

// Ledgers that answer do so within this, and what is sent to others is broken off; nobody waits longer.
constexpr std::int64_t kDeparturesWaitMs = 250;

// What is not confirmed goes into a new epoch, which the revoked never gets: what a ledger accepted and then lost must
// not be sent again where they can read it.
Result<void> end_held_epoch(home::Transaction& transaction, const home::Epoch& epoch, Revocation& outcome,
                            std::vector<home::Epoch>& fresh) {
  auto& home = transaction.home();
  GL_TRY(under_way, home::count_under_way(home, epoch.id));
  outcome.may_still_arrive = outcome.may_still_arrive || under_way > 0;
  GL_TRY(confirmed, home::count_confirmed(home, epoch.id));
  GL_TRY(unconfirmed, home::has_unconfirmed_messages(home, epoch.id));
  if (unconfirmed) {
    GL_TRY(next, home::create_epoch(transaction, epoch.design, epoch.first_day, epoch.last_day));
    GL_CHECK(home::remake_messages_from(transaction, epoch.id, confirmed, next));
    // A file's epoch holds one message; a day's may be many: who publishes moves them (exchange/outbox_run.h), so that
    // nobody waits for it here.
    if (epoch.design == keys::Design::kTangleIpfs) {
      GL_CHECK(home::move_waiting_messages(transaction, epoch.id, next, 1));
    }
    fresh.push_back(std::move(next));
  }
  // Where another copy of this home may have signed too, the number of messages cannot be known.
  return home::end_epoch(transaction, epoch.id, epoch.may_sign ? std::optional(confirmed) : std::nullopt).map([](bool) {
  });
}

// Of one person, and at least one.
Result<Revocation> close_grants(home::Transaction& transaction, const std::vector<home::Grant>& grants,
                                std::int64_t now_ms) {
  auto& home = transaction.home();
  Revocation outcome;
  outcome.grants_closed = grants.size();
  std::vector<home::Epoch> fresh;
  for (const auto& grant : grants) {
    GL_TRY(leaving, home::count_leaving_notes(home, grant.thread_id));
    outcome.may_still_arrive = outcome.may_still_arrive || leaving > 0;
    GL_TRY(held, home::epochs_held_by_alone(home, grant));
    for (const auto& epoch : held) GL_CHECK(end_held_epoch(transaction, epoch, outcome, fresh));
    GL_CHECK(home::close_grant(transaction, grant, now_ms));
    outcome.epochs_ended += held.size();
  }
  outcome.epochs_opened = fresh.size();
  GL_TRY(others, home::open_grants_named(home, grants.front().recipient));
  outcome.others_open = !others.empty();
  GL_CHECK(home::release_to_holders(transaction, fresh));
  GL_CHECK(home::queue_ends(transaction));
  return outcome;
}

// Runs `work` in a transaction during which nothing departs. Where departures cannot be held off, it comes first.
Result<void> write_while_nothing_departs(home::Home& home, const home::Home::Work& work) {
  const auto hold = home::DepartureHold::take(home.folder(), kDeparturesWaitMs);
  return home.write(work);
}

}  // namespace

Result<void> take_back(home::Home& home, const World& world, const home::Grant& grant) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  return write_while_nothing_departs(home, [&](home::Transaction& transaction) -> Result<void> {
    GL_TRY(grants, home::open_grants_named(home, grant.name));
    std::erase_if(grants, [&](const home::Grant& other) { return other.id != grant.id; });
    if (grants.empty()) return {};
    return close_grants(transaction, grants, world.clock.now_ms()).map([](const auto&) {});
  });
}

Result<Revocation> revoke(home::Home& home, const World& world, std::string_view name,
                          const std::function<void(const Revocation&)>& committed) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  Revocation outcome;
  // Should the disk not take it, the revocation shall hold all the same. Who waited in vain for another process's
  // transaction does not wait a second time.
  if (const auto renewed = home.renew_instance(); !renewed) {
    const auto code = renewed.error().code;
    if (code == ErrorCode::kBusy || code == ErrorCode::kInterrupted) return tl::unexpected(renewed.error());
  }
  GL_CHECK(write_while_nothing_departs(home, [&](home::Transaction& transaction) -> Result<void> {
    GL_TRY(grants, home::open_grants_named(home, name));
    if (grants.empty()) {
      return fail(ErrorCode::kNotFound, "there is no open grant of this name", Advice::kListGrants);
    }
    GL_ASSIGN(outcome, close_grants(transaction, grants, world.clock.now_ms()));
    return {};
  }));
  if (committed) committed(outcome);
  GL_ASSIGN(outcome.carried, carry_notes(home, world));
  return outcome;
}

}  // namespace glucoledger::usecases
