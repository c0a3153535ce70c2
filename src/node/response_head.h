// The header fields of the node's answers, as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/service.h"

namespace glucoledger::node {

struct HeaderField {
  std::string_view name;
  std::string_view value;  // lives as long as the program
};

// Those that every answer has, and those of its status: who made it, that any origin may read it, what it is, and what
// to do next. `target`: what was asked for. Without Date and those that HTTP itself needs.
std::vector<HeaderField> header_fields(const Reply& reply, std::string_view target);

// "Sun, 06 Nov 1994 08:49:37 GMT": now, as Date wants it (RFC 9110, 5.6.7).
std::string http_date();

// The head of an answer that is a stream of events.
std::string event_stream_head();

// A whole answer to a client that speaks plain HTTP where TLS is spoken.
std::string plain_http_refusal();

}  // namespace glucoledger::node
