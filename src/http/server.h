// The HTTP/1.1 server: bytes, TLS, tokens, CORS, and bounds on time, size and number of everything. What is answered is
// the handlers' (router.h): it knows no ledger.
//
// A few threads move bytes and call handlers; others do what takes a while (Responder::run_aside). A client that is
// slow loses its connection; when there are too many connections, one gives way (connections.h). Bodies
// and answers are held up to a bound on memory: what comes beyond is put off with 503.
//
// Boost.Beast and Asio take long to compile and stay in server.cpp (the loop that accepts), server_shared.h and what
// server_connection.cpp is made of (one connection).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/limits.h"
#include "http/log.h"
#include "http/metrics.h"
#include "http/router.h"
#include "http/taken_port.h"
#include "http/tls_context.h"
#include "http/token.h"

namespace glucoledger::http {

struct ServerOptions {
  std::string listen = "127.0.0.1:14265";  // HOST:PORT; port 0 takes a free one
  std::optional<TlsFiles> tls;             // TLS 1.2 or 1.3; without: plain HTTP
  TokenCheck token;                        // at first; none: everyone may do everything
  std::string realm = "glucoledger";       // whose token a 401 asks for
  // Without TLS and token any page in a browser of this machine could use the server: then it answers only under an
  // address, a name without a dot, localhost, and these (421 otherwise), and tells pages of other origins than these
  // from its own (Request::is_foreign_page).
  std::vector<std::string> names;
  std::vector<std::string> origins;
  std::size_t connections_max = base::limits::kHttpConnectionsMax;  // lowered to what the process may use
  std::size_t other_files = 512;                                    // that the process needs open beside connections
  std::size_t memory_max = base::limits::kHttpMemorySizeMax;  // of bodies and answers, but for small ones; likewise
  std::int64_t idle_ms = 60'000;                              // until a request's header is complete
  std::int64_t body_ms = 30'000;       // until its body is, or a part of it; and until an answer is taken, likewise
  std::int64_t heartbeat_ms = 15'000;  // of streamed answers
  std::int64_t stop_ms = 10'000;       // what is under way when the server stops
};

class Server {
 public:
  // What a server needs before there is anything to serve.
  struct Prepared {
    TakenPort port;
    TlsContext tls;                   // nothing for plain HTTP
    std::size_t connections_max = 0;  // that the limits on open files and on memory allow
    std::size_t memory_max = 0;       // likewise
  };
  // kUsage for an address that there is not, or TLS files that cannot be used; kFailed when the port is taken.
  static Result<Prepared> prepare(const ServerOptions& options);
  // Listens when it returns. `router`, what its handlers use, and `metrics` outlive the server.
  static Result<std::unique_ptr<Server>> start(const Router& router, Metrics& metrics, const Log& log,
                                               const ServerOptions& options, Prepared prepared);
  // The same, prepared here.
  static Result<std::unique_ptr<Server>> start(const Router& router, Metrics& metrics, const Log& log,
                                               const ServerOptions& options);
  ~Server();  // stops
  std::string url() const;
  // Reads the TLS files again, for new connections; on an error the old ones stay.
  Result<void> reload_tls();
  void set_token(const TokenCheck& token);
  // Takes no more connections, tells the router, ends streams without end, gives requests under way `stop_ms`, and
  // ends once every handler has answered.
  void stop();

 private:
  class Implementation;
  explicit Server(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace glucoledger::http
