// The header fields of a server's answers, as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/router.h"

namespace glucoledger::http {

// Those that every answer has, and those of its status: who made it, which origins may read it, what it is, and what to
// do next. Without Date and those that HTTP itself needs. They point into what is given.
std::vector<HeaderView> header_fields(const Reply& reply, const Cors& cors, const std::string& challenge);

// "Sun, 06 Nov 1994 08:49:37 GMT": now, as Date wants it (RFC 9110, 5.6.7).
std::string http_date();

// The head of an answer that is a stream, to the empty line. `framing`: the fields that tell where it ends, a line
// each.
std::string stream_head(const Reply& reply, const Cors& cors, std::string_view reason, std::string_view framing);

// A whole answer to a client that speaks plain HTTP where TLS is spoken.
std::string plain_http_refusal();

}  // namespace glucoledger::http
