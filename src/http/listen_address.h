// HOST:PORT to listen on, resolved.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace glucoledger::http {

struct ListenAddress {
  std::string host;  // a numeric IPv4 or IPv6 address
  std::uint16_t port = 0;
  bool is_loopback = false;
  bool is_v6 = false;

  // kUsage for what is no HOST:PORT or cannot be resolved. An IPv6 address stands in brackets.
  static Result<ListenAddress> parse(const std::string& text);
  bool means_all() const;  // addresses of the machine
  // "https://127.0.0.1:14265" for the port that was taken; an address that means all of them becomes loopback.
  std::string url(bool tls, std::uint16_t taken_port) const;
};

}  // namespace glucoledger::http
