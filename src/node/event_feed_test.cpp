// The live feed over HTTP: what a browser's EventSource would see.
#include "node/event_feed.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "node/test_server.h"

namespace glucoledger::node {
namespace {

using ledger::test_bundle;
using ledger::test_hash;
using nlohmann::json;

TEST(EventId, IsAPosition) {
  EXPECT_EQ(parse_event_id("12-3"), (ledger::Position{12, 3}));
  for (const char* bad : {"", "-", "1", "1-", "-1", "1-2-3", "1 -2", "x-1", "1-99999999999", "+1-2"}) {
    EXPECT_FALSE(parse_event_id(bad)) << bad;
  }
}

class EventStream : public ServerTest {
 protected:
  void submit(const std::string& address) {
    const auto bundle = test_bundle(address, 1);
    ASSERT_TRUE(tangle_->submit_without_milestone(bundle));
  }
  static std::string request(const std::string& fields = "") {
    return "GET /events HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
  }
};

TEST_F(EventStream, TellsTransactionsAndMilestones) {
  submit("BEFORE");
  const RawConnection connection(port());
  ASSERT_TRUE(connection.send(request()));
  const std::string head = connection.receive("events follow\n\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200"));
  EXPECT_NE(head.find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_EQ(head.find("Access-Control-Allow-Origin"), std::string::npos);

  submit("LIVE");
  const std::string event = connection.receive("\n\n");
  EXPECT_TRUE(event.starts_with("id: 2-0\nevent: transaction\ndata: {\"sequence\":2,")) << event;
  const json data = json::parse(event.substr(event.find('{')));
  const auto bundle = test_bundle("LIVE", 1);
  EXPECT_EQ(data["hash"], bundle[0].hash().trytes());
  EXPECT_EQ(data["address"], test_hash("LIVE").trytes());
  EXPECT_EQ(data["bundle"], bundle[0].bundle().trytes());
  EXPECT_EQ(data["tag"], bundle[0].tag());

  const auto milestone = tangle_->issue_milestone();
  ASSERT_TRUE(milestone);
  const std::string confirmed = connection.receive("\n\n");
  EXPECT_TRUE(confirmed.starts_with("id: 2-1\nevent: milestone\ndata: {\"index\":1,")) << confirmed;
  EXPECT_NE(confirmed.find(milestone->hash.trytes()), std::string::npos);

  server_->stop();
  EXPECT_NE(connection.receive().find("event: end\n"), std::string::npos);
}

TEST_F(EventStream, ResumesFromTheStore) {
  for (const char* address : {"AA", "BB", "CC"}) submit(address);
  ASSERT_TRUE(tangle_->issue_milestone());
  for (const std::string& fields : {std::string("Last-Event-ID: 1-0\r\n")}) {
    const RawConnection connection(port());
    ASSERT_TRUE(connection.send(request(fields)));
    const std::string events = connection.receive("event: milestone");
    EXPECT_EQ(events.find("id: 1-0"), std::string::npos);
    EXPECT_LT(events.find("id: 2-0\n"), events.find("id: 3-0\n"));
    EXPECT_LT(events.find("id: 3-0\n"), events.find("id: 3-1\n"));
  }
  const RawConnection all(port());
  ASSERT_TRUE(all.send("GET /events?after=0-0 HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_NE(all.receive("event: milestone").find("id: 1-0\n"), std::string::npos);
  const RawConnection ahead(port());
  ASSERT_TRUE(ahead.send(request("Last-Event-ID: 99-1\r\n")));
  EXPECT_NE(ahead.receive("event: reset").find("event: reset"), std::string::npos);
}

TEST_F(EventStream, LeavesOutWhatWasPruned) {
  submit("OLD");
  ASSERT_TRUE(tangle_->issue_milestone());
  ASSERT_EQ(tangle_->prune_before(2).value_or(0), 1u);
  submit("NEW");
  const RawConnection connection(port());
  ASSERT_TRUE(connection.send("GET /events?after=0-0 HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string events = connection.receive("event: milestone");
  EXPECT_EQ(events.find("id: 1-"), std::string::npos);
  EXPECT_NE(events.find("id: 2-0\n"), std::string::npos);
}

TEST_F(EventStream, BeatsAndIsBounded) {
  ServerOptions options;
  options.heartbeat_ms = 20;
  ServiceOptions service_options;
  service_options.event_streams_max = 1;
  start({}, options, service_options);
  const RawConnection connection(port());
  ASSERT_TRUE(connection.send(request()));
  connection.receive("events follow\n\n");
  EXPECT_EQ(connection.receive(":\n\n").substr(0, 3), ":\n\n");
  EXPECT_TRUE(get("/events").starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(works());
}

TEST_F(EventStream, OneAddressLeavesRoomForOthers) {
  ServiceOptions service_options;
  service_options.event_streams_max = 8;
  start({}, {}, service_options);
  std::vector<std::unique_ptr<RawConnection>> own;
  for (int i = 0; i < 2; ++i) {
    own.push_back(std::make_unique<RawConnection>(port()));
    ASSERT_TRUE(own.back()->send(request()));
    own.back()->receive("events follow\n\n");
  }
  EXPECT_TRUE(get("/events").starts_with("HTTP/1.1 503"));
}

}  // namespace
}  // namespace glucoledger::node
