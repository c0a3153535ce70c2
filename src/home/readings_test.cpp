#include "home/readings.h"

#include "home/test_home.h"

namespace glucoledger::home {
namespace {

class ReadingsTest : public HomeTest {
 protected:
  ReadingsTest() {
    create();
    home_ = open();
  }
  Home& home() { return *home_; }
  Added add(const std::vector<cgm::Reading>& readings) {
    return write(home(), [&](Transaction& t) { return add_readings(t, readings); });
  }
  static cgm::Reading reading(const std::string& identity, const std::string& value = "100") {
    cgm::Reading made;
    made.utc_ms = 1'735'689'600'000;
    made.value = value;
    made.identity = identity;
    return made;
  }

 private:
  std::optional<Home> home_;
};

TEST_F(ReadingsTest, AreKeptOnceWithTheirFirstValue) {
  auto other = reading("a", "101");
  other.source_line = 7;
  EXPECT_EQ(add({reading("a")}).added, 1U);
  EXPECT_TRUE(add({reading("a")}).conflicting_lines.empty());
  const auto added = add({other, reading("a")});
  EXPECT_EQ(added.known, 2U);
  EXPECT_EQ(added.conflicting_lines, std::vector<std::size_t>{7});
  EXPECT_EQ(readings_in(home(), {})->front().reading.value, "100");
}

TEST_F(ReadingsTest, AreUnpublishedUntilAMessageCarriesThem) {
  constexpr auto kDesign = keys::Design::kTangle;
  add({reading("a"), reading("b"), reading("c")});
  EXPECT_EQ(count_unpublished(home(), kDesign), 3);
  const auto epoch = add_epoch(home());
  // Between the planning of two and their message, another process has planned one of them.
  auto other = open();
  write(other, [&](Transaction& t) { return add_message(t, epoch, std::vector<std::int64_t>{2}); });
  const std::vector<std::int64_t> planned = {1, 2, 99};
  EXPECT_EQ(still_unpublished(home(), kDesign, planned).value(), std::vector<std::int64_t>{1});
  EXPECT_EQ(still_unpublished(home(), keys::Design::kTangleIpfs, planned).value(), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(count_unpublished(home(), kDesign), 2);
  EXPECT_EQ(count_unpublished(home(), keys::Design::kTangleIpfs), 3);
  EXPECT_EQ(unpublished_readings(home(), kDesign, {}, std::nullopt)->size(), 2U);
  EXPECT_EQ(unpublished_readings(home(), kDesign, {}, 1)->front().reading.identity, "c");
  EXPECT_FALSE(home().write([&](Transaction& t) -> Result<void> {
    return add_message(t, epoch, std::vector<std::int64_t>{2}).map([](std::int64_t) {});
  })) << "at most one message carries it";
}

TEST_F(ReadingsTest, DamagedRowsAreCorrupt) {
  add({reading("a")});
  for (const char* change : {"unit = 2", "unit = -1", "comparator = 3", "kind = 2"}) {
    SCOPED_TRACE(change);
    ASSERT_TRUE(home().database().execute(std::string("SAVEPOINT before; UPDATE reading SET ") + change));
    EXPECT_EQ(readings_in(home(), {}).error().code, ErrorCode::kCorrupt);
    ASSERT_TRUE(home().database().execute("ROLLBACK TO before; RELEASE before"));
  }
}

}  // namespace
}  // namespace glucoledger::home
