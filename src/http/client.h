// An HTTP/1.1 client of one server: any method and path, bodies in memory or as streams both ways, forms with files,
// plain or in TLS, bounded in time and size. Connections are kept and used again.
//
// Over https:// the server's certificate must be valid for its host by the system's authorities, or by those of a file.
// A token is shown as `Authorization: Bearer`, only in TLS or to this machine (else kUsage). Redirects are not
// followed: they are answers like others. Servers beyond this machine are reached through the proxies that the
// environment names (http_proxy, https_proxy, all_proxy, no_proxy), those of https:// by CONNECT.
//
// Thread-safe: each call takes an idle connection or opens one. A kept connection that turns out closed before a byte
// of an answer came is opened anew once; nothing else is repeated here, and nothing is sent after `cancel`.
// kUnreachable: no connection, no answer in time, not HTTP, too large, no valid certificate. kInterrupted: cancelled,
// looked at every 50 ms. libcurl stays in client.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/advice.h"
#include "base/cancel.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "http/message.h"
#include "locator/endpoint.h"

namespace glucoledger::http {

using locator::Endpoint;

struct ClientOptions {
  std::int64_t connect_ms = 5'000;  // name, connection and TLS together
  std::int64_t request_ms =
      30'000;           // from then to the answer's end; of a call with a stream: without a byte either way
  std::string ca_file;  // certificates in PEM that are trusted; empty: the system's
  std::shared_ptr<const SecretBytes> token;  // may be absent
  std::string peer = "node";                 // what errors call the server
  // What a person is told to do about a server that asks for a token, or whose certificate is not trusted.
  Advice token_advice = Advice::kNameToken;
  Advice trust_advice = Advice::kTrustCertificate;
};

// kInputRefused when the file holds no certificates that can be trusted.
Result<void> check_certificates(const std::string& ca_file);

// Fills the buffer and tells how many bytes; 0 at the end. An error ends the call with it.
using BodySource = std::function<Result<std::size_t>(std::span<std::uint8_t> buffer)>;
// An error ends the call with it.
using BodySink = std::function<Result<void>(std::string_view bytes)>;

struct StreamedBody {
  BodySource source;
  std::optional<std::uint64_t> size;  // unknown: HTTP/1.1 chunks
};

// multipart/form-data (RFC 7578).
struct FormPart {
  std::string name;
  std::string file_name;     // empty: no file
  std::string content_type;  // empty: none is told
  std::variant<std::string, StreamedBody> content;
};

struct Call {
  std::string method = "GET";
  std::string target = "/";  // path and query, as they are sent
  std::vector<HeaderField> headers = {};
  std::variant<std::monostate, std::string, StreamedBody, std::vector<FormPart>> body = {};
  std::size_t answer_size_max = base::limits::kHttpResponseMax;
  std::optional<std::int64_t> request_ms = {};  // else ClientOptions'
  BodySink sink = {};  // takes the body of an answer with a status below 300; then no bound on its size
};

struct Answer {
  unsigned status = 0;
  std::vector<HeaderField> headers;
  std::string body;                                      // empty where the sink took it
  std::string_view header(std::string_view name) const;  // empty where there is none
};

class Client {
 public:
  explicit Client(Endpoint endpoint, ClientOptions options = {});
  ~Client();
  const Endpoint& endpoint() const { return endpoint_; }
  const ClientOptions& options() const { return options_; }
  Result<Answer> call(const Call& call, const base::CancelToken& cancel = {});

 private:
  class Line;
  std::unique_ptr<Line> take_line();
  void keep(std::unique_ptr<Line> line);

  const Endpoint endpoint_;
  const ClientOptions options_;
  base::Mutex mutex_;
  std::vector<std::unique_ptr<Line>> idle_ GUARDED_BY(mutex_);
};

}  // namespace glucoledger::http
