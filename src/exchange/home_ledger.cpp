#include "exchange/home_ledger.h"

#include <algorithm>
#include <cstdlib>

#include "exchange/impatient_ledger.h"

namespace glucoledger::exchange {
namespace {

constexpr std::string_view kNetworkId = "network_id";
constexpr std::string_view kWeight = "min_weight_magnitude";  // as many nodes told it as must agree
constexpr std::int64_t kOpenPatienceMs = 2'500;               // of who shares or revokes

// Of two processes that see a ledger for the first time, the second must have seen the same.
Result<void> remember(home::Home& home, const std::string& network_id) {
  return home.write([&](home::Transaction& transaction) -> Result<void> {
    GL_TRY(known, home.meta(kNetworkId));
    if (!known) return home.set_meta(transaction, kNetworkId, network_id);
    if (*known == network_id) return {};
    return fail(ErrorCode::kUnreachable, "this is another ledger than the one that this home publishes to",
                "bring the home's ledger back: nothing is lost");
  });
}

// One node that is alone may ask for work that would take for ever: it is believed what the ledger asked for before.
Result<void> check_weight(home::Home& home, const ports::LedgerInfo& info) {
  GL_TRY(known, home.meta(kWeight));
  const std::string weight = std::to_string(info.min_weight_magnitude);
  if (known == weight) return {};
  if (info.agreed) {
    return home.write([&](home::Transaction& transaction) { return home.set_meta(transaction, kWeight, weight); });
  }
  if (!known || info.min_weight_magnitude < std::strtol(known->c_str(), nullptr, 10)) return {};
  return fail(ErrorCode::kUnreachable,
              "too few nodes answered to believe that the ledger's minimum weight magnitude is " + weight +
                  " now, not " + *known,
              "repeat when more nodes answer: nothing is lost");
}

// This home's own ledger first, then folders that the patient named, then the nodes, all as one place.
std::vector<locator::Locator> places_of_ledger(const home::Home& home, const home::ReceivedGrant& grant) {
  std::vector<locator::Locator> places;
  if (const auto& own = home.settings().ledger) places.push_back(*own);
  std::vector<locator::Endpoint> nodes;
  for (const auto& place : grant.places) {
    if (place.kind == keys::Place::Kind::kHome) places.push_back(place.where.in_folder("ledger"));
    if (place.kind != keys::Place::Kind::kLedger) continue;
    if (place.where.is_folder()) {
      places.push_back(place.where);
    } else {
      const auto& endpoints = place.where.endpoints();
      nodes.insert(nodes.end(), endpoints.begin(), endpoints.end());
    }
  }
  if (!nodes.empty()) {
    auto all = locator::Locator::of_nodes(nodes);
    if (std::find(places.begin(), places.end(), all) == places.end()) places.push_back(std::move(all));
  }
  return places;
}

Result<OpenedLedger> open_and_ask(home::Home& home, const ports::World& world, ports::Use use) {
  OpenedLedger opened;
  GL_TRY(known, home.meta(kNetworkId));
  const auto& place = home.ledger_place();
  // Reading makes nothing: where a known ledger's folder is gone for now, no new one shall stand in its place.
  if (known || use == ports::Use::kRead) {
    auto present = world.open_ledger(place, ports::Use::kRead, world.cancel);
    if (!present) {
      if (present.error().code == ErrorCode::kNotFound) present.error().code = ErrorCode::kUnreachable;
      return tl::unexpected(present.error());
    }
    opened.ledger = std::move(*present);
  }
  if (use == ports::Use::kWrite) {
    opened.ledger.reset();  // a folder is opened once
    GL_ASSIGN(opened.ledger, world.open_ledger(place, ports::Use::kWrite, world.cancel));
  }
  GL_ASSIGN(opened.info, opened.ledger->info(world.cancel));
  if (known != opened.info.network_id) GL_CHECK(remember(home, opened.info.network_id));
  GL_CHECK(check_weight(home, opened.info));
  return opened;
}

}  // namespace

Result<OpenedLedger> open_home_ledger(home::Home& home, const ports::World& world, ports::Use use) {
  base::report(world.progress, "asking the ledger", 0, 0);
  auto opened = open_and_ask(home, world, use);
  base::report(world.progress, "", 0, 0);
  return opened;
}

Result<OpenedLedger> open_home_ledger_soon(home::Home& home, const ports::World& world) {
  constexpr std::int64_t kCallPatienceMs = 6'000;
  const auto open = [&](const base::CancelToken& cancel) {
    auto brief = world;
    brief.cancel = cancel;
    return open_home_ledger(home, brief);
  };
  GL_TRY(opened, ask_briefly(kOpenPatienceMs, world.cancel, open));
  opened.ledger = std::make_shared<ImpatientLedger>(std::move(opened.ledger), kCallPatienceMs);
  return opened;
}

Result<std::string> meet_home_ledger(home::Home& home, const ports::World& world) {
  GL_TRY(known, home.meta(kNetworkId));
  if (known) return std::move(*known);
  const auto look = [&](const base::CancelToken& cancel) -> Result<ports::LedgerInfo> {
    GL_TRY(ledger, world.open_ledger(home.ledger_place(), ports::Use::kRead, cancel));
    return ledger->info(cancel);
  };
  auto info = ask_briefly(kOpenPatienceMs, world.cancel, look);
  if (info) {
    GL_CHECK(remember(home, info->network_id));
    return std::move(info->network_id);
  }
  if (info.error().code != ErrorCode::kNotFound) return tl::unexpected(std::move(info.error()));
  auto made = open_home_ledger_soon(home, world);
  if (made) return std::move(made->info.network_id);
  GL_ASSIGN(known, home.meta(kNetworkId));  // another process may have made it at this moment
  if (known) return std::move(*known);
  return tl::unexpected(std::move(made.error()));
}

Result<std::shared_ptr<ports::Ledger>> open_ledger_of(home::Home& home, const ports::World& world,
                                                      const home::ReceivedGrant& grant) {
  Error error{ErrorCode::kUnreachable, "the invitation names no ledger", "name one of your own when you make the home"};
  for (const auto& place : places_of_ledger(home, grant)) {
    auto ledger = world.open_ledger(place, ports::Use::kRead, world.cancel);
    auto info = ledger ? (*ledger)->info(world.cancel) : Result<ports::LedgerInfo>(tl::unexpected(ledger.error()));
    if (info && info->network_id == grant.network_id) return std::move(*ledger);
    error = info ? Error{ErrorCode::kUnreachable, "another ledger stands where the patient's was",
                         "ask the patient for a new invitation"}
                 : info.error();
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kUnreachable;
  }
  return tl::unexpected(std::move(error));
}

}  // namespace glucoledger::exchange
