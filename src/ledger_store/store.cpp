#include "ledger_store/store.h"

#include <mutex>

namespace glucoledger::ledger_store {
namespace {

class VolatileView final : public ledger::StateReader {
 public:
  VolatileView(std::shared_mutex& mutex, const ledger::MemoryStore& content) : lock_(mutex), content_(content) {}
  Result<std::optional<std::string>> get(ledger::Column column, std::string_view key) const override {
    return content_.get(column, key);
  }
  Result<void> scan(ledger::Column column, std::string_view prefix, const Visitor& visit) const override {
    return content_.scan(column, prefix, visit);
  }
  Result<void> scan_from(ledger::Column column, std::string_view prefix, std::string_view from,
                         const Visitor& visit) const override {
    return content_.scan_from(column, prefix, from, visit);
  }

 private:
  std::shared_lock<std::shared_mutex> lock_;
  const ledger::MemoryStore& content_;
};

}  // namespace

Result<Store::View> VolatileStore::view() {
  return std::make_unique<const VolatileView>(mutex_, content_);
}

Result<void> VolatileStore::commit(const ledger::StateBatch& batch) {
  const std::lock_guard guard(mutex_);
  return content_.commit(batch);
}

}  // namespace glucoledger::ledger_store
