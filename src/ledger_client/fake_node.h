// For tests of the client: a node of few words on a port of this machine, which can withhold, lie, lag and fail.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "ledger/bundle.h"
#include "locator/endpoint.h"

namespace glucoledger::ledger_client {

class FakeNode {
 public:
  FakeNode();
  ~FakeNode();
  locator::Endpoint endpoint() const;

  // Set before it is asked, or between two requests.
  std::vector<ledger::Transaction> held;
  std::vector<ledger::Transaction> received;
  std::string network_id = "00112233";
  bool pages = false;
  std::size_t page_size = 1'000;
  std::atomic<unsigned> status = 200;          // else every request fails with it
  std::atomic<bool> is_silent = false;         // takes requests and never answers
  std::function<void(nlohmann::json&)> twist;  // what it does to its answers
  std::atomic<int> requests = 0;

 private:
  void serve();
  void serve(int connection);
  std::string answer(const std::string& body);
  nlohmann::json find(const nlohmann::json& request) const;

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
  std::vector<std::thread> connections_;
};

}  // namespace glucoledger::ledger_client
