#include "http/server_shared.h"

#include <boost/asio/post.hpp>

namespace glucoledger::http {
namespace {

namespace asio = boost::asio;

constexpr int kThreadsHint = 2;  // for Asio: those that move bytes
constexpr std::size_t kAsideThreads = 2;

}  // namespace

ServerShared::ServerShared(const Router& with_router, Metrics& with_metrics, const Log& with_log,
                           const ServerOptions& with_options)
    : router(with_router),
      log(with_log),
      metrics(with_metrics),
      options(with_options),
      challenge("Bearer realm=\"" + with_options.realm + "\""),
      token_(with_options.token),
      context(kThreadsHint),
      replies([this](auto task) { asio::post(context, std::move(task)); }),
      aside(kAsideThreads) {}

std::shared_ptr<asio::ssl::context> ServerShared::tls() {
  const base::MutexLock lock(mutex_);
  return tls_;
}
void ServerShared::set_tls(TlsContext context_read) {
  const base::MutexLock lock(mutex_);
  tls_ = std::make_shared<asio::ssl::context>(context_read.release());
}
bool ServerShared::allows(std::string_view authorization) {
  const base::MutexLock lock(mutex_);
  return token_.allows(authorization);
}
bool ServerShared::is_open() {
  const base::MutexLock lock(mutex_);
  return tls_ == nullptr && !token_.has_token();
}
void ServerShared::set_token(const TokenCheck& token) {
  const base::MutexLock lock(mutex_);
  token_ = token;
}
void ServerShared::note_exception() const {
  try {
    log.error(kInternalError);
  } catch (...) {  // no memory even for that
  }
}

}  // namespace glucoledger::http
