// What a node's options make of a new ledger, and folders that there cannot be.
#include <gtest/gtest.h>

#include <thread>

#include "base/durations.h"
#include "base/test_folder.h"
#include "ledger/test_bundles.h"
#include "ledger_store/node_address.h"
#include "node/node.h"

namespace glucoledger::node {
namespace {

using base::kDayMs;

NodeOptions options_for(const std::filesystem::path& folder) {
  NodeOptions options;
  options.folder = folder;
  options.server.listen = "127.0.0.1:0";
  options.min_weight_magnitude = ledger::kTestWeight;
  options.milestone_interval_ms = 10;
  return options;
}

TEST(NodeStart, FixesHowLongTheLedgerKeepsAndRemembers) {
  const base::TestFolder folder;
  const ledger::FixedClock clock;
  NodeOptions options = options_for(folder / "ledger");
  options.retention_ms = 30 * kDayMs;
  options.duplicate_window_ms = 7 * kDayMs;
  ASSERT_TRUE(Node::start(options, clock));
  ledger_store::TangleOptions reading;
  reading.read_only = true;
  const auto tangle = ledger_store::Tangle::open(options.folder, reading, clock);
  ASSERT_TRUE(tangle) << tangle.error().message;
  EXPECT_EQ((*tangle)->parameters().retention_ms, 30 * kDayMs);
  EXPECT_EQ((*tangle)->parameters().duplicate_window_ms, 7 * kDayMs);

  options.duplicate_window_ms = 8 * kDayMs;
  const auto other = Node::start(options, clock);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kUsage);
  EXPECT_NE(other.error().message.find("duplicate window"), std::string::npos);
}

TEST(NodeStart, RefusesAWindowThatIsShorterThanPartsMayWait) {
  const base::TestFolder folder;
  NodeOptions options = options_for(folder / "ledger");
  options.duplicate_window_ms = kDayMs - 1;
  const auto node = Node::start(options, ledger::FixedClock());
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().code, ErrorCode::kUsage);
  EXPECT_NE(node.error().message.find("duplicate window"), std::string::npos);
}

// As on a full disk: who names its URL reaches it all the same.
TEST(NodeStart, ServesAlsoWhereItsAddressCannotBeTold) {
  const base::TestFolder folder;
  const NodeOptions options = options_for(folder / "ledger");
  std::filesystem::create_directories(options.folder / ledger_store::kNodeAddressFile / "in the way");
  std::filesystem::create_directories(options.folder / "state");
  const ledger::FixedClock clock;
  const auto node = Node::start(options, clock);
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_FALSE(ledger_store::read_node_address(options.folder));
  std::filesystem::remove_all(options.folder / ledger_store::kNodeAddressFile);
  for (int i = 0; i < 1000 && !ledger_store::read_node_address(options.folder); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(ledger_store::read_node_address(options.folder)->url, (*node)->url());
}

// Not kNotFound, which the command line shows as "never seen".
TEST(NodeStart, RefusesAFolderThatThereCannotBe) {
  for (const char* folder : {"/proc/glucoledger", "/dev/null/ledger", "/dev/null"}) {
    const auto node = Node::start(options_for(folder), ledger::FixedClock());
    ASSERT_FALSE(node) << folder;
    EXPECT_EQ(node.error().code, ErrorCode::kUsage) << folder;
    EXPECT_NE(node.error().message.find("cannot create the folder"), std::string::npos) << node.error().message;
  }
}

}  // namespace
}  // namespace glucoledger::node
