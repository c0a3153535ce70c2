#include "home/signing_lease.h"

#include <memory>
#include <thread>

#include "base/test_clock.h"
#include "home/test_home.h"

namespace glucoledger::home {
namespace {

const base::SystemClock kClock;

class SigningLeaseTest : public HomeTest {
 protected:
  SigningLeaseTest() { std::filesystem::create_directories(folder_); }
  // Whether a departure may begin at once.
  bool may_depart() const {
    base::CancelSource source;
    base::TestClock clock;
    clock.on_wait([&](std::int64_t) { source.trip(); });
    const auto departure = Departure::begin(folder_, source.token(), clock);
    EXPECT_TRUE(departure || departure.error().code == ErrorCode::kInterrupted);
    return departure.has_value();
  }
};

TEST_F(SigningLeaseTest, OneAtATimeHasIt) {
  {
    const auto lease = SigningLease::take(folder_).value().value();
    EXPECT_FALSE(SigningLease::take(folder_)->has_value());
    EXPECT_TRUE(in_another_process([&] { return !SigningLease::take(folder_)->has_value(); }));
  }
  EXPECT_TRUE(SigningLease::take(folder_)->has_value());
}

TEST_F(SigningLeaseTest, ItEndsWithTheProcess) {
  EXPECT_TRUE(in_another_process([&] {
    const auto lease = SigningLease::take(folder_).value();
    ::_exit(lease ? 0 : 1);  // as if killed: nothing is given back
    return false;
  }));
  EXPECT_TRUE(SigningLease::take(folder_)->has_value());
}

TEST_F(SigningLeaseTest, DeparturesShare) {
  const auto departure = Departure::begin(folder_, {}, kClock).value();
  EXPECT_TRUE(may_depart());
  EXPECT_TRUE(in_another_process([&] { return Departure::begin(folder_, {}, kClock).has_value(); }));
}

TEST_F(SigningLeaseTest, AHoldWaitsForWhatIsUnderWayAndNoLonger) {
  auto departure = std::make_unique<Departure>(Departure::begin(folder_, {}, kClock).value());
  EXPECT_FALSE(DepartureHold::take(folder_, 0)->is_quiet());
  departure.reset();
  EXPECT_TRUE(DepartureHold::take(folder_, 0)->is_quiet());
}

TEST_F(SigningLeaseTest, NothingDepartsWhileItIsHeldOff) {
  auto departure = std::make_unique<Departure>(Departure::begin(folder_, {}, kClock).value());
  for (const bool is_quiet : {false, true}) {
    {
      const auto hold = DepartureHold::take(folder_, 0).value();
      EXPECT_EQ(hold.is_quiet(), is_quiet);
      EXPECT_FALSE(may_depart());
      EXPECT_TRUE(in_another_process([&] { return !may_depart(); }));
    }
    EXPECT_TRUE(may_depart());
    departure.reset();
  }
}

TEST_F(SigningLeaseTest, WhoWaitsGoesOnAfterwards) {
  auto hold = std::make_unique<DepartureHold>(DepartureHold::take(folder_, 0).value());
  std::thread waiting([&] { EXPECT_TRUE(Departure::begin(folder_, {}, kClock)); });
  hold.reset();
  waiting.join();
}

TEST_F(SigningLeaseTest, AHoldEndsWithTheProcess) {
  EXPECT_TRUE(in_another_process([&] {
    const auto hold = DepartureHold::take(folder_, 0);
    ::_exit(hold ? 0 : 1);
    return false;
  }));
  EXPECT_TRUE(may_depart());
}

TEST_F(SigningLeaseTest, WhoIsCancelledDoesNotDepart) {
  base::CancelSource source;
  source.trip();
  EXPECT_EQ(Departure::begin(folder_, source.token(), kClock).error().code, ErrorCode::kInterrupted);
}

TEST_F(SigningLeaseTest, WhoWasStoppedWhileHoldingOffIsNotWaitedForWithoutEnd) {
  const auto hold = DepartureHold::take(folder_, 0).value();
  EXPECT_EQ(Departure::begin(folder_, {}, kClock, 10).error().code, ErrorCode::kBusy);
}

TEST_F(SigningLeaseTest, AFolderThatIsNotThereIsToldAsSuch) {
  const auto nowhere = parent_ / "nowhere";
  EXPECT_EQ(SigningLease::take(nowhere).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Departure::begin(nowhere, {}, kClock).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(DepartureHold::take(nowhere, 0).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace glucoledger::home
