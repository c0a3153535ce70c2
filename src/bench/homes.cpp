#include "bench/homes.h"

#include "base/durations.h"
#include "home/contacts.h"
#include "home/readings.h"
#include "usecases/receive.h"
#include "usecases/share.h"

namespace glucoledger::bench {
namespace {

constexpr std::int64_t kFirstReadingMs = 1'735'689'600'000;  // 2025-01-01

cgm::Reading example_reading(std::size_t number, int minutes) {
  cgm::Reading reading;
  reading.utc_ms = kFirstReadingMs + static_cast<std::int64_t>(number) * minutes * base::kMinuteMs;
  reading.value = std::to_string(70 + 37 * number % 180);
  reading.device_model = "Dexcom G6 Receiver";
  reading.device_serial = "SM00000000";
  reading.identity = "bench/" + std::to_string(number);
  return reading;
}

}  // namespace

Homes::Homes(std::filesystem::path folder, ports::World world) : folder_(std::move(folder)), world_(std::move(world)) {
  world_.progress = {};
}

Result<Homes> Homes::make(const std::filesystem::path& folder, const std::string& ledger, ports::World world) {
  Homes homes(folder, std::move(world));
  GL_TRY(place, locator::Locator::parse(ledger));
  GL_CHECK(homes.make_home(homes.patient(), home::Role::kPatient, place));
  return homes;
}

Result<void> Homes::make_home(const std::filesystem::path& home, home::Role role,
                              const locator::Locator& ledger) const {
  home::Settings settings;
  settings.role = role;
  settings.time_zone = "UTC";
  settings.ledger = ledger;
  GL_ASSIGN(settings.store, locator::Locator::parse((folder_ / "store").string()));
  return home::create_home(home, settings, {}, world_.clock.now_ms());
}

Result<home::Home> Homes::open(const std::filesystem::path& home) const {
  GL_TRY(key, home::unlock_home(home, {}));
  return home::Home::open(home, key, home::Home::Use::kWrite);
}

Result<void> Homes::add_readings(std::size_t count, int minutes) {
  std::vector<cgm::Reading> readings;
  readings.reserve(count);
  for (std::size_t i = 0; i < count; ++i) readings.push_back(example_reading(next_reading_++, minutes));
  GL_TRY(home, open(patient()));
  return home.write([&](home::Transaction& transaction) {
    return home::add_readings(transaction, readings).map([](const auto&) {});
  });
}

Result<usecases::OutboxReport> Homes::publish(const usecases::PublishOptions& options) {
  GL_TRY(home, open(patient()));
  GL_TRY(publication, usecases::publish(home, world_, options));
  auto& carried = publication.carried;
  if (auto shortfall = carried.shortfall()) return tl::unexpected(std::move(*shortfall));
  if (carried.waiting.messages_waiting + carried.waiting.notes_waiting == 0) return std::move(carried.report);
  return fail(ErrorCode::kFailed, "the ledger did not confirm all of the messages");
}

Result<void> Homes::share(keys::Design design) {
  GL_TRY(home, open(patient()));
  GL_TRY(share, usecases::share(home, world_, {"clinic", design, {}}));
  uri_ = std::move(share.uri);
  if (auto shortfall = share.carried.shortfall()) return tl::unexpected(std::move(*shortfall));
  return {};
}

Result<void> Homes::invite(const std::string& name, const std::string& ledger) {
  GL_TRY(place, locator::Locator::parse(ledger));
  GL_CHECK(make_home(clinic(name), home::Role::kClinic, place));
  GL_TRY(home, open(clinic(name)));
  return usecases::receive(home, world_, uri_.text(), "patient").map([](const auto&) {});
}

Result<usecases::FetchReport> Homes::fetch(const std::string& name) {
  GL_TRY(home, open(clinic(name)));
  GL_TRY(reports, usecases::fetch(home, world_, "patient"));
  auto& report = reports.front();
  if (report.problems.empty()) return std::move(report);
  return fail(ErrorCode::kFailed, "fetching failed: " + report.problems.front().reason);
}

}  // namespace glucoledger::bench
