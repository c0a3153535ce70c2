#include "node/event_streams.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "node/event_feed.h"
#include "node/iri_api.h"
#include "node/iri_fields.h"

namespace glucoledger::node {
namespace {

constexpr std::size_t kEventsAtOnce = 256;
constexpr std::size_t kShares = 4;  // so that who has one leaves room for others

// Where a query says that events are to begin. Anything else in it is refused: with a name that is misspelt the stream
// would begin now, and what came before would be missed.
Result<std::string_view> events_after(std::string_view query) {
  constexpr std::string_view kAfter = "after=";
  std::string_view after;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    if (parameter.empty()) continue;
    if (!parameter.starts_with(kAfter) || parameter == kAfter || !after.empty()) {
      return refused("unknown query " + excerpt(parameter) +
                     ": events take after=SEQUENCE-MILESTONE, once, and nothing else");
    }
    after = parameter.substr(kAfter.size());
  }
  return after;
}

class EventStream final : public http::ReplyStream {
 public:
  EventStream(ledger_store::Reader& tangle, NodeMetrics& metrics, EventStart start)
      : tangle_(tangle), metrics_(metrics), position_(start.position), greeting_(std::move(start.text)) {}
  ~EventStream() override { --metrics_.event_streams; }
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  Part next() override {
    if (!greeting_.empty()) return {State::kMore, std::exchange(greeting_, {})};
    const ledger::Position before = position_;
    auto text = read_events(tangle_, position_, kEventsAtOnce);
    if (!text) return {State::kEnds, end_text(text.error().message)};
    const bool goes_on = position_ != before;  // perhaps all of these were pruned
    return {goes_on ? State::kMore : State::kWaits, std::move(*text)};
  }
  std::string heartbeat() override { return ":\n\n"; }
  std::optional<std::string> farewell() override { return end_text("the node stops"); }

 private:
  static std::string end_text(const std::string& reason) { return event_text("end", error_reply(503, reason).body); }

  ledger_store::Reader& tangle_;
  NodeMetrics& metrics_;
  ledger::Position position_;
  std::string greeting_;
};

}  // namespace

void EventStreams::answer(const std::shared_ptr<http::Responder>& responder) {
  const http::Request& request = responder->request();
  const auto asked = events_after(request.query);
  if (!asked) return responder->refuse(400, "Bad Request: " + asked.error().message);
  const std::string_view resumed = request.header("Last-Event-ID");
  auto start = start_events(tangle_, resumed.empty() ? *asked : resumed);
  if (!start) {
    return responder->refuse(start.error().code == ErrorCode::kInputRefused ? 400 : 500, start.error().message);
  }
  {
    const base::MutexLock lock(mutex_);
    std::erase_if(open_, [](const Open& one) { return one.responder.expired(); });
    const auto own =
        std::count_if(open_.begin(), open_.end(), [&](const Open& one) { return one.peer == request.peer; });
    if (open_.size() >= streams_max_ ||
        static_cast<std::size_t>(own) >= std::max<std::size_t>(1, streams_max_ / kShares)) {
      return responder->refuse(503, "too many event streams are open");
    }
    open_.push_back({std::string(request.peer), responder});
  }
  ++metrics_.event_streams;
  auto stream = std::make_unique<EventStream>(tangle_, metrics_, std::move(*start));
  responder->reply({200, "", "text/event-stream", {{"Cache-Control", "no-store"}}}, std::move(stream),
                   {.size = std::nullopt, .until_close = true});
}

void EventStreams::wake() {
  if (metrics_.event_streams == 0) return;
  std::vector<std::shared_ptr<http::Responder>> open;
  {
    const base::MutexLock lock(mutex_);
    for (const auto& one : open_) {
      if (auto responder = one.responder.lock()) open.push_back(std::move(responder));
    }
  }
  for (const auto& responder : open) responder->wake();
}

void EventStreams::stop() {
  const base::MutexLock lock(mutex_);
  open_.clear();
}

}  // namespace glucoledger::node
