// What a stranger may name as a place: never a crash, and what is taken has one text, without anything that a terminal
// or a JSON text could not hold.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "locator/locator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  using locator::Locator;
  const auto text = base::as_text({data, size});
  if (const auto place = Locator::decode(text)) {
    const auto again = Locator::decode(place->text());
    GL_ASSERT(again && *again == *place && again->kind() == place->kind());
    GL_ASSERT(std::all_of(place->text().begin(), place->text().end(),
                          [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }));
    GL_ASSERT(place->is_folder() || (!place->endpoints().empty() && place->text().find('@') == std::string::npos));
  }
  return 0;
}
