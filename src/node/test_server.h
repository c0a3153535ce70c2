// For the tests of the node's server: one over an in-memory ledger.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "http/server.h"
#include "http/test_connection.h"
#include "ledger/test_bundles.h"
#include "ledger_store/tangle.h"
#include "node/service.h"

namespace glucoledger::node {

using http::http_post;
using http::RawConnection;
using http::ServerOptions;
using ledger::FixedClock;

class ServerTest : public testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(IriLimits limits, ServerOptions options = {}, const ServiceOptions& service_options = {}) {
    server_.reset();
    service_.reset();
    api_ = std::make_unique<IriApi>(*tangle_, clock_, limits);
    service_ = std::make_unique<Service>(*api_, *tangle_, http::Log(http::LogLevel::kOff), service_options);
    options.listen = "127.0.0.1:0";
    auto server = http::Server::start(service_->router(), service_->metrics(), service_->log(), options);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  std::uint16_t port() const { return http::port_of(server_->url()); }
  // Sends bytes and takes all that comes until the server closes.
  std::string raw(std::string_view bytes) const { return http::exchange_raw(port(), bytes); }
  std::string get(const std::string& target, const std::string& fields = "") const {
    return raw("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n");
  }
  bool works() const { return raw(http_post(R"({"command":"getNodeInfo"})")).starts_with("HTTP/1.1 200"); }
  std::uint64_t figure(std::string_view name) const { return service_->metrics().value(name); }

  FixedClock clock_;
  std::unique_ptr<ledger_store::Tangle> tangle_ = ledger_store::Tangle::in_memory(ledger::kTestWeight, clock_);
  std::unique_ptr<IriApi> api_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace glucoledger::node
