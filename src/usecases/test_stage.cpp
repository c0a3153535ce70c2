// The stage on which the use cases are tested, and the tests that its ledger fails as it should.
#include "usecases/test_stage.h"

#include <stdlib.h>

#include <fstream>

#include "base/wall_time.h"
#include "cgm/local_day.h"
#include "content_store/embedded_store.h"
#include "fhir/observation.h"
#include "home/instance.h"

namespace glucoledger::usecases {

constexpr std::int64_t kFirstDay = 20'000;  // since 1970-01-01

std::string day_of(std::int64_t day) {
  return base::day_text(kFirstDay + day);
}

cgm::Reading test_reading(std::int64_t day, std::int64_t slot) {
  cgm::Reading reading;
  reading.utc_ms = (kFirstDay + day) * 86'400'000 + slot * 300'000;
  reading.value = std::to_string(80 + (7 * slot + 13 * day) % 200);
  reading.identity = "test/" + std::to_string(reading.utc_ms);
  reading.device_model = "Test CGM";
  return reading;
}

Stage::Stage()
    : world_{.clock = clock_,
             .open_ledger = [this](const locator::Locator&, Use,
                                   const base::CancelToken&) -> Result<std::shared_ptr<ports::Ledger>> {
               return std::make_shared<WatchedLedger>(*tangle_, network_);
             },
             .open_store = [](const locator::Locator& place, Use use,
                              const base::CancelToken&) -> Result<std::shared_ptr<ports::ContentStore>> {
               GL_TRY(store, content_store::EmbeddedStore::open(place, use == Use::kRead));
               return std::shared_ptr<ports::ContentStore>(std::move(store));
             },
             .progress = {}} {
  // In memory where that is possible: what a sync costs is not the question here.
  const std::filesystem::path memory = "/dev/shm";
  const auto parent = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
  std::string name = (parent / "glucoledger-stage-XXXXXX").string();
  folder_ = ::mkdtemp(name.data());
  tangle_ = ledger_store::Tangle::in_memory(1, clock_);
  make_home("patient", home::Role::kPatient);
  make_home("clinic", home::Role::kClinic);
}

Stage::~Stage() {
  EXPECT_EQ(doubly_used_addresses(), 0U) << "a one-time key signed two different messages";
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Stage::make_home(const std::string& name, home::Role role) {
  home::Settings settings;
  settings.role = role;
  settings.time_zone = "UTC";
  settings.store = locator::Locator::of_folder(folder_ / "store");
  ASSERT_TRUE(home::create_home(folder_ / name, settings, {}, clock_.now_ms()));
}

Result<Home> Stage::try_open(const std::string& name) {
  GL_TRY(key, home::unlock_home(folder_ / name, {}));
  return Home::open(folder_ / name, key, Home::Use::kWrite);
}

Home Stage::open(const std::string& name) {
  auto home = try_open(name);
  EXPECT_TRUE(home) << home.error().message;
  return std::move(*home);
}

Result<void> Stage::try_import(const std::string& name, const std::vector<cgm::Reading>& readings) {
  GL_TRY(home, try_open(name));
  return home.write([&](home::Transaction& transaction) {
    return home::add_readings(transaction, readings).map([](const auto&) {});
  });
}

void Stage::import(std::int64_t day, std::int64_t first_slot, std::int64_t count, const std::string& name) {
  std::vector<cgm::Reading> readings;
  for (std::int64_t i = 0; i < count; ++i) {
    readings.push_back(test_reading(day, first_slot + i));
    if (!imported_.contains(readings.back().utc_ms)) imported_.insert(readings.back().utc_ms);
  }
  ASSERT_TRUE(try_import(name, readings));
}

Stage::Times Stage::times_of(std::int64_t day, std::int64_t first_slot, std::int64_t count) {
  Times times;
  for (std::int64_t i = 0; i < count; ++i) times.insert(test_reading(day, first_slot + i).utc_ms);
  return times;
}

Result<OutboxReport> Stage::try_publish(const std::string& name, const PublishOptions& options) {
  GL_TRY(home, try_open(name));
  GL_CHECK(plan_publication(home, options));
  GL_TRY(report, exchange::run_outbox(home, world_, options.outbox));
  if (!report) return fail(ErrorCode::kBusy, "another process is at it");
  return std::move(*report);
}

void Stage::publish(const PublishOptions& options, const std::string& name) {
  const auto report = try_publish(name, options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->delivery.unconfirmed, 0U);
  EXPECT_EQ(report->waiting.messages_waiting, 0);
  EXPECT_EQ(report->waiting.notes_waiting, 0);
}

PublishOptions Stage::files(cgm::Window window) {
  PublishOptions options;
  options.design = kB;
  options.window = window;
  return options;
}

Result<OutboxReport> Stage::send_notes(const std::string& name) {
  GL_TRY(home, try_open(name));
  OutboxOptions options;
  options.notes_only = true;
  GL_TRY(report, exchange::run_outbox(home, world_, options));
  if (!report) return fail(ErrorCode::kBusy, "another process is at it");
  return std::move(*report);
}

Result<Share> Stage::try_share(const std::string& to, keys::Design design, const home::DayRange& days,
                               const std::string& name) {
  GL_TRY(home, try_open(name));
  return share(home, world_, {to, design, days});
}

Result<void> Stage::try_receive(std::string_view uri, const std::string& contact) {
  GL_TRY(home, try_open("clinic"));
  return receive(home, world_, uri, contact).map([](const auto&) {});
}

void Stage::invite(const std::string& to, keys::Design design, const home::DayRange& days) {
  const auto shared = try_share(to, design, days);
  ASSERT_TRUE(shared) << shared.error().message;
  ASSERT_TRUE(try_receive(shared->uri.text(), to));
}

Result<Revocation> Stage::try_revoke(const std::string& to, const std::string& name) {
  GL_TRY(home, try_open(name));
  return revoke(home, world_, to);
}

void Stage::roll_back(const std::function<void()>& life) {
  std::filesystem::copy(folder_ / "patient", folder_ / "kept", std::filesystem::copy_options::recursive);
  life();
  for (const char* name : {"home.db", "instance"}) {
    std::ifstream old(folder_ / "kept" / name, std::ios::binary);
    std::ofstream(folder_ / "patient" / name, std::ios::binary | std::ios::trunc) << old.rdbuf();
  }
  std::filesystem::remove_all(folder_ / "kept");
  // With a whole machine its files are the same ones again.
  const auto instance = home::read_instance(folder_ / "patient");
  ASSERT_TRUE(instance);
  ASSERT_TRUE(home::write_instance(folder_ / "patient", *instance));
}

Result<FetchReport> Stage::try_fetch(const std::string& contact_name) {
  GL_TRY(home, try_open("clinic"));
  GL_TRY(reports, fetch(home, world_, contact_name));
  return std::move(reports.front());
}

FetchReport Stage::fetched(const std::string& contact) {
  auto report = try_fetch(contact);
  EXPECT_TRUE(report) << report.error().message;
  return report ? *report : FetchReport{};
}

Stage::Times Stage::records(const std::string& contact_name) {
  auto home = open("clinic");
  const auto contact = home::contact_named(home, contact_name).value();
  Times times;
  if (!contact) return times;
  const auto held = home::records_of(home, *contact).value();
  for (const auto& record : held) times.insert(fhir::reading_from_observation(record.resource)->utc_ms);
  return times;
}

std::size_t Stage::doubly_used_addresses() {
  std::set<crypto::Hash> of_notes;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    auto home = try_open(entry.path().filename().string());
    if (!home) continue;
    const auto grants = home::all_grants(*home).value();
    for (const auto& grant : grants) {
      const auto thread = home::thread_by_id(*home, grant.thread_id).value();
      const auto keys = home::keys_of(*home, thread).value();
      for (std::uint64_t number = 0; number < 2 * thread.next_out + 64; ++number) {
        of_notes.insert(keys.note_address(keys::Direction::kPatientToRecipient, number));
      }
    }
  }
  std::size_t count = 0;
  for (const auto& [address, payloads] : network_.payloads) {
    if (payloads.size() > 1 && !of_notes.contains(address)) ++count;
  }
  return count;
}

namespace {

class StageTest : public Stage {};

TEST_F(StageTest, ALedgerFailsFromACallOnAndMayLoseOnlyItsAnswer) {
  WatchedLedger ledger(*tangle_, network_);
  EXPECT_TRUE(ledger.tips());
  network_.fail_at_call = 2;
  EXPECT_TRUE(ledger.tips());
  EXPECT_EQ(ledger.tips().error().code, ErrorCode::kUnreachable);
  EXPECT_EQ(ledger.info().error().code, ErrorCode::kUnreachable);

  network_ = {};
  const auto address = crypto::Hash();
  const auto bundle = ledger::prepare("HELLO", address, std::string(ledger::kTagTrytes, '9'), 1).value();
  crypto::ProofOfWorkOptions work;
  work.min_weight_magnitude = 1;
  const auto attached = ledger::attach(bundle, {{}, {}, clock_.now_ms()}, work).value();
  network_.fail_at_call = 1;
  network_.fault = Network::Fault::kBefore;
  EXPECT_FALSE(ledger.submit(attached));
  EXPECT_EQ(tangle_->transaction_count(), 0U);
  network_.reachable = true;
  network_.fail_at_call = 1;
  network_.fault = Network::Fault::kAfter;
  EXPECT_FALSE(ledger.submit(attached));
  EXPECT_EQ(tangle_->transaction_count(), 1U);
  EXPECT_EQ(network_.payloads.size(), 1U);
}

}  // namespace
}  // namespace glucoledger::usecases
