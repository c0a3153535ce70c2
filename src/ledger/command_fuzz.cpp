// Commands from outside: what is decoded has the one encoding that it came in, and whatever one leads to after another,
// the state stands verification.
//
// The input: 'e' for an empty store, anything else for a ledger that was made; then commands, each after its size in 2
// bytes.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "ledger/command.h"
#include "ledger/verify.h"

namespace {

using namespace glucoledger;
using namespace glucoledger::ledger;

Parameters parameters() {
  Parameters result;
  result.network_id = Bytes(kNetworkIdSize, 7);
  result.min_weight_magnitude = 1;
  return result;
}

void check(bool holds) {
  if (!holds) std::abort();
}

std::optional<Parameters> parameters_of(const MemoryStore& store) {
  auto read = read_parameters(store);
  if (read) return std::move(*read);
  check(read.error().code == ErrorCode::kNotFound);
  return std::nullopt;
}

void run(MemoryStore& store, std::string_view bytes) {
  const auto now = parameters_of(store);
  const auto command = decode_command(bytes, now);
  if (!command) return;
  check(encode(*command) == bytes);
  StateBatch batch(store);
  const auto outcome = apply(batch, now, *command);
  check(outcome || outcome.error().code == ErrorCode::kInputRefused || outcome.error().code == ErrorCode::kNotFound);
  if (outcome) check(store.commit(batch).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  MemoryStore store;
  const auto take = [&rest](std::size_t count) {
    const std::string_view taken = rest.substr(0, count);
    rest.remove_prefix(taken.size());
    return taken;
  };
  if (take(1) != "e") run(store, encode(Command{CreateLedger{parameters()}}));
  while (!rest.empty()) {
    const std::string_view length = take(2);
    if (length.size() < 2) break;
    const auto high = static_cast<std::uint8_t>(length[0]);
    const auto low = static_cast<std::uint8_t>(length[1]);
    run(store, take((std::size_t{high} << 8 | low) & 0x3fff));
  }
  if (!parameters_of(store)) return 0;
  const auto report = verify(store, {});
  check(report && report->sound());
  return 0;
}
