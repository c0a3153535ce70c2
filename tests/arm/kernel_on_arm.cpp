// The portable kernel's self-test (every function against the format's description), as a program without libraries
// that scripts/check-arm builds for another CPU and runs there or in an emulator.
#include <cstdio>
#include <cstring>

#include "crypto/simd/kernel.h"

// All that the kernels take from libsodium.
extern "C" void sodium_memzero(void* const data, const std::size_t size) {
  std::memset(data, 0, size);
}

int main() {
  using namespace glucoledger::crypto::simd;
  std::printf("kernels: %s\n", usable_kernel_names().c_str());
  return is_usable(kPortableKernel) && kernels().size() == 1 ? 0 : 1;
}
