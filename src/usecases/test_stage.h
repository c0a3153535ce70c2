// For tests of the use cases: a patient's home, a clinic's, a content store and one ledger in memory (test_ledger.h).
//
// A home is opened for each step and closed after it, as by the commands; a test may hold several open at once. At the
// end every test asks whether a one-time key signed two different messages.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "home/grants.h"
#include "home/messages.h"
#include "home/outbox.h"
#include "home/readings.h"
#include "home/records.h"
#include "usecases/fetch.h"
#include "usecases/publish.h"
#include "usecases/receive.h"
#include "usecases/revoke.h"
#include "usecases/share.h"
#include "usecases/test_ledger.h"

namespace glucoledger::usecases {

using home::Home;
using ports::Use;

std::string day_of(std::int64_t day);  // as text, counted from an arbitrary one
// Reading `slot` of a day: each has a time and an identity of its own.
cgm::Reading test_reading(std::int64_t day, std::int64_t slot);

class Stage : public testing::Test {
 protected:
  using Times = std::multiset<std::int64_t>;
  static constexpr auto kA = keys::Design::kTangle;
  static constexpr auto kB = keys::Design::kTangleIpfs;

  Stage();
  ~Stage() override;

  void make_home(const std::string& name, home::Role role);
  Result<Home> try_open(const std::string& name);
  Home open(const std::string& name);

  Result<void> try_import(const std::string& name, const std::vector<cgm::Reading>& readings);
  // Takes `count` readings of a day into the home.
  void import(std::int64_t day, std::int64_t first_slot, std::int64_t count, const std::string& name = "patient");
  static Times times_of(std::int64_t day, std::int64_t first_slot, std::int64_t count);

  Result<OutboxReport> try_publish(const std::string& name = "patient", const PublishOptions& options = {});
  // With success, and with nothing left waiting.
  void publish(const PublishOptions& options = {}, const std::string& name = "patient");
  static PublishOptions files(cgm::Window window = cgm::Window::kQuarter);
  // Sends the notes that wait, and nothing else.
  Result<OutboxReport> send_notes(const std::string& name = "patient");

  Result<Share> try_share(const std::string& to, keys::Design design = kA, const home::DayRange& days = {},
                          const std::string& name = "patient");
  Result<void> try_receive(std::string_view uri, const std::string& contact);
  // Shares, and hands the invitation to the clinic, which knows the patient by the recipient's name.
  void invite(const std::string& to, keys::Design design = kA, const home::DayRange& days = {});
  Result<Revocation> try_revoke(const std::string& to, const std::string& name = "patient");

  // The patient's home is put back to what it was before `life`, with the machine that it is on.
  void roll_back(const std::function<void()>& life);

  Result<FetchReport> try_fetch(const std::string& contact_name);
  FetchReport fetched(const std::string& contact);
  FetchState state(const std::string& contact) { return fetched(contact).state; }
  // The times of all records that the clinic holds of a contact.
  Times records(const std::string& contact_name);

  // Addresses at which two different MAM payloads were sent. (Two copies of a home may write notes with one number:
  // notes know no one-time keys.)
  std::size_t doubly_used_addresses();

  std::filesystem::path folder_;
  TickingClock clock_;
  std::unique_ptr<ledger_store::Tangle> tangle_;
  Network network_;
  Times imported_;
  World world_;
};

}  // namespace glucoledger::usecases
