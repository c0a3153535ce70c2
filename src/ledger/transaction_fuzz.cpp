// Any text as a transaction: refused, or its fields can be read and it stays the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ledger/transaction.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using glucoledger::ledger::Transaction;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto transaction = Transaction::from_trytes(text);
  if (!transaction) return 0;
  if (transaction->trytes() != text || transaction->current_index() > transaction->last_index()) std::abort();
  if (transaction->timestamp_s() < 0 || transaction->attachment_timestamp_ms() < 0) std::abort();
  if (transaction->essence().size() != 162 || transaction->essence().substr(0, 81) != transaction->address().trytes()) {
    std::abort();
  }
  if (Transaction::from_trytes(transaction->trytes())->hash() != transaction->hash()) std::abort();
  return 0;
}
