// The HTTP server before an IriApi: POST / with JSON, CORS, and bounds on time, size and number of everything.
//
// One thread moves bytes, a few answer, and one does proof of work (with all cores), so that a long attachToTangle
// never delays another request. A client that is slow loses its connection. It has no authentication: it listens on
// loopback only. Boost.Beast stays in server.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "node/iri_api.h"

namespace glucoledger::node {

struct ServerOptions {
  std::string listen = "127.0.0.1:14265";  // HOST:PORT; port 0 takes a free one
  std::size_t connections_max = 1'000;
  std::size_t proofs_of_work_waiting_max = 64;
  std::int64_t idle_ms = 60'000;  // until a request's header is complete
  std::int64_t body_ms = 30'000;  // until its body is; and until an answer is taken
};

class Server {
 public:
  // Listens when it returns. kUsage for an address that is not loopback, or none; kFailed when the port is taken.
  // `api` outlives the server.
  static Result<std::unique_ptr<Server>> start(IriApi& api, const ServerOptions& options);
  // Whether start() would listen there, before anything is made or opened.
  static Result<void> check_listen(const std::string& listen);
  ~Server();  // stops
  std::string url() const;
  // Takes no more connections, interrupts proof of work, gives requests under way half a second, and ends.
  void stop();

 private:
  class Implementation;
  explicit Server(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace glucoledger::node
