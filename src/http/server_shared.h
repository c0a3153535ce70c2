// What all connections of a server share. Only the server's own files include it.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "http/connections.h"
#include "http/reply_queue.h"
#include "http/server.h"
#include "http/server_metrics.h"

namespace glucoledger::http {

inline constexpr const char* kInternalError = "out of memory, or an internal error";

// What all connections of a server share.
class ServerShared {
 public:
  ServerShared(const Router& with_router, Metrics& with_metrics, const Log& with_log,
               const ServerOptions& with_options);
  std::shared_ptr<boost::asio::ssl::context> tls();  // nothing for plain HTTP
  void set_tls(TlsContext context);
  bool allows(std::string_view authorization);
  bool is_open();  // neither TLS nor a token
  void set_token(const TokenCheck& token);
  // From a catch block: notes what was thrown.
  void note_exception() const;

  const Router& router;
  const Log log;
  ServerMetrics metrics;
  ServerOptions options;
  const std::string challenge;  // of a 401
  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> requests = 0;  // begun and not yet answered, streams too
  Connections connections;

 private:
  base::Mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> tls_ GUARDED_BY(mutex_);
  TokenCheck token_ GUARDED_BY(mutex_);

 public:
  // Last, as they hold connections, which use the rest.
  boost::asio::io_context context;
  ReplyQueue replies;
  boost::asio::thread_pool aside;
};

}  // namespace glucoledger::http
