// Certificate and key of a server, read from their files and matched, with errors that tell which of them is wrong and
// what to do. OpenSSL without Asio; server.cpp makes connections of it.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"

struct ssl_ctx_st;

namespace glucoledger::http {

struct TlsFiles {
  std::filesystem::path certificate;  // PEM: the certificate, then those that lead to its root
  std::filesystem::path key;          // PEM; only its owner may change it, and its group read it
};

struct TlsContextFree {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, TlsContextFree>;

// For TLS 1.2 and 1.3. kUsage for files that hold something else, or do not belong together; a key with a passphrase is
// refused, as nobody is there to give it when the node restarts.
Result<TlsContext> read_tls(const TlsFiles& files);

}  // namespace glucoledger::http
