// A TCP port that is taken before anything else is made, so that a node which cannot have its port leaves nothing
// behind. Nobody gets in until the server listens on it.
#pragma once

#include <cstdint>
#include <string>

#include "base/descriptor.h"
#include "http/listen_address.h"

namespace glucoledger::http {

class TakenPort {
 public:
  // kUsage: no HOST:PORT; kFailed: taken by others, or not to be had.
  static Result<TakenPort> take(const std::string& listen);
  const ListenAddress& address() const { return address_; }
  // Hands over the socket, which is bound and does not listen.
  int release() { return descriptor_.release(); }

 private:
  TakenPort(ListenAddress address, int descriptor) : address_(std::move(address)), descriptor_(descriptor) {}
  ListenAddress address_;
  base::Descriptor descriptor_;
};

}  // namespace glucoledger::http
