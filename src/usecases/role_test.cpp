// Every use case refuses the home of the other role by itself, before it changes or asks anything.
#include <fstream>

#include "base/advice.h"
#include "usecases/status.h"
#include "usecases/test_stage.h"

namespace glucoledger::usecases {
namespace {

class NoInbox final : public Inbox {
 public:
  std::vector<std::string> changed_files() override {
    ADD_FAILURE() << "nobody may look";
    return {};
  }
  void try_again(const std::string&) override {}
  bool wait_ms(std::int64_t, const base::CancelToken&) override { return true; }
};

class RoleTest : public Stage {
 protected:
  // Each of them is refused with `advice`; neither the home nor the ledger notices.
  template <typename... Outcomes>
  void expect_refused(Home& watched, Advice advice, const Outcomes&... outcomes) {
    int number = 0;
    const auto expect_one = [&](const auto& outcome) {
      SCOPED_TRACE("call " + std::to_string(++number));
      ASSERT_FALSE(outcome);
      EXPECT_EQ(outcome.error().code, ErrorCode::kUsage);
      EXPECT_EQ(outcome.error().advice, advice) << outcome.error().message;
    };
    (expect_one(outcomes), ...);
    EXPECT_FALSE(watched.changed_elsewhere().value());
    EXPECT_EQ(network_.calls, 0);
  }
};

TEST_F(RoleTest, AClinicsHomeIsNoPatients) {
  auto watched = open("clinic");
  ASSERT_TRUE(watched.changed_elsewhere());
  auto home = open("clinic");
  const auto file = folder_ / "readings.csv";
  std::ofstream(file) << "time,glucose mg/dL\n2025-01-01T00:00:00Z,100\n";
  NoInbox inbox;
  const auto never = [](const auto&...) { ADD_FAILURE() << "too far"; };
  PublishFollower follower;
  follower.inbox = &inbox;
  follower.begun = never;
  HandOver hand_over;
  hand_over.prepare = [&]() -> Result<void> {
    never();
    return {};
  };
  expect_refused(watched, Advice::kChoosePatientHome, import_file(home, world_, file, {}), import_readings(home, {}),
                 import_files(home, world_, std::vector{file.string()}, {}, never),
                 follow_imports(home, world_, inbox, {}, never, never), usecases::publish(home, world_, {}),
                 plan_publication(home, {}), follow_publishing(home, world_, {}, follower),
                 share(home, world_, {"smith", kA, {}}, hand_over), revoke(home, world_, "smith", never),
                 take_back(home, world_, {}), patient_status(home));
  std::filesystem::remove(file);
}

TEST_F(RoleTest, APatientsHomeIsNoClinics) {
  auto watched = open("patient");
  ASSERT_TRUE(watched.changed_elsewhere());
  auto home = open("patient");
  const auto never = [](const auto&...) { ADD_FAILURE() << "too far"; };
  expect_refused(watched, Advice::kChooseClinicHome, receive(home, world_, "not even an invitation", {}),
                 fetch(home, world_, {}), follow_patients(home, world_, "robin", 1, never), list_patients(home));
}

// A file is told of one by one; that the home is the wrong one is told once, and of no file.
TEST_F(RoleTest, FilesAreImportedOneByOneAndABadOneEndsNothing) {
  const auto good = (folder_ / "good.csv").string();
  std::ofstream(good) << "time,glucose mg/dL\n2025-01-01T00:00:00Z,100\n";
  const auto absent = (folder_ / "absent.csv").string();
  base::CancelSource stop;
  auto world = world_;
  world.cancel = stop.token();
  std::vector<std::pair<std::string, bool>> told;
  const auto tell = [&](const std::string& file, const Result<Import>& outcome) {
    told.emplace_back(file, outcome.has_value());
    if (told.size() == 3) stop.trip();
  };
  auto home = open("patient");
  ASSERT_TRUE(import_files(home, world, std::vector{absent, good}, {}, tell));
  EXPECT_EQ(told, (std::vector<std::pair<std::string, bool>>{{absent, false}, {good, true}}));
  EXPECT_EQ(home::count_readings(home), 1);
  const auto stopped = import_files(home, world, std::vector{good, good}, {}, tell);
  EXPECT_EQ(stopped.error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(told.size(), 3U);
  std::filesystem::remove(good);
}

}  // namespace
}  // namespace glucoledger::usecases
