// A TCP proxy on loopback that adds a round trip's time: half of it each way, and a whole one before the first byte of
// a connection, as setting one up takes. Bandwidth is not limited. For benches.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace glucoledger::bench {

class DelayProxy {
 public:
  // In front of 127.0.0.1:`port`.
  static Result<std::unique_ptr<DelayProxy>> start(std::uint16_t port, int round_trip_ms);
  ~DelayProxy();
  std::string url() const;

 private:
  struct Implementation;
  explicit DelayProxy(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace glucoledger::bench
