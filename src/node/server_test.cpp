// Our client against our server, in one process and over loopback; and the server against bad clients.
#include <gtest/gtest.h>

#include "base/advice.h"
#include "base/file.h"
#include "base/test_folder.h"
#include "ledger_client/iri_client.h"
#include "ledger_store/node_address.h"
#include "node/node.h"
#include "node/test_server.h"
#include "ports/test_reading.h"

namespace glucoledger::node {
namespace {

using ledger::test_bundle;
using ledger::test_hash;
using ledger_client::IriClient;

class ClientAndServerTest : public ServerTest {
 protected:
  locator::Endpoint endpoint() const { return *locator::parse_endpoint(server_->url()); }
};

TEST_F(ClientAndServerTest, TheClientSeesWhatTheLedgerHolds) {
  IriClient client({endpoint()}, clock_);
  const auto info = client.info();
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->network_id, tangle_->info()->network_id);
  EXPECT_EQ(info->min_weight_magnitude, ledger::kTestWeight);
  EXPECT_TRUE(info->confirms_data);
  EXPECT_EQ(info->locator, server_->url());

  const auto bundle = test_bundle("OVERHTTP", 3);
  ASSERT_TRUE(client.submit(bundle));
  ASSERT_TRUE(client.submit(bundle));
  EXPECT_EQ(client.confirmed(std::vector{bundle[0].hash()}).value(), std::vector<bool>{false});
  ASSERT_TRUE(tangle_->issue_milestone());
  EXPECT_EQ(client.confirmed(std::vector{bundle[0].hash(), test_hash("NOWHERE")}).value(),
            (std::vector<bool>{true, false}));
  const auto contents =
      ports::read_all(client, std::vector{test_hash("OVERHTTP"), test_hash("NOWHERE"), test_hash("OVERHTTP")});
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(contents->transactions.size(), 3u);
  EXPECT_EQ(ledger::assemble(contents->transactions).size(), 1u);
  EXPECT_TRUE(contents->pruned_addresses.empty());
  EXPECT_TRUE(client.tips());

  ASSERT_TRUE(tangle_->prune_before(100));
  EXPECT_EQ(ports::read_all(client, std::vector{test_hash("OVERHTTP")})->pruned_addresses,
            std::vector{test_hash("OVERHTTP")});
}

TEST_F(ClientAndServerTest, TheClientTellsARefusalFromANodeThatIsGone) {
  IriClient client({endpoint()}, clock_);
  const auto late = test_bundle("LATE", 1, {}, {}, "L", ledger::kTestTimeMs + 3'600'000);
  const auto refused = client.submit(late);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInputRefused);
  server_.reset();
  const auto gone = client.tips();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kUnreachable);
}

TEST_F(ClientAndServerTest, TheClientGoesToTheNextNode) {
  locator::Endpoint dead{"127.0.0.1", 1};
  IriClient client({dead, endpoint()}, clock_);
  EXPECT_TRUE(client.tips());
  EXPECT_EQ(client.info()->locator, "http://127.0.0.1:1," + server_->url());
}

TEST_F(ClientAndServerTest, TheClientKeepsToOneLedger) {
  const auto other_tangle = ledger_store::Tangle::in_memory(ledger::kTestWeight, clock_);
  IriApi other_api(*other_tangle, clock_);
  Service other_service(other_api, *other_tangle);
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  const auto other = http::Server::start(other_service.router(), other_service.metrics(), other_service.log(), options);
  ASSERT_TRUE(other);
  IriClient client({endpoint(), *locator::parse_endpoint((*other)->url())}, clock_);
  ASSERT_TRUE(client.tips());  // of the first one
  server_.reset();
  const auto mixed = client.tips();
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().code, ErrorCode::kUnreachable) << "the first one may come back";
}

TEST_F(ClientAndServerTest, TheClientAsksForLessWhereANodeLimitsItsAnswers) {
  IriLimits limits;
  limits.find_results_max = 2;
  limits.list_max = 2;
  limits.trytes_max = 1;
  start(limits);
  std::vector<ledger::Hash> addresses;
  for (const char* name : {"AA", "BB", "CC", "DD", "EE"}) {
    addresses.push_back(test_hash(name));
    ASSERT_TRUE(tangle_->submit(test_bundle(name, 2)));
  }
  IriClient client({endpoint()}, clock_);
  const auto contents = ports::read_all(client, addresses);
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(contents->transactions.size(), 10u);
}

TEST_F(ServerTest, AnswersAPreflight) {
  const std::string preflight = raw("OPTIONS / HTTP/1.0\r\nOrigin: http://x\r\n\r\n");
  EXPECT_TRUE(preflight.starts_with("HTTP/1.1 204"));
  EXPECT_NE(preflight.find("Access-Control-Allow-Origin: *"), std::string::npos);
  EXPECT_NE(preflight.find("Authorization"), std::string::npos);
}

TEST_F(ServerTest, TellsItsHealth) {
  EXPECT_TRUE(get("/health").starts_with("HTTP/1.1 200"));
  service_->set_trouble("the disk is full");
  const std::string answer = get("/health");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503"));
  EXPECT_NE(answer.find(R"("reason":"the disk is full")"), std::string::npos);
  EXPECT_NE(raw(http_post(R"({"command":"getNodeInfo"})")).find("\"isHealthy\":false"), std::string::npos);
  service_->set_trouble(std::nullopt);
  const std::string head = raw("HEAD /health HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_EQ(head.find("Content-Length: 0"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: "), std::string::npos);
  EXPECT_NE(raw("HEAD /?x=1 HTTP/1.0\r\n\r\n").find("Allow: OPTIONS, POST"), std::string::npos);
}

TEST_F(ServerTest, CountsWhatItDoes) {
  ASSERT_TRUE(works());
  raw(http_post(R"({"command":"fooBar"})"));
  raw(http_post("{"));
  const std::string metrics = get("/metrics");
  EXPECT_NE(metrics.find("Content-Type: text/plain; version=0.0.4"), std::string::npos);
  for (const char* line : {"glucoledger_requests_total{command=\"getNodeInfo\",outcome=\"answered\"} 1\n",
                           "glucoledger_requests_total{command=\"unknown\",outcome=\"refused\"} 1\n",
                           "glucoledger_request_seconds_bucket{command=\"getNodeInfo\",le=\"+Inf\"} 1\n",
                           "glucoledger_request_seconds_count{command=\"getNodeInfo\"} 1\n",
                           "glucoledger_requests_refused_total{status=\"400\"} 1\n", "glucoledger_healthy 1\n",
                           "glucoledger_ledger_transactions 0\n"}) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line << "\n" << metrics;
  }
  EXPECT_EQ(metrics.find("fooBar"), std::string::npos);
}

TEST_F(ServerTest, KeepsAConnection) {
  const RawConnection connection(port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(connection.send(http_post(R"({"command":"getTips"})", "")));
    EXPECT_NE(connection.receive("\"duration\"").find("HTTP/1.1 200"), std::string::npos);
  }
}

TEST_F(ServerTest, ListensOnAddressesOnly) {
  for (const char* listen : {"nonsense", "127.0.0.1:99999", ":1", "127.0.0.1:", "no such host:1"}) {
    ServerOptions options;
    options.listen = listen;
    const auto server = http::Server::start(service_->router(), service_->metrics(), service_->log(), options);
    ASSERT_FALSE(server) << listen;
    EXPECT_EQ(server.error().code, ErrorCode::kUsage) << listen;
  }
}

TEST(NodeInAFolder, MakesNoLedgerWhereItsFilesCannotBeUsed) {
  const base::TestFolder folder;
  NodeOptions without_token;
  without_token.folder = folder / "ledger";
  without_token.server.listen = "127.0.0.1:0";
  NodeOptions without_tls = without_token;
  without_token.token_file = folder / "nowhere";
  without_tls.server.tls = http::TlsFiles{folder / "nowhere", folder / "nowhere"};
  for (const NodeOptions& options : {without_token, without_tls}) {
    EXPECT_FALSE(Node::start(options, FixedClock()));
    EXPECT_FALSE(std::filesystem::exists(options.folder));
  }
}

TEST_F(ServerTest, ATakenPortIsNoticedBeforeALedgerIsMade) {
  const base::TestFolder folder;
  NodeOptions options;
  options.folder = folder / "ledger";
  options.server.listen = "127.0.0.1:" + std::to_string(port());
  const auto node = Node::start(options, FixedClock());
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().code, ErrorCode::kFailed);
  EXPECT_EQ(node.error().advice, Advice::kChoosePort);
  EXPECT_FALSE(std::filesystem::exists(options.folder));
  EXPECT_TRUE(works());
}

TEST(NodeBeyondLoopback, NeedsATokenAndTls) {
  const FixedClock clock;
  const base::TestFolder folder;
  NodeOptions options;
  options.folder = folder / "ledger";
  options.server.listen = "0.0.0.0:0";
  options.min_weight_magnitude = ledger::kTestWeight;
  const auto code = [&] {
    const auto node = Node::start(options, clock);
    return node ? std::string("started") : node.error().code == ErrorCode::kUsage ? node.error().message : "other";
  };
  EXPECT_NE(code().find("token"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(options.folder));
  options.token_file = folder / "token";
  ASSERT_TRUE(base::write_new_file(*options.token_file, base::as_bytes("0123456789abcdef\n"), 0644));
  EXPECT_NE(code().find("TLS"), std::string::npos);
  options.insecure_plain_http = true;
  EXPECT_NE(code().find("others may read"), std::string::npos);
  std::filesystem::permissions(*options.token_file, std::filesystem::perms::owner_read);
  EXPECT_EQ(code(), "started");
}

}  // namespace
}  // namespace glucoledger::node
