// The HTTP server before a Service: bytes, TLS, CORS, and bounds on time, size and number of everything.
//
// A few threads move bytes and answer what is read; what is stored waits for the disk without a thread of its own,
// large requests of it are judged by others; and one thread does proof of work (with all cores), so that none delays
// the rest. A client that is slow loses its connection; when there are too many connections, the one that has been idle
// longest gives way.
//
// Boost.Beast and Asio take long to compile and stay in server.cpp: connections, and the loop that accepts them. What
// needs neither stands beside it: tls_context.h, taken_port.h, connections.h, dispatcher.h, response_head.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "node/service.h"
#include "node/taken_port.h"
#include "node/tls_context.h"

namespace glucoledger::node {

struct ServerOptions {
  std::string listen = "127.0.0.1:14265";  // HOST:PORT; port 0 takes a free one
  std::optional<TlsFiles> tls;             // TLS 1.2 or 1.3; without: plain HTTP
  std::size_t connections_max = 16'384;    // lowered where the system allows fewer open files
  std::size_t proofs_of_work_waiting_max = 64;
  std::size_t event_streams_max = 64;
  std::size_t memory_max = 128 << 20;  // of bodies and answers together, but for small ones
  std::int64_t idle_ms = 60'000;       // until a request's header is complete
  std::int64_t body_ms = 30'000;       // until its body is; and until an answer is taken
  std::int64_t heartbeat_ms = 15'000;  // of event streams
  std::int64_t stop_ms = 10'000;       // what is under way when the server stops
};

class Server {
 public:
  // What a server needs before there is anything to serve.
  struct Prepared {
    TakenPort port;
    TlsContext tls;                   // nothing for plain HTTP
    std::size_t connections_max = 0;  // that the limit on open files allows
  };
  // kUsage for an address that there is not, or TLS files that cannot be used; kFailed when the port is taken.
  static Result<Prepared> prepare(const ServerOptions& options);
  // Listens when it returns. `service` and `tangle` outlive the server.
  static Result<std::unique_ptr<Server>> start(Service& service, ledger_store::Replica& tangle,
                                               const ServerOptions& options, Prepared prepared);
  // The same, prepared here.
  static Result<std::unique_ptr<Server>> start(Service& service, ledger_store::Replica& tangle,
                                               const ServerOptions& options);
  ~Server();  // stops
  std::string url() const;
  // Reads the TLS files again, for new connections; on an error the old ones stay.
  Result<void> reload_tls();
  // Takes no more connections, interrupts proof of work, ends event streams, gives requests under way `stop_ms`, and
  // ends.
  void stop();

 private:
  class Implementation;
  explicit Server(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace glucoledger::node
