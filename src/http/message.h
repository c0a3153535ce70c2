// A request as a handler sees it, and what it answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace glucoledger::http {

inline constexpr std::string_view kJsonType = "application/json; charset=UTF-8";

struct HeaderField {
  std::string name;
  std::string value;
};

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// Texts are as they were sent, not decoded. They live until the request is answered.
struct Request {
  std::string_view method;
  std::string_view path;
  std::string_view query;  // behind the question mark; empty where there is none
  std::vector<HeaderView> headers;
  std::string body;       // empty where the route reads it as it comes (router.h)
  std::string_view peer;  // its numeric address
  bool is_tls = false;
  bool is_authenticated = false;  // showed the server's token, or the server has none
  // A page of another origin sent it, which a browser tells, to a server without a token: it may only read.
  bool is_foreign_page = false;

  // Empty where there is none. Names differ in no case.
  std::string_view header(std::string_view name) const;
};

struct Reply {
  unsigned status = 200;
  std::string body;
  std::string content_type = std::string(kJsonType);
  std::vector<HeaderField> headers = {};  // besides those that every answer has
};

// {"error": reason} with the status.
Reply error_reply(unsigned status, std::string_view reason);

// Whether they are the same but for upper and lower case (ASCII).
bool equal_but_for_case(std::string_view a, std::string_view b);

}  // namespace glucoledger::http
