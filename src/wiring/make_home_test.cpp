// What a new home gets, and what is refused before anything is made.
#include "wiring/make_home.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/test_clock.h"
#include "base/test_folder.h"
#include "ledger/test_bundles.h"
#include "wiring/open_ledger.h"

namespace glucoledger::wiring {
namespace {

using home::Role;
using locator::Locator;

class MakeHomeTest : public testing::Test {
 protected:
  Result<std::vector<Error>> make(home::Role role, std::optional<Locator> ledger, std::optional<int> weight = {}) {
    NewHome request;
    request.settings.role = role;
    request.settings.ledger = std::move(ledger);
    request.min_weight_magnitude = weight;
    return make_home(home_, request, {}, clock_, stop_.token());
  }
  std::unique_ptr<ports::Ledger> hold_ledger() {
    OpenLedgerOptions options;
    options.min_weight_magnitude = ledger::kTestWeight;
    return std::move(*open_ledger(ledger_, options, clock_));
  }

  const base::TestFolder folder_;
  const std::filesystem::path home_ = folder_ / "home";
  const Locator ledger_ = Locator::of_folder(folder_ / "elsewhere");
  const base::TestClock clock_{1'735'689'600'000, 20'000};  // nobody waits for a folder
  base::CancelSource stop_;
};

TEST_F(MakeHomeTest, APatientsGetsALedgerOfItsOwn) {
  const auto faults = make(Role::kPatient, {}, 3);
  ASSERT_TRUE(faults) << faults.error().message;
  EXPECT_TRUE(faults->empty());
  OpenLedgerOptions options;
  options.read_only = true;
  const auto ledger = open_ledger(Locator::of_folder(home_ / "ledger"), options, clock_);
  ASSERT_TRUE(ledger) << ledger.error().message;
  EXPECT_EQ((*ledger)->info()->min_weight_magnitude, 3);
}

// A patient's knows from the start which ledger it is, as codes name it.
TEST_F(MakeHomeTest, ItIsMadeBesideWhoHoldsItsLedger) {
  const auto held = hold_ledger();
  for (const auto role : {Role::kClinic, Role::kPatient}) {
    std::filesystem::remove_all(home_);
    const auto made = make(role, ledger_);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_TRUE(made->empty());
    const auto key = home::unlock_home(home_, {});
    ASSERT_TRUE(key);
    auto home = home::Home::open(home_, *key, home::Home::Use::kRead);
    ASSERT_TRUE(home);
    const bool is_known = home->meta("network_id").value().has_value();
    EXPECT_EQ(is_known, role == Role::kPatient);
  }
}

TEST_F(MakeHomeTest, AnotherWeightThanTheLedgersMakesNothing) {
  (void)hold_ledger();
  for (const auto role : {Role::kPatient, Role::kClinic}) {
    EXPECT_EQ(make(role, ledger_, ledger::kTestWeight + 1).error().code, ErrorCode::kUsage);
    EXPECT_FALSE(std::filesystem::exists(home_));
  }
}

TEST_F(MakeHomeTest, NodesThatAreDownAreToldAndTheHomeIsMade) {
  const auto faults = make(Role::kPatient, *Locator::parse("http://127.0.0.1:1"));
  ASSERT_TRUE(faults) << faults.error().message;
  ASSERT_EQ(faults->size(), 1U);
  EXPECT_EQ(faults->front().code, ErrorCode::kUnreachable);
  EXPECT_TRUE(home::unlock_home(home_, {}));
}

TEST_F(MakeHomeTest, ALedgerIsNotMadeAmongOtherThings) {
  ASSERT_TRUE(make(Role::kPatient, {}));
  const auto other = folder_ / "other";
  NewHome request;
  request.settings.ledger = Locator::of_folder(home_);
  EXPECT_EQ(make_home(other, request, {}, clock_, {}).error().code, ErrorCode::kUsage);
  EXPECT_FALSE(std::filesystem::exists(other));
  EXPECT_FALSE(std::filesystem::exists(home_ / "state"));
}

// A wrong key source, a store that cannot be one, a home that stands there.
TEST_F(MakeHomeTest, WhatIsWrongLeavesNoLedgerBehind) {
  const auto file = folder_ / "file";
  std::ofstream(file) << "no key\n";
  NewHome request;
  request.settings.ledger = ledger_;
  for (const home::KeySource& key : {home::KeySource{file, {}}, home::KeySource{folder_ / "nowhere/key", {}},
                                     home::KeySource{{}, folder_ / "nothing"}}) {
    EXPECT_FALSE(make_home(home_, request, key, clock_, {}));
  }
  request.settings.store = Locator::of_folder(file);
  EXPECT_FALSE(make_home(home_, request, {}, clock_, {}));
  EXPECT_FALSE(std::filesystem::exists(home_));
  ASSERT_TRUE(make(Role::kPatient, {}));
  EXPECT_EQ(make(Role::kPatient, ledger_).error().code, ErrorCode::kUsage);
  EXPECT_FALSE(std::filesystem::exists(ledger_.folder()));
}

// As after a kill before the home was: the weight that was asked for stays.
TEST_F(MakeHomeTest, WhatWasCutShortCanBeRepeated) {
  OpenLedgerOptions options;
  options.min_weight_magnitude = 2;
  (void)open_ledger(Locator::of_folder(home_ / "ledger"), options, clock_);
  ASSERT_TRUE(make(Role::kPatient, {}, 2));
  options.read_only = true;
  EXPECT_TRUE(open_ledger(Locator::of_folder(home_ / "ledger"), options, clock_));
}

TEST_F(MakeHomeTest, WhatIsStoppedMakesNothing) {
  stop_.trip();
  EXPECT_EQ(make(Role::kPatient, {}).error().code, ErrorCode::kInterrupted);
  EXPECT_FALSE(std::filesystem::exists(home_));
}

}  // namespace
}  // namespace glucoledger::wiring
