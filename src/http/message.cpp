#include "http/message.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace glucoledger::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool equal_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Request::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const HeaderView& field) { return equal_but_for_case(field.name, name); });
  return found == headers.end() ? std::string_view() : found->value;
}

Reply error_reply(unsigned status, std::string_view reason) {
  const nlohmann::json document = {{"error", reason}};
  return {status, document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

}  // namespace glucoledger::http
