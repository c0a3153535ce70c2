#include "ledger/state_storage.h"

#include <algorithm>

namespace glucoledger::ledger {
namespace {

std::size_t number(Column column) {
  return static_cast<std::size_t>(column);
}

}  // namespace

Result<void> StateReader::scan_from(Column column, std::string_view prefix, std::string_view from,
                                    const Visitor& visit) const {
  return scan(column, prefix,
              [&](std::string_view key, std::string_view value) { return key < from || visit(key, value); });
}

Result<std::optional<std::string>> StateBatch::get(Column column, std::string_view key) const {
  const Changes& own = changes(column);
  if (const auto found = own.find(key); found != own.end()) return found->second;
  return base_.get(column, key);
}

Result<void> StateBatch::scan(Column column, std::string_view prefix, const Visitor& visit) const {
  return scan_from(column, prefix, prefix, visit);
}

Result<void> StateBatch::scan_from(Column column, std::string_view prefix, std::string_view from,
                                   const Visitor& visit) const {
  const Changes& own = changes(column);
  auto next = own.lower_bound(from);
  bool going = true;
  const auto visit_own_before = [&](std::optional<std::string_view> limit) {
    while (going && next != own.end() && next->first.starts_with(prefix) && (!limit || next->first < *limit)) {
      if (next->second) going = visit(next->first, *next->second);
      ++next;
    }
  };
  GL_CHECK(base_.scan_from(column, prefix, from, [&](std::string_view key, std::string_view value) {
    visit_own_before(key);
    if (!going) return false;
    if (next != own.end() && next->first == key) return true;  // changed here: visited in its turn
    going = visit(key, value);
    return going;
  }));
  visit_own_before(std::nullopt);
  return {};
}

void StateBatch::absorb(StateBatch&& upper) {
  GL_ASSERT(&upper.base_ == this);
  for (std::size_t column = 0; column < kColumnCount; ++column) {
    Changes& own = changes_[column];
    Changes& more = upper.changes_[column];
    while (!more.empty()) {
      auto placed = own.insert(more.extract(more.begin()));
      if (!placed.inserted) placed.position->second = std::move(placed.node.mapped());
    }
  }
}

void StateBatch::put(Column column, std::string_view key, std::string_view value) {
  changes_[number(column)].insert_or_assign(std::string(key), std::string(value));
}

void StateBatch::erase(Column column, std::string_view key) {
  changes_[number(column)].insert_or_assign(std::string(key), std::nullopt);
}

bool StateBatch::empty() const {
  return std::all_of(changes_.begin(), changes_.end(), [](const Changes& changes) { return changes.empty(); });
}

Result<std::optional<std::string>> MemoryStore::get(Column column, std::string_view key) const {
  const auto found = content(column).find(key);
  if (found == content(column).end()) return std::nullopt;
  return found->second;
}

Result<void> MemoryStore::scan(Column column, std::string_view prefix, const Visitor& visit) const {
  return scan_from(column, prefix, prefix, visit);
}

Result<void> MemoryStore::scan_from(Column column, std::string_view prefix, std::string_view from,
                                    const Visitor& visit) const {
  const Content& all = content(column);
  for (auto next = all.lower_bound(from); next != all.end() && next->first.starts_with(prefix); ++next) {
    if (!visit(next->first, next->second)) break;
  }
  return {};
}

Result<void> MemoryStore::commit(const StateBatch& batch) {
  for (std::size_t column = 0; column < kColumnCount; ++column) {
    for (const auto& [key, value] : batch.changes(static_cast<Column>(column))) {
      if (value) {
        content_[column].insert_or_assign(key, *value);
      } else {
        content_[column].erase(key);
      }
    }
  }
  return {};
}

}  // namespace glucoledger::ledger
