// After a channel is gone, nothing of its seed and its keys is left in the memory of the process: all that can be
// written to (heap, stack, data) is searched.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <unordered_map>

#include "crypto/simd/kernel.h"
#include "mam/mam.h"
#include "mam/one_time_signature.h"

namespace glucoledger::mam {
namespace {

using crypto::Curl;
using crypto::CurlRounds;
using crypto::kHashTrits;

// What is looked for is kept with every bit flipped, or the search would find what it looks for.
using Flipped = Bytes;

Flipped flipped(const void* data, std::size_t size) {
  Flipped bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::uint8_t>(~static_cast<const std::uint8_t*>(data)[i]);
  return bytes;
}

class Needles {
 public:
  void add(const char* what, Flipped bytes) {
    std::uint64_t begin;
    std::memcpy(&begin, bytes.data(), sizeof begin);
    needles_.emplace(begin, Needle{what, std::move(bytes)});
  }
  std::size_t size() const { return needles_.size(); }

  // What is found between two addresses.
  void search(const std::uint8_t* at, const std::uint8_t* end, std::vector<std::string>& found) const {
    for (; end - at >= 8; ++at) {
      std::uint64_t begin;
      std::memcpy(&begin, at, sizeof begin);
      const auto [first, last] = needles_.equal_range(~begin);
      for (auto it = first; it != last; ++it) {
        const Flipped& bytes = it->second.bytes;
        if (static_cast<std::size_t>(end - at) < bytes.size()) continue;
        const auto same = [](std::uint8_t a, std::uint8_t b) { return a == static_cast<std::uint8_t>(~b); };
        if (std::equal(bytes.begin(), bytes.end(), at, same)) found.emplace_back(it->second.what);
      }
    }
  }

 private:
  struct Needle {
    const char* what;
    Flipped bytes;
  };
  std::unordered_multimap<std::uint64_t, Needle> needles_;
};

std::vector<std::string> search_memory(const Needles& needles) {
  std::vector<std::string> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char permissions[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, permissions) != 3) continue;
    if (permissions[0] != 'r' || permissions[1] != 'w') continue;
    std::vector<std::string> here;
    needles.search(reinterpret_cast<const std::uint8_t*>(begin), reinterpret_cast<const std::uint8_t*>(end), here);
    for (const auto& what : here) found.push_back(what + " in " + line);
  }
  return found;
}

constexpr std::uint64_t kKeys = 5;
constexpr std::size_t kLinkBytes = 30;  // of a plane, those without the bits behind trit 242

struct Secret {
  const char* what;
  std::size_t size;
};
constexpr Secret kSeedText{"the seed's trytes", 81};
constexpr Secret kSeedTrits{"the trits of seed + index", kHashTrits};
constexpr Secret kSegmentTrits{"the trits of a key's segment", kHashTrits};
constexpr Secret kSegmentPlane{"a plane of a key's segment", kLinkBytes};

// Calls take(secret, its bytes) for all that must not be left; written anew, step by step, as the format has it.
template <class Take>
void derive_secrets(const SecretTrytes& seed, Take take) {
  take(kSeedText, seed.trytes().data());
  auto subseed = crypto::trits_from_trytes(seed.trytes());
  for (std::uint64_t index = 0; index < kKeys; ++index) {
    take(kSeedTrits, subseed.data());
    Curl curl(CurlRounds::kP27);
    curl.absorb(subseed);
    const crypto::Trits key(curl.rate().begin(), curl.rate().end());
    curl.reset();
    curl.absorb(key);
    for (std::size_t k = 0; k < 2 * kSegmentsPerLevel; ++k, curl.transform()) {
      take(kSegmentTrits, curl.rate().data());
      const auto link = crypto::pack_link(curl.rate());
      take(kSegmentPlane, link.low);
      take(kSegmentPlane, link.high);
    }
    for (auto& trit : subseed) {
      if (++trit <= 1) break;
      trit = -1;
    }
  }
}

// In a process of its own, whose memory goes with it.
Needles needles_of(const SecretTrytes& seed) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    derive_secrets(seed, [&](const Secret& secret, const void* data) {
      const Flipped bytes = flipped(data, secret.size);
      if (::write(ends[1], bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) ::_exit(1);
    });
    ::_exit(0);
  }
  ::close(ends[1]);
  Needles needles;
  const auto take = [&](const Secret& secret) {
    Flipped bytes(secret.size);
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const auto count = ::read(ends[0], bytes.data() + filled, bytes.size() - filled);
      ASSERT_GT(count, 0);
      filled += static_cast<std::size_t>(count);
    }
    needles.add(secret.what, std::move(bytes));
  };
  take(kSeedText);
  for (std::uint64_t index = 0; index < kKeys; ++index) {
    take(kSeedTrits);
    for (std::size_t k = 0; k < 2 * kSegmentsPerLevel; ++k) {
      take(kSegmentTrits);
      take(kSegmentPlane);
      take(kSegmentPlane);
    }
  }
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return needles;
}

// The search does find what is there: the seed, its trits, and a segment of a key in each form.
[[gnu::noinline]] void expect_to_find(const Needles& needles, const SecretTrytes& seed) {
  WipedTrits<kHashTrits> trits;
  crypto::trits_from_trytes(seed.trytes(), trits);
  Curl curl(CurlRounds::kP27);
  curl.absorb(trits);
  WipedTrits<kHashTrits> key;
  std::copy_n(curl.rate().begin(), kHashTrits, key.begin());
  curl.reset();
  curl.absorb(key);
  crypto::SecretLinks segment(1);
  segment.all()[0] = crypto::pack_link(curl.rate());
  EXPECT_GE(search_memory(needles).size(), 5U);
  curl.wipe();
}

[[gnu::noinline]] void use(const Channel& channel) {
  ASSERT_TRUE(create(channel, 0, "TEST"));
  ASSERT_TRUE(create(channel, 1, std::string(1714, 'A')));
  static_cast<void>(root_at(channel, 2));
  ChannelCursor cursor(channel, 0);
  ASSERT_TRUE(cursor.create("TEST"));
  cursor.expect(3);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(cursor.create("TEST"));
}

// So far down the stack that what is called afterwards writes over nothing.
template <class Function>
[[gnu::noinline]] void call_deep(std::size_t bytes_down, Function function) {
  if (bytes_down == 0) return function();
  volatile char gap[4096] = {};
  call_deep(bytes_down - sizeof gap, function);
  gap[0] = 1;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsWatched = true;
#else
constexpr bool kMemoryIsWatched = false;
#endif

class WipedByEveryKernel : public testing::TestWithParam<const crypto::simd::Kernel*> {
 protected:
  void TearDown() override { ASSERT_TRUE(crypto::simd::use_kernel(before_)); }
  std::string before_ = crypto::simd::kernel().name;
};
INSTANTIATE_TEST_SUITE_P(Mam, WipedByEveryKernel,
                         testing::ValuesIn(crypto::simd::kernels().begin(), crypto::simd::kernels().end()),
                         [](const auto& each) { return std::string(each.param->name); });

TEST_P(WipedByEveryKernel, NothingIsLeftOfSeedAndKeys) {
  if (kMemoryIsWatched) GTEST_SKIP() << "sanitizers keep too much memory to be searched";
  if (!GetParam()->runs_here()) GTEST_SKIP() << "this CPU lacks " << GetParam()->name;
  ASSERT_TRUE(crypto::simd::use_kernel(GetParam()->name));
  Needles needles;
  {
    const Channel channel{SecretTrytes::random(), SecretTrytes::random()};
    needles = needles_of(channel.seed);
    EXPECT_EQ(needles.size(), 1 + kKeys * (1 + 3 * 2 * kSegmentsPerLevel));
    expect_to_find(needles, channel.seed);
    call_deep(1 << 17, [&] { use(channel); });
    call_deep(1 << 18, [&] { static_cast<void>(root_at(channel, 0)); });
  }
  for (const auto& what : search_memory(needles)) ADD_FAILURE() << what;
}

}  // namespace
}  // namespace glucoledger::mam
