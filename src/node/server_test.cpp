// Our client against our server, in one process and over loopback; and the server against bad clients.
#include "node/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "ledger/test_bundles.h"
#include "ledger_client/iri_client.h"
#include "ledger_client/open_ledger.h"
#include "node/node.h"
#include "storage/node_address.h"

namespace glucoledger::node {
namespace {

using ledger::test_bundle;
using ledger::test_hash;
using ledger_client::IriClient;

class FixedClock final : public base::Clock {
 public:
  std::int64_t now_ms() const override { return ledger::kTestTimeMs; }
};

class ServerTest : public testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(IriLimits limits, ServerOptions options = {}) {
    server_.reset();
    api_ = std::make_unique<IriApi>(*tangle_, clock_, limits);
    service_ = std::make_unique<Service>(*api_, *tangle_);
    options.listen = "127.0.0.1:0";
    auto server = Server::start(*service_, *tangle_, options);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  ledger_client::Endpoint endpoint() const { return *ledger_client::parse_endpoint(server_->url()); }

  // Sends raw bytes and takes all that comes until the server closes.
  std::string raw(const std::string& bytes) const {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint().port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    std::string answer;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 1; size > 0;) {
      size = ::recv(descriptor, buffer.data(), buffer.size(), 0);
      if (size > 0) answer.append(buffer.data(), static_cast<std::size_t>(size));
    }
    ::close(descriptor);
    return answer;
  }

  FixedClock clock_;
  std::unique_ptr<storage::Tangle> tangle_ = storage::Tangle::in_memory(ledger::kTestWeight, clock_);
  std::unique_ptr<IriApi> api_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, TheClientSeesWhatTheLedgerHolds) {
  IriClient client({endpoint()});
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
  const auto contents = client.read(std::vector{test_hash("OVERHTTP"), test_hash("NOWHERE"), test_hash("OVERHTTP")});
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(contents->transactions.size(), 3u);
  EXPECT_EQ(ledger::assemble(contents->transactions).size(), 1u);
  EXPECT_TRUE(contents->pruned_addresses.empty());
  EXPECT_TRUE(client.tips());

  ASSERT_TRUE(tangle_->prune_before(100));
  EXPECT_EQ(client.read(std::vector{test_hash("OVERHTTP")})->pruned_addresses, std::vector{test_hash("OVERHTTP")});
}

TEST_F(ServerTest, TheClientTellsARefusalFromANodeThatIsGone) {
  IriClient client({endpoint()});
  const auto late = test_bundle("LATE", 1, {}, {}, "L", ledger::kTestTimeMs + 3'600'000);
  const auto refused = client.submit(late);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInputRefused);
  server_.reset();
  const auto gone = client.tips();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kUnreachable);
}

TEST_F(ServerTest, TheClientGoesToTheNextNode) {
  ledger_client::Endpoint dead{"127.0.0.1", 1};
  IriClient client({dead, endpoint()});
  EXPECT_TRUE(client.tips());
  EXPECT_EQ(client.info()->locator, "http://127.0.0.1:1," + server_->url());
}

TEST_F(ServerTest, TheClientKeepsToOneLedger) {
  const auto other_tangle = storage::Tangle::in_memory(ledger::kTestWeight, clock_);
  IriApi other_api(*other_tangle, clock_);
  Service other_service(other_api, *other_tangle);
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  const auto other = Server::start(other_service, *other_tangle, options);
  ASSERT_TRUE(other);
  IriClient client({endpoint(), *ledger_client::parse_endpoint((*other)->url())});
  ASSERT_TRUE(client.info());
  server_.reset();
  const auto mixed = client.tips();
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().code, ErrorCode::kCorrupt);
}

TEST_F(ServerTest, TheClientAsksForLessWhereANodeLimitsItsAnswers) {
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
  IriClient client({endpoint()});
  const auto contents = client.read(addresses);
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(contents->transactions.size(), 10u);
}

TEST_F(ServerTest, AnswersBadClients) {
  EXPECT_TRUE(raw("GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 405"));
  EXPECT_TRUE(raw("POST /x HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}").starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(raw("not http at all\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(raw("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(raw("POST / HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n").starts_with("HTTP/1.1 431"));
  EXPECT_TRUE(raw("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n{{{").starts_with("HTTP/1.1 400"));
  const std::string preflight = raw("OPTIONS / HTTP/1.0\r\nOrigin: http://x\r\n\r\n");
  EXPECT_TRUE(preflight.starts_with("HTTP/1.1 204"));
  EXPECT_NE(preflight.find("Access-Control-Allow-Origin: *"), std::string::npos);
}

TEST_F(ServerTest, ClosesOnSlowClientsAndOnTooMany) {
  ServerOptions options;
  options.idle_ms = 50;
  start({}, options);
  EXPECT_EQ(raw("POST / HT"), "");  // returns: the server has closed
  options.connections_max = 0;
  start({}, options);
  EXPECT_EQ(raw("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}").find("HTTP/1.1"), std::string::npos);
}

TEST_F(ServerTest, ListensOnAddressesOnly) {
  for (const char* listen : {"nonsense", "127.0.0.1:99999", ":1", "127.0.0.1:", "no such host:1"}) {
    ServerOptions options;
    options.listen = listen;
    const auto server = Server::start(*service_, *tangle_, options);
    ASSERT_FALSE(server) << listen;
    EXPECT_EQ(server.error().code, ErrorCode::kUsage) << listen;
  }
}

TEST(Endpoint, IsAPlainHttpUrl) {
  using ledger_client::canonical_locator;
  EXPECT_EQ(canonical_locator("http://Example.org").value(), "http://example.org:80");
  EXPECT_EQ(canonical_locator("http://[::1]:14265/,http://b:1").value(), "http://[::1]:14265,http://b:1");
  for (const char* bad : {"https://a:1", "ftp://a:1", "http://u:p@a:1", "http://a:1/path", "http://a:0", "http://a:x",
                          "http://", "http://a b:1", "http://a:1,", "http://[::1", "localhost:14265", ""}) {
    const auto locator = canonical_locator(bad);
    ASSERT_FALSE(locator) << bad;
    EXPECT_EQ(locator.error().code, ErrorCode::kUsage) << bad;
    EXPECT_EQ(locator.error().message.find("u:p"), std::string::npos);
  }
}

TEST(NodeInAFolder, IsUsedInsteadOfTheFolder) {
  const FixedClock clock;
  std::string pattern = (std::filesystem::temp_directory_path() / "node-test-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path folder = pattern;
  NodeOptions options;
  options.folder = folder / "ledger";
  options.server.listen = "127.0.0.1:0";
  options.min_weight_magnitude = ledger::kTestWeight;
  auto node = Node::start(options, clock);
  ASSERT_TRUE(node) << node.error().message;
  const auto bundle = test_bundle("SHARED", 1);
  {
    const auto ledger = ledger_client::open_ledger(options.folder.string(), {}, clock);
    ASSERT_TRUE(ledger) << ledger.error().message;
    EXPECT_NE(dynamic_cast<IriClient*>(ledger->get()), nullptr);
    EXPECT_EQ((*ledger)->info()->locator, std::filesystem::canonical(options.folder).string());
    ASSERT_TRUE((*ledger)->submit(bundle));
  }
  const storage::NodeAddress left = *storage::read_node_address(options.folder);
  node->reset();
  EXPECT_FALSE(storage::read_node_address(options.folder));
  ASSERT_TRUE(storage::write_node_address(options.folder, left));  // as after kill -9: nobody answers there
  const auto ledger = ledger_client::open_ledger(options.folder.string(), {}, clock);
  ASSERT_TRUE(ledger) << ledger.error().message;
  EXPECT_EQ(dynamic_cast<IriClient*>(ledger->get()), nullptr);
  EXPECT_EQ((*ledger)->read(std::vector{test_hash("SHARED")})->transactions.size(), 1u);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace glucoledger::node
