// From locators to ledgers, stores and proofs of work.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/test_folder.h"
#include "ledger/test_bundles.h"
#include "ledger_store/node_address.h"
#include "node/node.h"
#include "ports/test_reading.h"
#include "wiring/ledger_opener.h"
#include "wiring/open_ledger.h"
#include "wiring/open_store.h"

namespace glucoledger::wiring {
namespace {

using locator::Locator;
using ports::Use;

const ledger::FixedClock kClock;

Locator place(std::string_view text) {
  return Locator::decode(text).value();
}

TEST(OpenLedgerTest, ANodeInAFolderIsUsedInsteadOfTheFolder) {
  const ledger::FixedClock clock;
  const base::TestFolder folder;
  node::NodeOptions options;
  options.folder = folder / "ledger";
  const auto place = locator::Locator::of_folder(options.folder);
  options.server.listen = "127.0.0.1:0";
  options.min_weight_magnitude = ledger::kTestWeight;
  auto node = node::Node::start(options, clock);
  ASSERT_TRUE(node) << node.error().message;
  const auto bundle = ledger::test_bundle("SHARED", 1);
  {
    const auto ledger = open_ledger(place, {}, clock);
    ASSERT_TRUE(ledger) << ledger.error().message;
    EXPECT_NE(dynamic_cast<ledger_client::IriClient*>(ledger->get()), nullptr);
    EXPECT_EQ((*ledger)->info()->locator, std::filesystem::canonical(options.folder).string());
    ASSERT_TRUE((*ledger)->submit(bundle));
  }
  const ledger_store::NodeAddress left = *ledger_store::read_node_address(options.folder);
  node->reset();
  EXPECT_FALSE(ledger_store::read_node_address(options.folder));
  ASSERT_TRUE(ledger_store::write_node_address(options.folder, left));  // as after kill -9: nobody answers there
  const auto ledger = open_ledger(place, {}, clock);
  ASSERT_TRUE(ledger) << ledger.error().message;
  EXPECT_EQ(dynamic_cast<ledger_client::IriClient*>(ledger->get()), nullptr);
  EXPECT_EQ(ports::read_all(**ledger, std::vector{ledger::test_hash("SHARED")})->transactions.size(), 1u);
}

TEST(OpenLedgerTest, ReadingMakesNoFolder) {
  const base::TestFolder folder;
  const auto nowhere = Locator::of_folder(folder / "ledger");
  OpenLedgerOptions options;
  options.read_only = true;
  EXPECT_EQ(open_ledger(nowhere, options, kClock).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(nowhere.folder()));
}

TEST(OpenLedgerTest, OnlyFoldersAndNodesAreLedgers) {
  for (const auto* text : {"kubo:http://127.0.0.1:5001", "cluster:http://127.0.0.1:9094", "agent:http://127.0.0.1:1"}) {
    EXPECT_EQ(open_ledger(place(text), {}, kClock).error().code, ErrorCode::kUsage) << text;
  }
  OpenLedgerOptions chosen;
  chosen.min_weight_magnitude = 9;
  EXPECT_EQ(open_ledger(place("http://127.0.0.1:1"), chosen, kClock).error().code, ErrorCode::kUsage);
}

TEST(OpenLedgerTest, WaitingForAFoldersTurnEndsWhenAsked) {
  const base::TestFolder folder;
  const auto ledger = Locator::of_folder(folder / "ledger");
  const auto held = open_ledger(ledger, {}, kClock);
  ASSERT_TRUE(held);
  OpenLedgerOptions at_once;
  at_once.lock_wait_ms = 0;
  EXPECT_EQ(open_ledger(ledger, at_once, kClock).error().code, ErrorCode::kBusy);
  base::CancelSource source;
  source.trip();
  OpenLedgerOptions options;
  options.lock_wait_ms = 600'000;
  EXPECT_FALSE(open_ledger(ledger, options, kClock, source.token()));
}

TEST(OpenStoreTest, KindsWithoutAnEngineSaySo) {
  const base::TestFolder folder;
  EXPECT_TRUE(open_store(Locator::of_folder(folder / "store"), false));
  for (const auto* text : {"kubo:http://127.0.0.1:5001", "cluster:http://127.0.0.1:9094", "agent:http://127.0.0.1:1"}) {
    const auto store = open_store(place(text), true);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kUsage);
    EXPECT_NE(store.error().message.find("no engine"), std::string::npos);
  }
  EXPECT_EQ(open_store(place("http://127.0.0.1:1"), true).error().code, ErrorCode::kUsage);
}

TEST(LedgerOpenerTest, ClientsOfNodesAreKeptUntilTheirAccessChanges) {
  LedgerOpener opener(kClock);
  const auto nodes = place("https://127.0.0.1:1,http://127.0.0.1:2");
  const auto first = opener.open_ledger(nodes, Use::kWrite).value();
  EXPECT_EQ(opener.open_ledger(nodes, Use::kRead).value(), first);
  EXPECT_NE(opener.open_ledger(place("http://127.0.0.1:2"), Use::kRead).value(), first);
  http::ClientOptions http;
  http.token = std::make_shared<const SecretBytes>(base::to_bytes("token"));
  opener.set_access({nodes, http});
  const auto second = opener.open_ledger(nodes, Use::kRead).value();
  EXPECT_NE(second, first);
  opener.set_access({nodes, http});
  EXPECT_EQ(opener.open_ledger(nodes, Use::kRead).value(), second);
}

TEST(LedgerOpenerTest, ProofsOfWorkAreDoneHereOrByANode) {
  LedgerOpener opener(kClock);
  const auto folder = place("/srv/ledger");
  const auto node = place("http://127.0.0.1:1");
  EXPECT_TRUE(opener.attach_at("local", folder));
  EXPECT_TRUE(opener.attach_at("node", node));
  EXPECT_TRUE(opener.attach_at("http://127.0.0.1:2", folder));
  EXPECT_EQ(opener.attach_at("node", folder).error().code, ErrorCode::kUsage);
  EXPECT_EQ(opener.attach_at("/srv/ledger", node).error().code, ErrorCode::kUsage);
  EXPECT_EQ(opener.attach_at("kubo:http://127.0.0.1:1", node).error().code, ErrorCode::kUsage);
  EXPECT_EQ(opener.attach_at("ftp://127.0.0.1:1", node).error().code, ErrorCode::kUsage);
}

TEST(WorldTest, OpensThroughItsOpener) {
  const base::TestFolder folder;
  const auto world = make_world(std::make_shared<LedgerOpener>(kClock), kClock, {});
  const auto ledger = Locator::of_folder(folder / "ledger");
  EXPECT_EQ(world.open_ledger(ledger, Use::kRead, {}).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(world.open_ledger(ledger, Use::kWrite, {}));
  const auto store = Locator::of_folder(folder / "store");
  EXPECT_EQ(world.open_store(store, Use::kRead, {}).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(world.open_store(store, Use::kWrite, {}));
}

class NodeAccessTest : public testing::Test {
 protected:
  NodeAccessTest() {
    home::Settings settings;
    settings.time_zone = "UTC";
    settings.ledger = locator::Locator::decode("https://node.example:443").value();
    EXPECT_TRUE(home::create_home(folder_ / "home", settings, {}, kClock.now_ms()));
  }
  std::string file(const std::string& name, std::string_view content) {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }
  const base::TestFolder folder_;
};

TEST_F(NodeAccessTest, IsKeptInTheHome) {
  const auto key = home::unlock_home(folder_ / "home", {}).value();
  auto home = home::Home::open(folder_ / "home", key, home::Home::Use::kWrite).value();
  EXPECT_EQ(load_access(home)->ledger.text(), "https://node.example:443");
  EXPECT_FALSE(load_access(home)->http.token);
  EXPECT_EQ(load_access(home)->http.token_advice, for_home({}).token_advice);
  const auto http = read_access({"", file("token", "0123456789abcdef\n")});
  ASSERT_TRUE(http);
  ASSERT_TRUE(store_access(home, *http));
  EXPECT_EQ(load_access(home)->http.token->text(), "0123456789abcdef");
  ASSERT_TRUE(store_access(home, {}));
  EXPECT_TRUE(load_access(home)->http.token) << "what is not given stays";
}

TEST_F(NodeAccessTest, RefusesWhatIsNoTokenAndNoCertificate) {
  for (const auto* content : {"", "\n", "two words\n", "\x01\n"}) {
    EXPECT_EQ(read_access({"", file("token", content)}).error().code, ErrorCode::kInputRefused);
  }
  EXPECT_EQ(read_access({file("ca", "no certificate"), ""}).error().code, ErrorCode::kInputRefused);
  EXPECT_FALSE(read_access({folder_ / "nowhere", ""}));
}

}  // namespace
}  // namespace glucoledger::wiring
