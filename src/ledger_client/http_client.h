// POST of JSON over HTTP/1.1, plain or in TLS, bounded in time and size; connections are kept and used again.
//
// Over https:// the node's certificate must be valid for its host by the system's authorities, or by those of a file. A
// token is shown to the node as `Authorization: Bearer`, only in TLS or to this machine (else kUsage).
// Thread-safe: each call takes an idle connection or opens one. A kept connection that turns out closed is opened anew
// once, and one that was idle for long is not used again; nothing else is repeated here. kUnreachable: no connection,
// no answer in time, not HTTP, no valid certificate. kInterrupted: the person asked to stop. Boost.Beast stays in
// http_client.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/secret.h"
#include "locator/endpoint.h"

namespace glucoledger::ledger_client {

using locator::Endpoint;

struct HttpReply {
  unsigned status = 0;
  std::string body;
};

struct HttpOptions {
  std::int64_t connect_ms = 5'000;
  std::int64_t request_ms = 30'000;
  std::string ca_file;                       // certificates in PEM that are trusted; empty: the system's
  std::shared_ptr<const SecretBytes> token;  // for the node; may be absent
  // What a person is told to do about a node that asks for a token, or whose certificate is not trusted.
  std::string token_hint =
      "ask its operator for a token and name its file: glucoledger access --ledger-token-file FILE";
  std::string trust_hint = "name its certificate's file: glucoledger access --ledger-ca FILE; or check the address";
};

// kInputRefused when the file holds no certificates that can be trusted.
Result<void> check_certificates(const std::string& ca_file);

class HttpClient {
 public:
  explicit HttpClient(Endpoint endpoint, HttpOptions options = {});
  ~HttpClient();
  const Endpoint& endpoint() const { return endpoint_; }
  // Answers larger than `response_size_max` are kUnreachable.
  Result<HttpReply> post_json(const std::string& body, std::size_t response_size_max);

 private:
  class Connection;
  struct Tls;
  struct Idle;
  Result<std::unique_ptr<Connection>> connect();
  std::unique_ptr<Connection> take_idle();
  void keep(std::unique_ptr<Connection> connection);

  Endpoint endpoint_;
  HttpOptions options_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<Tls> tls_;
  std::vector<Idle> idle_;
};

}  // namespace glucoledger::ledger_client
