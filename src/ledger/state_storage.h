// What the ledger's state machine needs of a store: ordered keys in three columns, read and written as one batch.
//
// A StateBatch lies over a reader: it collects the changes of one command and shows them to what reads through it, so a
// command that fails leaves nothing behind. Batches lie over batches: each of many commands has its own, which is
// absorbed when it succeeds, and all share a commit. Behind it: MemoryStore (tests), RocksDB (ledger_store/).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace glucoledger::ledger {

enum class Column : std::size_t {
  kParameters,  // the ledger's parameters and counters
  kBodies,      // packed transactions by sequence number
  kIndexes,     // everything that finds a body or tells its standing
};
inline constexpr std::size_t kColumnCount = 3;

class StateReader {
 public:
  // Returns false to stop.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  virtual ~StateReader() = default;
  virtual Result<std::optional<std::string>> get(Column column, std::string_view key) const = 0;
  // The keys that begin with `prefix`, in ascending order of bytes.
  virtual Result<void> scan(Column column, std::string_view prefix, const Visitor& visit) const = 0;
  // The same from the first key that is not below `from`, which begins with `prefix` itself. Stores that can seek do.
  virtual Result<void> scan_from(Column column, std::string_view prefix, std::string_view from,
                                 const Visitor& visit) const;
};

class StateBatch final : public StateReader {
 public:
  using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;  // no value: erased

  explicit StateBatch(const StateReader& base) : base_(base) {}
  explicit StateBatch(const StateBatch& base) : base_(base) {}  // lies over it, and is no copy of it
  StateBatch& operator=(const StateBatch&) = delete;
  Result<std::optional<std::string>> get(Column column, std::string_view key) const override;
  Result<void> scan(Column column, std::string_view prefix, const Visitor& visit) const override;
  Result<void> scan_from(Column column, std::string_view prefix, std::string_view from,
                         const Visitor& visit) const override;
  void put(Column column, std::string_view key, std::string_view value);
  void erase(Column column, std::string_view key);
  const Changes& changes(Column column) const { return changes_[static_cast<std::size_t>(column)]; }
  bool empty() const;
  // Takes over the changes of a batch that lies over this one.
  void absorb(StateBatch&& upper);

 private:
  const StateReader& base_;
  std::array<Changes, kColumnCount> changes_;
};

// Keeps all in memory. Not thread-safe.
class MemoryStore final : public StateReader {
 public:
  using Content = std::map<std::string, std::string, std::less<>>;

  Result<std::optional<std::string>> get(Column column, std::string_view key) const override;
  Result<void> scan(Column column, std::string_view prefix, const Visitor& visit) const override;
  Result<void> scan_from(Column column, std::string_view prefix, std::string_view from,
                         const Visitor& visit) const override;
  Result<void> commit(const StateBatch& batch);  // all of the changes
  const Content& content(Column column) const { return content_[static_cast<std::size_t>(column)]; }

 private:
  std::array<Content, kColumnCount> content_;
};

}  // namespace glucoledger::ledger
