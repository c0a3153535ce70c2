#include "http/taken_port.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "base/advice.h"

namespace glucoledger::http {
namespace {

Advice advice_after(int error) {
  switch (error) {
    case EACCES:
      return Advice::kChoosePortOfUser;
    case EADDRNOTAVAIL:
      return Advice::kChooseListenAddress;
    default:
      return Advice::kChoosePort;
  }
}

}  // namespace

Result<TakenPort> TakenPort::take(const std::string& listen) {
  GL_TRY(address, ListenAddress::parse(listen));
  ::addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  ::addrinfo* list = nullptr;
  if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list) != 0) {
    return fail(ErrorCode::kFailed, "cannot listen on " + listen, advice_after(EADDRNOTAVAIL));
  }
  const std::unique_ptr<::addrinfo, decltype(&::freeaddrinfo)> found(list, &::freeaddrinfo);
  TakenPort port(std::move(address), ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int descriptor = port.descriptor_.value();
  const int at_once = 1;  // also where connections of a server before are still on their way out
  if (descriptor < 0 || ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &at_once, sizeof at_once) != 0 ||
      ::bind(descriptor, found->ai_addr, found->ai_addrlen) != 0) {
    const int error = errno;
    return fail(ErrorCode::kFailed, "cannot listen on " + listen + ": " + std::generic_category().message(error),
                advice_after(error));
  }
  return port;
}

}  // namespace glucoledger::http
