// The live feed as text: what a client of GET /events reads, from any position of the ledger on.
//
//   id: SEQUENCE-MILESTONE          the position after this event; goes into Last-Event-ID to resume
//   event: transaction              data: {"sequence","hash","address","bundle","tag","currentIndex","lastIndex",
//   event: milestone                       "timestamp"}    data: {"index","hash","time"}
//
// A milestone comes after all transactions that it confirms. What was pruned meanwhile is left out.
// Source: server-sent events, the WHATWG HTML standard, 9.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/history.h"
#include "ledger_store/reader.h"

namespace glucoledger::node {

std::optional<ledger::Position> parse_event_id(std::string_view id);
std::string event_text(std::string_view name, const std::string& data);

struct EventStart {
  ledger::Position position;
  std::string text;  // what a stream says first
};
// Where the stream begins that a client asks for by the id of the last event it knows; empty: now. kInputRefused for
// what is no id; a position that this ledger has not reached becomes the latest one, and an event says so.
Result<EventStart> start_events(ledger_store::Reader& reader, std::string_view id);

// The events after `position`, which is moved on. Empty when there are none, and for a stretch of pruned transactions:
// there is nothing more only when the position stays.
Result<std::string> read_events(ledger_store::Reader& reader, ledger::Position& position, std::size_t count_max);

}  // namespace glucoledger::node
