#include "exchange/impatient_ledger.h"

#include <gtest/gtest.h>

namespace glucoledger::exchange {
namespace {

// Says nothing until it is told to stop.
class SilentLedger final : public ports::Ledger {
 public:
  Result<ports::LedgerInfo> info(const base::CancelToken& cancel) override { return silence(cancel); }
  Result<ports::Tips> tips(const base::CancelToken& cancel) override { return silence(cancel); }
  Result<void> submit(std::span<const ledger::Transaction>, const base::CancelToken& cancel) override {
    return silence(cancel);
  }
  Result<ports::ReadEnd> read_into(std::span<const crypto::Hash>, ports::Sink&,
                                   const base::CancelToken& cancel) override {
    return silence(cancel);
  }
  Result<std::vector<bool>> confirmed(std::span<const crypto::Hash>, const base::CancelToken& cancel) override {
    return silence(cancel);
  }
  Result<std::vector<bool>> held(std::span<const crypto::Hash>, const base::CancelToken& cancel) override {
    return silence(cancel);
  }

 private:
  static tl::unexpected<Error> silence(const base::CancelToken& cancel) {
    constexpr std::int64_t kForever = 3'600'000;
    (void)cancel.wait_ms(kForever);
    return tl::unexpected(cancel.check().error());
  }
};

class NoSink final : public ports::Sink {
  void take(std::vector<ledger::Transaction>) override {}
  bool wants(const crypto::Hash&) const override { return true; }
};

TEST(ImpatientLedgerTest, GivesUpEachCallOfOneThatIsSilent) {
  ImpatientLedger ledger(std::make_shared<SilentLedger>(), 1);
  NoSink sink;
  EXPECT_EQ(ledger.info({}).error().code, ErrorCode::kUnreachable);
  EXPECT_EQ(ledger.tips({}).error().code, ErrorCode::kUnreachable);
  EXPECT_EQ(ledger.submit({}, {}).error().code, ErrorCode::kUnreachable);
  EXPECT_EQ(ledger.read_into({}, sink, {}).error().code, ErrorCode::kUnreachable);
  EXPECT_EQ(ledger.confirmed({}, {}).error().code, ErrorCode::kUnreachable);
  EXPECT_EQ(ledger.held({}, {}).error().code, ErrorCode::kUnreachable);
}

TEST(ImpatientLedgerTest, SaysThatItWasStoppedWhereItWas) {
  ImpatientLedger ledger(std::make_shared<SilentLedger>(), 3'600'000);
  base::CancelSource stopped;
  stopped.trip();
  EXPECT_EQ(ledger.submit({}, stopped.token()).error().code, ErrorCode::kInterrupted);
}

}  // namespace
}  // namespace glucoledger::exchange
