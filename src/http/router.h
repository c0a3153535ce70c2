// Which handler answers which request. Handlers are registered before the server starts, and outlive it.
//
//   router.add({.method = "GET", .path = "/health"}, [](const std::shared_ptr<Responder>& responder) {
//     responder->reply({200, "{}"});
//   });
//
// An exact path goes before a prefix, a longer prefix before a shorter one; paths are compared as they are sent. GET
// answers HEAD, too; OPTIONS is answered here, for every path (CORS, the Fetch standard, 3.2).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/responder.h"

namespace glucoledger::http {

// Called by a thread that moves bytes: what takes a while goes aside (Responder::run_aside).
using Handler = std::function<void(const std::shared_ptr<Responder>& responder)>;

struct Route {
  enum class Body {
    kNone,      // what may come of one is not read
    kWhole,     // read before the handler is called
    kAsItComes  // the handler reads it part by part (Responder::read_body)
  };
  std::string method;
  std::string path;
  bool is_prefix = false;
  bool answers_head = true;  // of GET
  bool needs_token = false;  // 401 without; otherwise the handler looks at Request::is_authenticated
  bool is_for_pages = true;  // answers may be read as the router's Cors says; otherwise by ServerOptions::origins alone
  Body body = Body::kNone;
  std::size_t body_size_max = 0;                                         // 413 beyond
  Reply (*refusal)(unsigned status, std::string_view reason) = nullptr;  // how this route says no; as error_reply()
};

// Which pages of other origins may read the answers.
struct Cors {
  std::string origins;          // "*"; empty: none
  std::string request_headers;  // that they may send
  std::string methods;
};

class Router {
 public:
  void add(Route route, Handler handler);
  // What is answered where nothing is registered; otherwise 404.
  void set_otherwise(Reply reply) { otherwise_ = std::move(reply); }
  void set_cors(Cors cors) { cors_ = std::move(cors); }
  const Cors& cors() const { return cors_; }
  // Called when the server begins to stop: all that is under way for it ends soon.
  void on_stop(std::function<void()> stop) { on_stop_.push_back(std::move(stop)); }

  struct Entry {
    Route route;
    Handler handler;
  };
  struct Match {
    const Entry* entry = nullptr;
    std::optional<Reply> reply;  // where there is no entry
  };
  Match match(std::string_view method, std::string_view path) const;
  void stop() const;

 private:
  // Those of the path that fits best.
  std::vector<const Entry*> at(std::string_view path) const;

  std::vector<std::unique_ptr<Entry>> entries_;
  Reply otherwise_ = error_reply(404, "Not Found");
  Cors cors_;
  std::vector<std::function<void()>> on_stop_;
};

}  // namespace glucoledger::http
