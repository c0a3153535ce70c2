#include "usecases/share.h"

#include <algorithm>

#include "base/advice.h"
#include "base/limits.h"
#include "base/text.h"
#include "exchange/home_ledger.h"
#include "usecases/revoke.h"
#include "usecases/role.h"

namespace glucoledger::usecases {
namespace {

// Each node is a place of its own; at most `places_max`.
std::vector<keys::Place> places_of_ledger(const locator::Locator& ledger, std::size_t places_max) {
  constexpr auto kLedger = keys::Place::Kind::kLedger;
  if (ledger.is_folder()) return {{kLedger, ledger}};
  std::vector<keys::Place> places;
  for (const auto& node : ledger.endpoints()) {
    if (places.size() < places_max) places.push_back({kLedger, locator::Locator::of_nodes({node})});
  }
  return places;
}

Result<std::vector<keys::Place>> places_of(home::Home& home, keys::Design design) {
  const auto& ledger = home.ledger_place();
  if (design == keys::Design::kTangle) return places_of_ledger(ledger, base::limits::kUriLocatorsMax);
  const auto& store = home.store_place();
  if (ledger.is_folder() && store.is_folder()) {
    auto folder = locator::Locator::of_folder(ledger.folder().parent_path());
    if (ledger == folder.in_folder("ledger") && store == folder.in_folder("store")) {
      return std::vector<keys::Place>{{keys::Place::Kind::kHome, std::move(folder)}};
    }
  }
  auto places = places_of_ledger(ledger, base::limits::kUriLocatorsMax - 1);
  places.push_back({keys::Place::Kind::kStore, store});
  return places;
}

// Every place of the ledger, or any other place, is of no use elsewhere.
bool are_of_this_machine(const std::vector<keys::Place>& places) {
  bool every_ledger = true;
  for (const auto& place : places) {
    const bool is_local = place.where.is_of_this_machine();
    if (place.kind != keys::Place::Kind::kLedger && is_local) return true;
    if (place.kind == keys::Place::Kind::kLedger && !is_local) every_ledger = false;
  }
  return every_ledger;
}

bool reaches_over(const home::Grant& grant, const home::Epoch& epoch) {
  const bool outside = (grant.days.since && epoch.last_day < *grant.days.since) ||
                       (grant.days.until && *grant.days.until < epoch.first_day);
  return !outside && !grant.covers(epoch);
}

// Releases what the grant covers; returns the newest epoch, which goes with the invitation.
Result<std::optional<home::Epoch>> release_epochs(home::Transaction& transaction, const home::Grant& grant,
                                                  Share& outcome) {
  GL_TRY(epochs, home::all_epochs(transaction.home(), grant.design));
  std::vector<home::Epoch> covered;
  for (auto& epoch : epochs) {
    if (!epoch.open && epoch.messages == 0U) continue;  // ended before anything was in it
    if (grant.covers(epoch)) {
      covered.push_back(std::move(epoch));
    } else if (reaches_over(grant, epoch)) {
      outcome.left_out.push_back(epoch.first_day + " to " + epoch.last_day);
    }
  }
  outcome.epochs = covered.size();
  if (covered.empty()) return std::nullopt;
  const auto newest = std::max_element(covered.begin(), covered.end(), [](const auto& a, const auto& b) {
    return std::tie(a.last_day, a.id) < std::tie(b.last_day, b.id);
  });
  home::Epoch with_uri = std::move(*newest);
  covered.erase(newest);
  if (outcome.opened_now) {
    GL_CHECK(home::release_by_uri(transaction, grant, with_uri));
    GL_CHECK(home::release_by_note(transaction, grant, covered));
    GL_CHECK(home::queue_ends(transaction));
  } else {
    GL_CHECK(home::release_anew_by_note(transaction, grant, with_uri));
  }
  return with_uri;
}

Result<std::string> network_id_of(home::Home& home, const World& world) {
  auto network_id = exchange::meet_home_ledger(home, world);
  if (!network_id && network_id.error().code == ErrorCode::kUnreachable) {
    network_id.error().message += "; nobody was let in: this home has not met its ledger yet, and a code must name it";
  }
  return network_id;
}

// The open grant with the same words, or a new one.
Result<home::Grant> grant_for(home::Transaction& transaction, const ShareOptions& options, std::int64_t now_ms,
                              bool& opened_now) {
  GL_TRY(grants, home::open_grants_named(transaction.home(), options.name));
  for (auto& grant : grants) {
    if (grant.recipient == options.name && grant.design == options.design && grant.days.since == options.days.since &&
        grant.days.until == options.days.until) {
      return std::move(grant);
    }
  }
  opened_now = true;
  return home::open_grant(transaction, options.name, options.design, options.days, now_ms);
}

Result<void> give(home::Home& home, const World& world, const HandOver& hand_over, const Share& share) {
  if (!hand_over.give) return {};
  auto given = hand_over.give(share);
  if (given || !share.opened_now) return given;
  Error error = std::move(given).error();
  if (take_back(home, world, share.grant)) {
    error.message += "; nobody was let in";
  } else {
    error.message += "; the grant is open, and nobody holds its code";
    base::advise(error, Advice::kShareAgainOrRevoke);
  }
  return tl::unexpected(std::move(error));
}

}  // namespace

Result<void> check_name(std::string_view name) {
  if (name.empty() || name.size() > base::limits::kNameLengthMax || !base::is_printable(name)) {
    return fail(ErrorCode::kUsage, "a name has 1 to 64 printable characters", "choose another one");
  }
  // As several grants of one person are called.
  const auto last = name.find_last_not_of("0123456789");
  if (last != name.npos && last + 1 < name.size() && name[last] == '/') {
    return fail(ErrorCode::kUsage, "a name does not end in a slash and a number: so one grant of several is called",
                "choose another one");
  }
  return {};
}

Result<Share> share(home::Home& home, const World& world, const ShareOptions& options, const HandOver& hand_over) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  GL_CHECK(check_name(options.name));
  GL_TRY(network_id, network_id_of(home, world));
  GL_TRY(places, places_of(home, options.design));
  if (hand_over.prepare) GL_CHECK(hand_over.prepare());
  GL_CHECK(home.renew_instance());
  Share outcome;
  GL_CHECK(home.write([&](home::Transaction& transaction) -> Result<void> {
    outcome = Share();
    GL_ASSIGN(outcome.grant, grant_for(transaction, options, world.clock.now_ms(), outcome.opened_now));
    GL_TRY(newest, release_epochs(transaction, outcome.grant, outcome));
    GL_TRY(thread, home::thread_by_id(home, outcome.grant.thread_id));
    GL_TRY(keys, home::keys_of(home, thread));
    keys::Invitation invitation{.network_id = network_id,
                                .places = places,
                                .thread = std::move(keys),
                                .patient_key = home.signing_key().public_key(),
                                .design = options.design,
                                .newest_epoch = {}};
    if (newest) {
      GL_ASSIGN(invitation.newest_epoch, home::release_of(home, *newest));
    }
    GL_ASSIGN(outcome.uri, keys::encode_uri(invitation));
    return {};
  }));
  outcome.this_machine_only = are_of_this_machine(places);
  GL_CHECK(give(home, world, hand_over, outcome));
  GL_ASSIGN(outcome.carried, carry_notes(home, world));
  return outcome;
}

}  // namespace glucoledger::usecases
