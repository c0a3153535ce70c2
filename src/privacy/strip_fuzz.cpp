// Stripping takes records from anywhere: whatever goes in, only what is on the list comes out.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "privacy/strip_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  const auto stripped = privacy::strip_observation(base::as_text({data, size}), std::nullopt);
  if (stripped) GL_ASSERT(privacy::unlisted_leaf(fhir::parse_json(*stripped).value()).empty());
  return 0;
}
