// Any body gets a status that HTTP knows and a JSON object: never a crash or a hang.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "ledger_store/tangle.h"
#include "node/iri_api.h"

namespace {

constexpr glucoledger::node::IriLimits kLimits = {.attach_min_weight_magnitude_max = 1};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  static const base::SystemClock kClock;
  static const auto kTangle = ledger_store::Tangle::in_memory(1, kClock);
  static node::IriApi api(*kTangle, kClock, kLimits);
  const node::IriReply reply = api.handle(base::as_text({data, size}));
  const bool status_known = reply.status == 200 || reply.status == 400 || reply.status == 500 || reply.status == 503;
  if (!status_known || !nlohmann::json::parse(reply.body, nullptr, false).is_object()) std::abort();
  return 0;
}
