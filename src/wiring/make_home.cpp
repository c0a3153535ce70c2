#include "wiring/make_home.h"

#include <memory>

#include "usecases/meet_ledger.h"
#include "wiring/ledger_opener.h"
#include "wiring/open_ledger.h"
#include "wiring/open_store.h"

namespace glucoledger::wiring {
namespace {

// Opens the ledger once, so that a new folder gets its minimum weight magnitude. A clinic writes nothing: what is
// there already is only looked at, also beside its writer.
Result<void> make_ledger(const locator::Locator& place, const NewHome& request, const base::Clock& clock,
                         const base::CancelToken& cancel) {
  OpenLedgerOptions options;
  options.http = request.http;
  options.min_weight_magnitude = request.min_weight_magnitude;
  options.read_only = place.is_folder() && request.settings.role == home::Role::kClinic;
  auto opened = open_ledger(place, options, clock, cancel);
  if (!opened && options.read_only && opened.error().code == ErrorCode::kNotFound) {
    options.read_only = false;
    opened = open_ledger(place, options, clock, cancel);
  }
  return opened.map([](const auto&) {});
}

// A mistyped URL shall not first be noticed by what waits in the outbox.
Result<std::vector<Error>> look_at_nodes(const locator::Locator& nodes, const http::ClientOptions& http,
                                         const base::Clock& clock, const base::CancelToken& cancel) {
  auto faults = faults_of_nodes(nodes, http, clock, cancel);
  for (auto& fault : faults) {
    if (fault.code == ErrorCode::kCorrupt) return tl::unexpected(std::move(fault));
  }
  return faults;
}

// So that a patient can share also while the nodes are out of reach. What keeps them from it now was told.
Result<void> meet_nodes(home::Home& home, const base::Clock& clock, const base::CancelToken& cancel) {
  const auto opener = std::make_shared<LedgerOpener>(clock);
  GL_TRY(access, load_access(home));
  opener->set_access(std::move(access));
  (void)usecases::meet_ledger(home, make_world(opener, clock, {}, cancel));
  return {};
}

}  // namespace

Result<std::vector<Error>> make_home(const std::filesystem::path& folder, const NewHome& request,
                                     const home::KeySource& key_source, const base::Clock& clock,
                                     const base::CancelToken& cancel) {
  const auto& [settings, min_weight_magnitude, http] = request;
  const bool has_access = !http.ca_file.empty() || http.token;
  if (has_access) GL_CHECK(check_needs_access(settings.ledger.value_or(locator::Locator::of_folder(folder))));
  const bool has_nodes = settings.ledger && !settings.ledger->is_folder();
  std::vector<Error> faults;
  if (settings.ledger) GL_CHECK(make_ledger(*settings.ledger, request, clock, cancel));
  if (has_nodes) {
    GL_ASSIGN(faults, look_at_nodes(*settings.ledger, http, clock, cancel));
  }
  if (settings.store) GL_CHECK(open_store(*settings.store, false));
  GL_CHECK(cancel.check());
  GL_CHECK(home::create_home(folder, settings, key_source, clock.now_ms()));
  GL_TRY(key, home::unlock_home(folder, key_source));
  GL_TRY(home, home::Home::open(folder, key, home::Home::Use::kWrite));
  if (has_access) GL_CHECK(store_access(home, http));
  if (settings.role == home::Role::kClinic) return faults;
  if (!settings.ledger) GL_CHECK(make_ledger(home.ledger_place(), request, clock, cancel));
  const bool is_met = has_nodes && faults.size() < settings.ledger->endpoints().size();
  if (is_met) GL_CHECK(meet_nodes(home, clock, cancel));
  return faults;
}

}  // namespace glucoledger::wiring
