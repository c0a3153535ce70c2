#include "exchange/home_ledger.h"

#include <filesystem>

namespace glucoledger::exchange {
namespace {

constexpr std::string_view kNetworkId = "network_id";

// Of two processes that see a ledger for the first time, the second must have seen the same.
Result<void> remember(home::Home& home, const std::string& network_id) {
  return home.write([&](home::Transaction& transaction) -> Result<void> {
    GL_TRY(known, home.meta(kNetworkId));
    if (!known) return home.set_meta(transaction, kNetworkId, network_id);
    if (*known == network_id) return {};
    return fail(ErrorCode::kUnreachable, "this is another ledger than the one that this home publishes to",
                "bring the home's ledger back and publish again: nothing is lost");
  });
}

}  // namespace

Result<OpenedLedger> open_home_ledger(home::Home& home, const ports::World& world) {
  OpenedLedger opened;
  GL_TRY(known, home.meta(kNetworkId));
  // Reading makes nothing: where a known ledger's folder is gone for now, no new one shall stand in its place.
  if (known) {
    auto present = world.open_ledger(home.ledger_spec(), ports::Use::kRead);
    if (!present) {
      if (present.error().code == ErrorCode::kNotFound) present.error().code = ErrorCode::kUnreachable;
      return tl::unexpected(present.error());
    }
  }
  GL_ASSIGN(opened.ledger, world.open_ledger(home.ledger_spec(), ports::Use::kWrite));
  GL_ASSIGN(opened.info, opened.ledger->info(world.cancel));
  if (known != opened.info.network_id) GL_CHECK(remember(home, opened.info.network_id));
  return opened;
}

Result<std::shared_ptr<ports::Ledger>> open_ledger_of(home::Home& home, const ports::World& world,
                                                      const home::ReceivedGrant& grant) {
  std::vector<std::string> specs;
  if (!home.settings().ledger.empty()) specs.push_back(home.settings().ledger);
  std::string nodes;
  for (const auto& locator : grant.locators) {
    if (locator.kind == keys::Locator::Kind::kLedger) {
      if (ports::is_url(locator.where)) {
        nodes += (nodes.empty() ? "" : ",") + locator.where;
      } else {
        specs.push_back(locator.where);
      }
    }
    if (locator.kind == keys::Locator::Kind::kHome) {
      specs.push_back((std::filesystem::path(locator.where) / "ledger").string());
    }
  }
  if (!nodes.empty() && nodes != home.settings().ledger) specs.push_back(std::move(nodes));
  Error error{ErrorCode::kUnreachable, "the invitation names no ledger", "name one of your own when you make the home"};
  for (const auto& spec : specs) {
    auto ledger = world.open_ledger(spec, ports::Use::kRead);
    auto info = ledger ? (*ledger)->info(world.cancel) : Result<ports::LedgerInfo>(tl::unexpected(ledger.error()));
    if (info && info->network_id == grant.network_id) return std::move(*ledger);
    error = info ? Error{ErrorCode::kUnreachable, "another ledger stands where the patient's was", ""} : info.error();
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kUnreachable;
  }
  return tl::unexpected(std::move(error));
}

Result<int> min_weight_magnitude_for(const ports::LedgerInfo& info, std::optional<int> asked) {
  const int mwm = asked.value_or(info.min_weight_magnitude);
  if (mwm >= info.min_weight_magnitude) return mwm;
  return fail(ErrorCode::kUsage,
              "this ledger asks for a minimum weight magnitude of " + std::to_string(info.min_weight_magnitude),
              "ask for no less");
}

}  // namespace glucoledger::exchange
