#include "ledger_client/fake_node.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace glucoledger::ledger_client {

using nlohmann::json;

FakeNode::FakeNode() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener_, 16), 0);
  EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

FakeNode::~FakeNode() {
  stop_ = true;
  stop_.notify_all();
  thread_.join();
  for (auto& connection : connections_) connection.join();
  ::close(listener_);
}

locator::Endpoint FakeNode::endpoint() const {
  return locator::Endpoint{"127.0.0.1", port_, false};
}

void FakeNode::serve() {
  while (!stop_) {
    pollfd ready{listener_, POLLIN, 0};
    if (::poll(&ready, 1, 20) != 1) continue;
    const int connection = ::accept(listener_, nullptr, nullptr);
    if (connection >= 0) connections_.emplace_back([this, connection] { serve(connection); });
  }
}

void FakeNode::serve(int connection) {
  std::string got;
  while (!stop_) {
    const std::size_t head_end = got.find("\r\n\r\n");
    const std::size_t length_at = got.find("Content-Length: ");
    if (head_end != std::string::npos && length_at != std::string::npos) {
      const std::size_t length = std::stoul(got.substr(length_at + 16));
      if (got.size() >= head_end + 4 + length) {
        const std::string body = answer(got.substr(head_end + 4, length));
        const std::string reply = "HTTP/1.1 " + std::to_string(status) +
                                  " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        for (std::size_t sent = 0; sent < reply.size();) {
          const auto count = ::send(connection, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
          if (count <= 0) break;
          sent += static_cast<std::size_t>(count);
        }
        got.clear();
        continue;
      }
    }
    pollfd ready{connection, POLLIN, 0};
    if (::poll(&ready, 1, 20) != 1) continue;
    char buffer[65'536];
    const auto count = ::recv(connection, buffer, sizeof(buffer), 0);
    if (count <= 0) break;
    got.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(connection);
}

std::string FakeNode::answer(const std::string& body) {
  ++requests;
  requests.notify_all();
  if (is_silent) stop_.wait(false);
  const json request = json::parse(body);
  const std::string command = request["command"];
  json reply = json::object();
  if (command == "getNodeInfo") {
    reply = {{"appName", "fake"},
             {"networkId", network_id},
             {"minWeightMagnitude", 1},
             {"confirmsData", true},
             {"pagesTransactions", pages}};
  } else if (command == "getNodeAPIConfiguration") {
    reply = {{"maxFindTransactions", page_size}};
  } else if (command == "getTransactionsToApprove") {
    reply = {{"trunkTransaction", std::string(81, 'A')}, {"branchTransaction", std::string(81, 'B')}};
  } else if (command == "findTransactions") {
    reply = find(request);
  } else if (command == "getTrytes") {
    reply["trytes"] = json::array();
    for (const std::string hash : request["hashes"]) {
      const auto found =
          std::find_if(held.begin(), held.end(), [&](const auto& t) { return t.hash().trytes() == hash; });
      reply["trytes"].push_back(found == held.end() ? std::string(ledger::kTransactionTrytes, '9') : found->trytes());
    }
  } else if (command == "getInclusionStates") {  // confirmed is what it holds
    reply["states"] = json::array();
    for (const std::string hash : request["transactions"]) {
      reply["states"].push_back(
          std::any_of(held.begin(), held.end(), [&](const auto& t) { return t.hash().trytes() == hash; }));
    }
  } else if (command == "broadcastTransactions") {
    for (const std::string trytes : request["trytes"]) received.push_back(*ledger::Transaction::from_trytes(trytes));
  } else if (command == "attachToTangle") {
    ledger::PreparedBundle bundle = request["trytes"];
    std::reverse(bundle.begin(), bundle.end());
    crypto::ProofOfWorkOptions work;
    work.min_weight_magnitude = request["minWeightMagnitude"];
    const std::string trunk = request["trunkTransaction"];
    const std::string branch = request["branchTransaction"];
    const auto attached =
        ledger::attach(bundle, {*crypto::Hash::from_trytes(trunk), *crypto::Hash::from_trytes(branch), 1}, work)
            .value();
    reply["trytes"] = json::array();
    for (auto t = attached.rbegin(); t != attached.rend(); ++t) reply["trytes"].push_back(t->trytes());
  }
  if (twist) twist(reply);
  return reply.dump();
}

// `after` counts transactions. Without pages an answer is cut silently, as by a legacy node.
json FakeNode::find(const json& request) const {
  const std::vector<std::string> addresses = request["addresses"];
  const std::size_t after = request.value("after", std::size_t{0});
  json reply = {{"hashes", json::array()}};
  for (std::size_t i = after; i < held.size(); ++i) {
    if (std::find(addresses.begin(), addresses.end(), held[i].address().trytes()) == addresses.end()) continue;
    if (reply["hashes"].size() == page_size) {
      if (pages) reply["next"] = i;
      break;
    }
    reply["hashes"].push_back(held[i].hash().trytes());
  }
  return reply;
}

}  // namespace glucoledger::ledger_client
