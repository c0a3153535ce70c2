// For tests of the use cases: a patient's home, clinics' homes, a content store and one ledger in memory that remembers
// all that was ever sent to it and can fail at any call.
//
// A home is opened for each step and closed after it, as by the commands. Time goes on by a millisecond whenever
// someone looks.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cgm/local_day.h"
#include "content_store/embedded_store.h"
#include "fhir/observation.h"
#include "home/contacts.h"
#include "home/grants.h"
#include "home/outbox.h"
#include "home/readings.h"
#include "ledger/bundle.h"
#include "storage/tangle.h"
#include "usecases/fetch.h"
#include "usecases/outbox_run.h"
#include "usecases/publish.h"
#include "usecases/receive.h"
#include "usecases/revoke.h"
#include "usecases/share.h"

namespace glucoledger::usecases {

using home::Home;

class TickingClock final : public base::Clock {
 public:
  std::int64_t now_ms() const override { return ++now_ms_; }

 private:
  mutable std::atomic<std::int64_t> now_ms_{1'735'689'600'000};  // 2025-01-01
};

// What stands between the use cases and the ledger.
struct Network {
  enum class Fault { kNone, kBefore, kAfter };  // the call fails before it did anything, or its answer is lost

  bool reachable = true;
  bool confirms_data = true;
  std::int64_t fail_at_call = 0;  // counts down; the call that reaches 0 fails, and all after it
  Fault fault = Fault::kBefore;
  std::int64_t calls = 0;
  std::size_t lost_bundles = 0;  // of the submit whose answer is lost: so many of its first ones do not arrive
  crypto::Hash tampered;         // the address at which a trit is flipped on reading
  std::map<crypto::Hash, std::set<std::string>> payloads;  // all that was ever sent, by address
};

class WatchedLedger final : public ports::Ledger {
 public:
  WatchedLedger(storage::Tangle& tangle, Network& network) : tangle_(tangle), network_(network) {}

  Result<ports::LedgerInfo> info() override {
    GL_TRY(info, call<ports::LedgerInfo>([&] { return tangle_.info(); }));
    info.confirms_data = network_.confirms_data;
    return info;
  }
  Result<ports::Tips> tips() override {
    return call<ports::Tips>([&] { return tangle_.tips(); });
  }
  Result<void> submit(std::span<const ledger::Transaction> transactions) override {
    for (const auto& bundle : ledger::assemble(transactions)) {
      network_.payloads[bundle.transactions.front().address()].insert(bundle.payload());
    }
    return call<void>([&]() -> Result<void> {
      std::size_t begin = 0;
      for (std::size_t lost = 0; !network_.reachable && lost < network_.lost_bundles && begin < transactions.size();
           ++lost) {
        begin += transactions[begin].last_index() + 1;
      }
      if (begin == transactions.size()) return {};
      return tangle_.submit(transactions.subspan(begin));
    });
  }
  Result<ports::AddressContents> read(std::span<const crypto::Hash> addresses) override {
    GL_TRY(contents, call<ports::AddressContents>([&] { return tangle_.read(addresses); }));
    for (auto& transaction : contents.transactions) {
      if (transaction.address() == network_.tampered) transaction = with_flipped_trit(transaction);
    }
    return contents;
  }
  Result<std::vector<bool>> confirmed(std::span<const crypto::Hash> hashes) override {
    GL_TRY(confirmed, call<std::vector<bool>>([&] { return tangle_.confirmed(hashes); }));
    if (!network_.confirms_data) confirmed.assign(confirmed.size(), false);
    return confirmed;
  }

 private:
  static ledger::Transaction with_flipped_trit(const ledger::Transaction& transaction) {
    std::string trytes(transaction.trytes());
    trytes[700] = trytes[700] == 'A' ? 'B' : 'A';  // within the signature or message fragment
    return ledger::Transaction::from_trytes(trytes).value();
  }
  template <typename T, typename Function>
  Result<T> call(const Function& function) {
    ++network_.calls;
    const auto gone = [] { return fail(ErrorCode::kUnreachable, "the ledger does not answer"); };
    if (network_.fail_at_call > 0 && --network_.fail_at_call == 0) {
      network_.reachable = false;
      if (network_.fault == Network::Fault::kAfter) (void)function();
      return gone();
    }
    if (!network_.reachable) return gone();
    return function();
  }

  storage::Tangle& tangle_;
  Network& network_;
};

inline std::string day_of(std::int64_t day) {
  return cgm::day_text(20'000 + day);
}

// Reading `slot` of a day: each has a time and an identity of its own.
inline cgm::Reading test_reading(std::int64_t day, std::int64_t slot) {
  cgm::Reading reading;
  reading.utc_ms = (20'000 + day) * 86'400'000 + slot * 300'000;
  reading.value = std::to_string(80 + (7 * slot + 13 * day) % 200);
  reading.identity = "test/" + std::to_string(reading.utc_ms);
  reading.device_model = "Test CGM";
  return reading;
}

class Stage : public testing::Test {
 protected:
  using Times = std::multiset<std::int64_t>;
  static constexpr auto kA = keys::Design::kTangle;
  static constexpr auto kB = keys::Design::kTangleIpfs;

  Stage() {
    // In memory where that is possible: what a sync costs is not the question here.
    const std::filesystem::path memory = "/dev/shm";
    const auto parent = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "glucoledger-stage-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    tangle_ = storage::Tangle::in_memory(1, clock_);
    make_home("patient", home::Role::kPatient);
    make_home("clinic", home::Role::kClinic);
  }
  ~Stage() override {
    EXPECT_EQ(doubly_used_addresses(), 0U) << "a one-time key signed two different messages";
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void make_home(const std::string& name, home::Role role) {
    home::Settings settings;
    settings.role = role;
    settings.time_zone = "UTC";
    ASSERT_TRUE(home::create_home(folder_ / name, settings, {}, clock_.now_ms()));
  }
  Result<Home> try_open(const std::string& name) {
    GL_TRY(key, home::unlock_home(folder_ / name, {}));
    return Home::open(folder_ / name, key, Home::Access::kWrite);
  }
  Home open(const std::string& name) {
    auto home = try_open(name);
    EXPECT_TRUE(home) << home.error().message;
    return std::move(*home);
  }

  Result<void> try_import(const std::string& name, const std::vector<cgm::Reading>& readings) {
    GL_TRY(home, try_open(name));
    return home::add_readings(home, readings).map([](const auto&) {});
  }
  // Takes `count` readings of a day into the home.
  void import(std::int64_t day, std::int64_t first_slot, std::int64_t count, const std::string& name = "patient") {
    std::vector<cgm::Reading> readings;
    for (std::int64_t i = 0; i < count; ++i) {
      readings.push_back(test_reading(day, first_slot + i));
      imported_.insert(readings.back().utc_ms);
    }
    ASSERT_TRUE(try_import(name, readings));
  }

  Result<OutboxReport> try_publish(const std::string& name = "patient", PublishOptions options = {}) {
    GL_TRY(home, try_open(name));
    GL_CHECK(plan_publication(home, options));
    return run_outbox(home, world_, options.outbox);
  }
  void publish(PublishOptions options = {}, const std::string& name = "patient") {
    const auto report = try_publish(name, options);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->delivery.unconfirmed, 0U);
    EXPECT_EQ(report->waiting.messages_waiting, 0);
    EXPECT_EQ(report->waiting.notes_waiting, 0);
  }
  static PublishOptions files(cgm::Window window = cgm::Window::kQuarter) {
    PublishOptions options;
    options.design = kB;
    options.window = window;
    return options;
  }

  Result<Share> try_share(const std::string& to, keys::Design design = kA, const home::DayRange& days = {},
                          const std::string& name = "patient") {
    GL_TRY(home, try_open(name));
    return share(home, world_, {to, design, days});
  }
  // Shares, and hands the invitation to a clinic under the same name.
  void invite(const std::string& to, keys::Design design = kA, const home::DayRange& days = {},
              const std::string& clinic = "clinic") {
    const auto shared = try_share(to, design, days);
    ASSERT_TRUE(shared) << shared.error().message;
    auto home = open(clinic);
    const auto contact = receive(home, shared->uri.text(), to);
    ASSERT_TRUE(contact) << contact.error().message;
  }
  Result<Revocation> try_revoke(const std::string& to, const std::string& name = "patient") {
    GL_TRY(home, try_open(name));
    return revoke(home, world_, to);
  }
  // Sends the notes that wait, and nothing else.
  Result<OutboxReport> send_notes(const std::string& name = "patient") {
    GL_TRY(home, try_open(name));
    OutboxOptions options;
    options.notes_only = true;
    return run_outbox(home, world_, options);
  }

  Result<FetchReport> try_fetch(const std::string& contact_name, const std::string& clinic = "clinic") {
    GL_TRY(home, try_open(clinic));
    GL_TRY(contact, home::contact_named(home, contact_name));
    if (!contact) return fail(ErrorCode::kNotFound, "no such contact");
    return fetch(home, world_, *contact);
  }
  FetchReport fetched(const std::string& contact, const std::string& clinic = "clinic") {
    auto report = try_fetch(contact, clinic);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : FetchReport{};
  }
  FetchState state(const std::string& contact) { return fetched(contact).state; }
  // The times of all records that a clinic holds of a patient.
  Times records(const std::string& contact_name, const std::string& clinic = "clinic") {
    auto home = open(clinic);
    const auto contact = home::contact_named(home, contact_name).value();
    Times times;
    if (!contact) return times;
    const auto held = home::records_of(home, *contact).value();
    for (const auto& record : held) {
      times.insert(fhir::reading_from_observation(record.resource)->utc_ms);
    }
    return times;
  }
  static Times times_of(std::int64_t day, std::int64_t first_slot, std::int64_t count) {
    Times times;
    for (std::int64_t i = 0; i < count; ++i) times.insert(test_reading(day, first_slot + i).utc_ms);
    return times;
  }

  // Addresses at which two different MAM payloads were sent. (Two copies of a home may write notes with one number:
  // notes know no one-time keys.)
  std::size_t doubly_used_addresses() {
    std::set<crypto::Hash> of_notes;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      auto home = try_open(entry.path().filename().string());
      if (!home) continue;
      const auto grants = home::all_grants(*home).value();
      for (const auto& grant : grants) {
        const auto thread = home::thread_of(*home, grant).value();
        for (std::uint64_t number = 0; number < 2 * grant.next_note + 64; ++number) {
          of_notes.insert(thread.note_address(keys::Direction::kPatientToRecipient, number));
        }
      }
    }
    std::size_t count = 0;
    for (const auto& [address, payloads] : network_.payloads) {
      if (payloads.size() > 1 && !of_notes.contains(address)) ++count;
    }
    return count;
  }

  std::filesystem::path folder_;
  TickingClock clock_;
  std::unique_ptr<storage::Tangle> tangle_;
  Network network_;
  Times imported_;
  World world_{.clock = clock_,
               .open_ledger = [this](const std::string&, Use) -> Result<std::unique_ptr<ports::Ledger>> {
                 return std::make_unique<WatchedLedger>(*tangle_, network_);
               },
               .open_store = [](const std::string& spec,
                                Use use) { return content_store::open_content_store(spec, use == Use::kRead); },
               .locator_of = [](const std::string& spec) -> Result<std::string> { return spec; },
               .progress = {}};
};

}  // namespace glucoledger::usecases
