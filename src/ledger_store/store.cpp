#include "ledger_store/store.h"

namespace glucoledger::ledger_store {
namespace {

class VolatileView final : public ledger::StateReader {
 public:
  VolatileView(base::SharedHold hold, const ledger::MemoryStore& content) : hold_(std::move(hold)), content_(content) {}
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
  base::SharedHold hold_;
  const ledger::MemoryStore& content_;
};

}  // namespace

Result<Store::View> VolatileStore::view() {
  base::SharedHold hold(mutex_);
  hold.check(mutex_);
  return std::make_unique<const VolatileView>(std::move(hold), content_);
}

Result<void> VolatileStore::commit(const ledger::StateBatch& batch) {
  const base::ExclusiveLock alone(mutex_);
  return content_.commit(batch);
}

}  // namespace glucoledger::ledger_store
