#include "wiring/make_home.h"

#include <memory>

#include "base/file.h"
#include "exchange/home_ledger.h"
#include "wiring/ledger_opener.h"
#include "wiring/open_ledger.h"
#include "wiring/open_store.h"

namespace glucoledger::wiring {
namespace {

// Opens the ledger once, so that a new folder gets its minimum weight magnitude, and what nobody may write to is told.
// A clinic writes nothing: what is there already is only looked at. So is a folder that another process writes to.
Result<void> make_ledger(const locator::Locator& place, const NewHome& request, const base::Clock& clock,
                         const base::CancelToken& cancel) {
  constexpr std::int64_t kLockWaitMs = 500;
  OpenLedgerOptions options;
  options.http = request.http;
  options.min_weight_magnitude = request.min_weight_magnitude;
  options.lock_wait_ms = kLockWaitMs;
  options.read_only = place.is_folder() && request.settings.role == home::Role::kClinic;
  auto opened = open_ledger(place, options, clock, cancel);
  if (!opened && opened.error().code == (options.read_only ? ErrorCode::kNotFound : ErrorCode::kBusy)) {
    options.read_only = !options.read_only;
    opened = open_ledger(place, options, clock, cancel);
  }
  return opened.map([](const auto&) {});
}

// A mistyped URL shall not first be noticed by what waits in the outbox.
Result<std::vector<Error>> look_at_nodes(const locator::Locator& nodes, const http::ClientOptions& http,
                                         const base::Clock& clock, const base::CancelToken& cancel) {
  auto faults = faults_of_nodes(nodes, http, clock, cancel);
  for (auto& fault : faults) {
    const bool is_for_ever = fault.code == ErrorCode::kCorrupt || fault.code == ErrorCode::kUsage;
    if (is_for_ever) return tl::unexpected(std::move(fault));
  }
  return faults;
}

// So that a patient can share also while the ledger is out of reach.
Result<void> meet_ledger(home::Home& home, const base::Clock& clock, const base::CancelToken& cancel) {
  const auto opener = std::make_shared<LedgerOpener>(clock);
  GL_TRY(access, load_access(home));
  opener->set_access(std::move(access));
  return exchange::meet_home_ledger(home, make_world(opener, clock, {}, cancel)).map([](const auto&) {});
}

// What it needs comes first, and what can be wrong before that: what is cut short can be repeated.
Result<std::vector<Error>> make_all(const std::filesystem::path& folder, const NewHome& request,
                                    const home::KeySource& key_source, const base::Clock& clock,
                                    const base::CancelToken& cancel) {
  const auto& [settings, min_weight_magnitude, http] = request;
  const bool is_clinic = settings.role == home::Role::kClinic;
  GL_TRY(inner_ledger, locator::Locator::parse((folder / "ledger").string()));
  const auto ledger = settings.ledger.value_or(inner_ledger);
  const bool has_access = !http.ca_file.empty() || http.token;
  if (has_access) GL_CHECK(check_needs_access(ledger));
  std::vector<Error> faults;
  if (settings.store) GL_CHECK(open_store(*settings.store, false, cancel));
  if (settings.ledger || !is_clinic) GL_CHECK(make_ledger(ledger, request, clock, cancel));
  if (!ledger.is_folder()) {
    GL_ASSIGN(faults, look_at_nodes(ledger, http, clock, cancel));
  }
  GL_CHECK(cancel.check());
  GL_CHECK(home::create_home(folder, settings, key_source, clock.now_ms()));
  GL_TRY(key, home::unlock_home(folder, key_source));
  GL_TRY(home, home::Home::open(folder, key, home::Home::Use::kWrite));
  if (has_access) GL_CHECK(store_access(home, http));
  const bool answers = ledger.is_folder() || faults.size() < ledger.endpoints().size();
  if (is_clinic || !answers) return faults;
  if (auto met = meet_ledger(home, clock, cancel); !met) faults.push_back(std::move(met.error()));
  return faults;
}

}  // namespace

Result<std::vector<Error>> make_home(const std::filesystem::path& folder, const NewHome& request,
                                     const home::KeySource& key_source, const base::Clock& clock,
                                     const base::CancelToken& cancel) {
  GL_CHECK(cancel.check());
  GL_CHECK(home::check_new_home(folder, key_source));
  std::error_code ignored;
  const bool was_there = std::filesystem::exists(folder, ignored);
  constexpr unsigned kOwnerOnly = 0700;
  GL_CHECK(base::make_folder(folder, kOwnerOnly));
  auto made = make_all(folder, request, key_source, clock, cancel);
  if (!made && !was_there) std::filesystem::remove(folder, ignored);  // where it is empty
  return made;
}

}  // namespace glucoledger::wiring
