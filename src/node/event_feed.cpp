#include "node/event_feed.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace glucoledger::node {
namespace {

using Json = nlohmann::ordered_json;

template <typename Integer>
bool parse_integer(std::string_view text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::string id_line(const ledger::Position& position) {
  return "id: " + std::to_string(position.sequence) + "-" + std::to_string(position.milestone) + "\n";
}

Json data_of(const ledger::History::Entry& entry) {
  const ledger::Transaction& transaction = entry.transaction;
  return {{"sequence", entry.sequence},
          {"hash", transaction.hash().trytes()},
          {"address", transaction.address().trytes()},
          {"bundle", transaction.bundle().trytes()},
          {"tag", transaction.tag()},
          {"currentIndex", transaction.current_index()},
          {"lastIndex", transaction.last_index()},
          {"timestamp", transaction.timestamp_s()}};
}

Json data_of(const ledger::Milestone& milestone) {
  return {{"index", milestone.index}, {"hash", milestone.hash.trytes()}, {"time", milestone.time_ms}};
}

}  // namespace

std::optional<ledger::Position> parse_event_id(std::string_view id) {
  const std::size_t dash = id.find('-');
  ledger::Position position;
  if (dash == std::string_view::npos || !parse_integer(id.substr(0, dash), position.sequence) ||
      !parse_integer(id.substr(dash + 1), position.milestone)) {
    return std::nullopt;
  }
  return position;
}

std::string event_text(std::string_view name, const std::string& data) {
  return "event: " + std::string(name) + "\ndata: " + data + "\n\n";
}

Result<EventStart> start_events(ledger_store::Reader& reader, std::string_view id) {
  GL_TRY(latest, reader.latest_position());
  const auto asked = id.empty() ? std::optional(latest) : parse_event_id(id);
  if (!asked) {
    return fail(ErrorCode::kInputRefused, "the position of events is SEQUENCE-MILESTONE, as an event's id gave it");
  }
  const std::string greeting = ": events follow\n\n";
  if (asked->sequence <= latest.sequence && asked->milestone <= latest.milestone) return EventStart{*asked, greeting};
  return EventStart{latest, greeting + event_text("reset", R"({"reason":"the ledger is not as long as that"})")};
}

Result<std::string> read_events(ledger_store::Reader& reader, ledger::Position& position, std::size_t count_max) {
  GL_TRY(history, reader.history_after(position, count_max));
  std::string text;
  for (const ledger::History::Entry& entry : history.transactions) {
    text += id_line({entry.sequence, position.milestone}) + event_text("transaction", data_of(entry).dump());
  }
  for (const ledger::Milestone& milestone : history.milestones) {
    text += id_line({history.end.sequence, milestone.index}) + event_text("milestone", data_of(milestone).dump());
  }
  position = history.end;
  return text;
}

}  // namespace glucoledger::node
