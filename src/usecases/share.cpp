#include "usecases/share.h"

#include <algorithm>

#include "base/limits.h"
#include "exchange/home_ledger.h"

namespace glucoledger::usecases {
namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    parts.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

Result<std::vector<keys::Locator>> locators_of(home::Home& home, const World& world, keys::Design design) {
  using Kind = keys::Locator::Kind;
  GL_TRY(ledger, world.locator_of(home.ledger_spec()));
  std::vector<keys::Locator> locators;
  if (design == keys::Design::kTangle) {
    if (!ports::is_url(ledger)) return std::vector<keys::Locator>{{Kind::kLedger, ledger}};
    for (auto& url : split(ledger)) locators.push_back({Kind::kLedger, std::move(url)});
    locators.resize(std::min(locators.size(), base::limits::kUriLocatorsMax));
    return locators;
  }
  GL_TRY(store, world.locator_of(home.store_spec()));
  const std::filesystem::path ledger_path(ledger);
  const std::filesystem::path store_path(store);
  if (ledger_path.filename() == "ledger" && store_path.filename() == "store" &&
      ledger_path.parent_path() == store_path.parent_path()) {
    return std::vector<keys::Locator>{{Kind::kHome, ledger_path.parent_path().string()}};
  }
  auto nodes = ports::is_url(ledger) ? split(ledger) : std::vector<std::string>{ledger};
  nodes.resize(std::min(nodes.size(), base::limits::kUriLocatorsMax - 1));
  for (auto& node : nodes) locators.push_back({Kind::kLedger, std::move(node)});
  locators.push_back({Kind::kStore, store});
  return locators;
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

// Which ledger it is, from the home where it was reached before.
Result<std::string> network_id_of(home::Home& home, const World& world) {
  GL_TRY(known, home.meta("network_id"));
  if (known) return *known;
  GL_TRY(opened, exchange::open_home_ledger(home, world));
  return opened.info.network_id;
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

}  // namespace

Result<void> check_name(std::string_view name) {
  const bool printable =
      std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  if (name.empty() || name.size() > base::limits::kNameLengthMax || !printable) {
    return fail(ErrorCode::kUsage, "a name has 1 to 64 printable characters");
  }
  return {};
}

Result<Share> share(home::Home& home, const World& world, const ShareOptions& options, const HandOver& hand_over) {
  GL_CHECK(check_name(options.name));
  GL_TRY(network_id, network_id_of(home, world));
  GL_TRY(locators, locators_of(home, world, options.design));
  Share outcome;
  GL_CHECK(home.write([&](home::Transaction& transaction) -> Result<void> {
    outcome = Share();
    GL_ASSIGN(outcome.grant, grant_for(transaction, options, world.clock.now_ms(), outcome.opened_now));
    GL_TRY(newest, release_epochs(transaction, outcome.grant, outcome));
    GL_TRY(thread, home::thread_by_id(home, outcome.grant.thread_id));
    GL_TRY(keys, home::keys_of(home, thread));
    keys::Invitation invitation{.network_id = network_id,
                                .locators = locators,
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
  outcome.this_machine_only =
      std::any_of(locators.begin(), locators.end(), [](const auto& locator) { return !ports::is_url(locator.where); });
  if (hand_over) GL_CHECK(hand_over(outcome));
  GL_ASSIGN(outcome.carried, carry_notes(home, world));
  return outcome;
}

}  // namespace glucoledger::usecases
