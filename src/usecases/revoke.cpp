#include "usecases/revoke.h"

namespace glucoledger::usecases {

Result<Revocation> revoke(home::Home& home, const World& world, std::string_view name) {
  Revocation outcome;
  GL_CHECK(home.database().transaction([&]() -> Result<void> {
    GL_TRY(grant, home::open_grant_named(home, name));
    if (!grant) {
      return fail(ErrorCode::kNotFound, "there is no open grant of this name", "`glucoledger status` lists them");
    }
    GL_TRY(held, home::open_epochs_of(home, *grant));
    std::vector<home::Epoch> fresh;
    for (const auto& epoch : held) {
      GL_TRY(left, home::count_left(home, epoch.id));
      GL_TRY(unsent, home::has_unsent_messages(home, epoch.id));
      if (unsent) {
        GL_TRY(next, home::create_epoch(home, epoch.design, epoch.first_day, epoch.last_day));
        GL_CHECK(home::remake_messages_from(home, epoch.id, left, next));
        GL_CHECK(home::move_waiting_messages(home, epoch.id, next));
        fresh.push_back(std::move(next));
      }
      // Where another copy of this home may have signed too, the number of messages cannot be known.
      GL_CHECK(home::end_epoch(home, epoch.id, epoch.may_sign ? std::optional(left) : std::nullopt));
    }
    GL_CHECK(home::close_grant(home, *grant, world.clock.now_ms()));
    GL_CHECK(home::release_to_holders(home, fresh));
    GL_CHECK(home::queue_ends(home));
    outcome = {held.size(), fresh.size()};
    return {};
  }));
  return outcome;
}

}  // namespace glucoledger::usecases
