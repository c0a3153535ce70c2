// A TCP port that is taken before anything else is made, so that a node which cannot have its port leaves nothing
// behind. Nobody gets in until the server listens on it.
#pragma once

#include <cstdint>
#include <string>

#include "node/listen_address.h"

namespace glucoledger::node {

class TakenPort {
 public:
  // kUsage: no HOST:PORT; kFailed: taken by others, or not to be had.
  static Result<TakenPort> take(const std::string& listen);
  TakenPort(TakenPort&& other) noexcept;
  TakenPort& operator=(TakenPort&&) = delete;
  ~TakenPort();
  const ListenAddress& address() const { return address_; }
  // Hands over the socket, which is bound and does not listen.
  int release();

 private:
  TakenPort(ListenAddress address, int descriptor);
  ListenAddress address_;
  int descriptor_;
};

}  // namespace glucoledger::node
