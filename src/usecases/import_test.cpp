// A home is one person's.
#include "usecases/import.h"

#include <fstream>

#include "base/advice.h"
#include "usecases/test_stage.h"

namespace glucoledger::usecases {
namespace {

class OneFile final : public Inbox {
 public:
  explicit OneFile(std::string file) : file_(std::move(file)) {}
  std::vector<std::string> changed_files() override { return {file_}; }
  void try_again(const std::string&) override { ADD_FAILURE() << "it will not be another person's by itself"; }
  bool wait_ms(std::int64_t, const base::CancelToken&) override { return true; }

 private:
  std::string file_;
};

class ImportTest : public Stage {
 protected:
  std::filesystem::path clarity(const std::string& family, int value) const {
    auto file = folder_ / (family + ".csv");
    std::ofstream(file)
        << "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,Source "
           "Device ID,Glucose Value (mg/dL)\n1,,LastName,,"
        << family << ",,,\n2,2025-01-01T00:0" << value % 10 << ":00,EGV,,,,iOS G7," << value << "\n";
    return file;
  }
  std::filesystem::path labelled(const std::string& name, const std::string& label) const {
    auto file = folder_ / name;
    std::ofstream(file) << "subject,time,glucose mg/dL\n"
                        << label << ",2025-01-01T00:00:00Z,100\n"
                        << label << ",2025-01-01T00:05:00Z,1" << label.size() << "0\n";
    return file;
  }
  Result<Import> take(const std::filesystem::path& file, Person person = Person::kMustBeSame) {
    auto home = open("patient");
    return import_file(home, world_, file, {}, person);
  }
  std::int64_t readings() {
    auto home = open("patient");
    return home::count_readings(home).value();
  }
  void expect_refused(const Result<Import>& import) {
    ASSERT_FALSE(import);
    EXPECT_EQ(import.error().code, ErrorCode::kInputRefused);
    EXPECT_EQ(import.error().advice, Advice::kConfirmPerson);
  }
};

TEST_F(ImportTest, AFileThatNamesAnotherPersonIsTakenOnlyWhenConfirmed) {
  const auto first = take(clarity("Groß", 100));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_FALSE(first->names_another_person);
  const auto own = readings();
  expect_refused(take(clarity("O'Neil", 101)));
  EXPECT_EQ(readings(), own);
  EXPECT_EQ(open("patient").settings().patient->family, "Groß");
  const auto confirmed = take(clarity("O'Neil", 101), Person::kIsConfirmed);
  ASSERT_TRUE(confirmed) << confirmed.error().message;
  EXPECT_TRUE(confirmed->names_another_person);
  EXPECT_GT(readings(), own);
  EXPECT_EQ(open("patient").settings().patient->family, "Groß") << "the home stays whose it was";
  expect_refused(take(clarity("O'Neil", 101)));
}

TEST_F(ImportTest, SoIsOneThatLabelsItsRowsOtherwise) {
  ASSERT_TRUE(take(labelled("a.csv", "Ada")));
  ASSERT_TRUE(take(labelled("a.csv", "ADA"))) << "as they are written does not matter";
  expect_refused(take(labelled("b.csv", "Ben")));
  ASSERT_TRUE(take(labelled("b.csv", "Ben"), Person::kIsConfirmed));
}

TEST_F(ImportTest, AFollowerNeverTakesIt) {
  ASSERT_TRUE(take(clarity("Groß", 100)));
  const auto own = readings();
  OneFile inbox(clarity("O'Neil", 101));
  int refused = 0;
  auto home = open("patient");
  import_new_files(home, world_, inbox, {}, [&](const std::string&, const Result<Import>& outcome) {
    expect_refused(outcome);
    ++refused;
  });
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(readings(), own);
}

}  // namespace
}  // namespace glucoledger::usecases
