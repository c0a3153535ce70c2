#include "http/connections.h"

#include <gtest/gtest.h>

#include <deque>

namespace glucoledger::http {
namespace {

class FakeConnection final : public Connection {
 public:
  FakeConnection(Connections& connections, const std::string& address) : presence(connections, address) {}
  void close_where_it_waits() override {}
  void look_at_stream() override {}
  void close() override { is_closed = true; }

  const Connections::Presence presence;
  bool is_closed = false;
};

class ConnectionsTest : public testing::Test {
 protected:
  std::shared_ptr<FakeConnection> come(const std::string& address) {
    return std::make_shared<FakeConnection>(connections_, address);
  }
  Connections::Place wait(const std::shared_ptr<FakeConnection>& connection) {
    return connections_.begin_to_wait(connection->presence.peer(), connection);
  }
  Connections connections_;
};

TEST_F(ConnectionsTest, OfTheAddressThatHasMostTheOneThatWaitedLongestGivesWay) {
  const auto lonely = come("10.0.0.1");
  const auto first = come("10.0.0.2");
  const auto second = come("10.0.0.2");
  wait(lonely);
  const auto place = wait(first);
  wait(second);
  EXPECT_EQ(connections_.one_to_give_way(), first);
  EXPECT_EQ(connections_.one_to_give_way(), second) << "the first one is on its way";
  EXPECT_EQ(connections_.one_to_give_way(), first);
  connections_.stop_waiting(first->presence.peer(), place);
  EXPECT_EQ(connections_.one_to_give_way(), second);
}

TEST_F(ConnectionsTest, WhatIsBeingAnsweredStays) {
  const auto busy = come("10.0.0.2");
  const auto other = come("10.0.0.2");
  const auto waiting = come("10.0.0.1");
  wait(waiting);
  EXPECT_EQ(connections_.one_to_give_way(), waiting);
}

TEST_F(ConnectionsTest, TheLastOneIsWaitedFor) {
  auto one = come("10.0.0.1");
  const auto place = connections_.enter(one);
  connections_.close_all();
  EXPECT_TRUE(one->is_closed);
  auto late = come("10.0.0.1");
  const auto late_place = connections_.enter(late);
  EXPECT_TRUE(late->is_closed);
  connections_.leave(place);
  connections_.leave(late_place);
  one.reset();
  late.reset();
  connections_.wait_until_none();
}

TEST_F(ConnectionsTest, WhatIsHeldIsCountedForAnAddress) {
  const auto one = come("10.0.0.1");
  const auto other = come("10.0.0.1");
  std::atomic<std::size_t> requests = 0;
  std::atomic<std::uint64_t> memory = 0;
  {
    UnderWay first(requests, memory, one->presence.peer());
    UnderWay second(requests, memory, other->presence.peer());
    first.hold(10);
    second.hold(5);
    first.hold(7);
    EXPECT_EQ(one->presence.peer().memory_size, 12u);
    EXPECT_EQ(memory, 12u);
    EXPECT_EQ(requests, 2u);
  }
  EXPECT_EQ(one->presence.peer().memory_size, 0u);
  EXPECT_EQ(memory, 0u);
}

}  // namespace
}  // namespace glucoledger::http
