#include "http/router.h"

namespace glucoledger::http {
namespace {

bool answers(const Route& route, std::string_view method) {
  return method == route.method || (method == "HEAD" && route.method == "GET" && route.answers_head);
}

}  // namespace

void Router::add(Route route, Handler handler) {
  if (route.refusal == nullptr) route.refusal = error_reply;
  entries_.push_back(std::make_unique<Entry>(Entry{std::move(route), std::move(handler)}));
}

std::vector<const Router::Entry*> Router::at(std::string_view path) const {
  std::vector<const Entry*> best;
  std::size_t best_length = 0;  // an exact path counts one more than a prefix of its length
  for (const auto& entry : entries_) {
    const Route& route = entry->route;
    const bool is_exact = path == route.path;
    if (!is_exact && !(route.is_prefix && path.starts_with(route.path))) continue;
    const std::size_t length = route.path.size() + (route.is_prefix ? 1 : 2);
    if (length > best_length) best.clear();
    if (length < best_length) continue;
    best_length = length;
    best.push_back(entry.get());
  }
  return best;
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  const auto found = at(path);
  for (const Entry* entry : found) {
    if (answers(entry->route, method)) return {entry, std::nullopt};
  }
  if (found.empty() && method != "OPTIONS") return {nullptr, otherwise_};
  std::string methods;
  for (const Entry* entry : found) {
    methods += ", " + entry->route.method;
    if (answers(entry->route, "HEAD") && entry->route.method != "HEAD") methods += ", HEAD";
  }
  const HeaderField allow{"Allow", "OPTIONS" + methods};
  if (method == "OPTIONS") return {nullptr, Reply{204, "", "", {allow}}};
  Reply refusal = found.front()->route.refusal(405, "Method Not Allowed: use " + methods.substr(2));
  refusal.headers.push_back(allow);
  return {nullptr, std::move(refusal)};
}

void Router::stop() const {
  for (const auto& stop : on_stop_) stop();
}

}  // namespace glucoledger::http
