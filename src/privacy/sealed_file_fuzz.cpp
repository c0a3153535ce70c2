// Opening a sealed file, and decompressing what a forger who knows the secret may have put into one.
#include <cstddef>
#include <cstdint>

#include "privacy/compression.h"
#include "privacy/sealed_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace glucoledger;
  constexpr std::size_t kSizeMax = 1 << 20;
  const ByteView input(data, size);
  const SecretBytes secret(privacy::kFileSecretSize);
  const auto opened = privacy::open_file(input, secret, kSizeMax);
  GL_ASSERT(!opened || opened->size() <= kSizeMax);

  std::size_t written = 0;
  privacy::Decompressor decompressor(kSizeMax, [&written](ByteView bytes) -> Result<void> {
    written += bytes.size();
    return {};
  });
  const auto added = decompressor.add(input);
  GL_ASSERT(written <= kSizeMax);
  GL_ASSERT(!added || !decompressor.finish() || written == kSizeMax);
  return 0;
}
