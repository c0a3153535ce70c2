#include "node/response_head.h"

#include <array>
#include <ctime>

namespace glucoledger::node {
namespace {

constexpr std::string_view kServer = "glucoledger/" GLUCOLEDGER_VERSION;

}  // namespace

std::vector<HeaderField> header_fields(const Reply& reply, std::string_view target) {
  std::vector<HeaderField> fields = {{"Server", kServer}, {"Access-Control-Allow-Origin", "*"}};
  if (reply.status == 204) {
    fields.push_back(
        {"Access-Control-Allow-Headers", "Content-Type, X-IOTA-API-Version, Authorization, Last-Event-ID"});
    fields.push_back({"Access-Control-Allow-Methods", "GET, POST, OPTIONS"});
    fields.push_back({"Access-Control-Max-Age", "86400"});
  } else {
    fields.push_back({"Content-Type", reply.content_type});
  }
  if (reply.status == 204 || reply.status == 405) {
    const std::string_view path = target.substr(0, target.find('?'));
    fields.push_back({"Allow", path == "/" ? "OPTIONS, POST" : "OPTIONS, GET, HEAD"});
  }
  if (reply.status == 401) fields.push_back({"WWW-Authenticate", "Bearer realm=\"glucoledger node\""});
  if (reply.status == 503) fields.push_back({"Retry-After", "1"});
  return fields;
}

std::string http_date() {
  std::array<char, 40> text{};
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::string event_stream_head() {
  return "HTTP/1.1 200 OK\r\nServer: " + std::string(kServer) + "\r\nDate: " + http_date() +
         "\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
         "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n";
}

std::string plain_http_refusal() {
  const std::string body = error_reply(400, "this port speaks https: begin the URL with https://").body;
  return "HTTP/1.1 400 Bad Request\r\nServer: " + std::string(kServer) + "\r\nContent-Type: " + kJsonType +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace glucoledger::node
