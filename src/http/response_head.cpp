#include "http/response_head.h"

#include <array>
#include <ctime>

namespace glucoledger::http {
namespace {

constexpr std::string_view kServer = "glucoledger/" GLUCOLEDGER_VERSION;

}  // namespace

std::vector<HeaderView> header_fields(const Reply& reply, const Cors& cors, const std::string& challenge) {
  std::vector<HeaderView> fields = {{"Server", kServer}};
  if (!cors.origins.empty()) fields.push_back({"Access-Control-Allow-Origin", cors.origins});
  if (reply.status == 204 && !cors.origins.empty()) {
    fields.push_back({"Access-Control-Allow-Headers", cors.request_headers});
    fields.push_back({"Access-Control-Allow-Methods", cors.methods});
    fields.push_back({"Access-Control-Max-Age", "86400"});
  }
  if (reply.status != 204) fields.push_back({"Content-Type", reply.content_type});
  for (const HeaderField& field : reply.headers) fields.push_back({field.name, field.value});
  if (reply.status == 401) fields.push_back({"WWW-Authenticate", challenge});
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

std::string stream_head(const Reply& reply, const Cors& cors, std::string_view reason, std::string_view framing) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  text.append(reason).append("\r\nDate: ").append(http_date()).append("\r\n");
  for (const auto& [name, value] : header_fields(reply, cors, {})) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  return text.append(framing).append("\r\n");
}

std::string plain_http_refusal() {
  const std::string body = error_reply(400, "this port speaks https: begin the URL with https://").body;
  return "HTTP/1.1 400 Bad Request\r\nServer: " + std::string(kServer) + "\r\nContent-Type: " + std::string(kJsonType) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace glucoledger::http
