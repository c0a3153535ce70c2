// What creating and opening take of the heap: under a mebibyte, and no allocation a hash.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "mam/mam.h"

namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> bytes_now{0};
std::atomic<std::size_t> bytes_max{0};

void* counted(void* memory) {
  if (memory == nullptr) std::abort();
  ++allocations;
  bytes_now += ::malloc_usable_size(memory);
  if (bytes_now > bytes_max) bytes_max = bytes_now.load();
  return memory;
}
void uncounted(void* memory) {
  if (memory == nullptr) return;
  bytes_now -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(std::malloc(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(align, (size + align - 1) / align * align));
}
void operator delete(void* memory) noexcept {
  uncounted(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  uncounted(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  uncounted(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  uncounted(memory);
}

namespace glucoledger::mam {
namespace {

constexpr std::size_t kMebibyte = 1 << 20;

struct Used {
  std::size_t allocations;
  std::size_t bytes_max;
};
template <class Function>
Used used_by(Function function) {
  const std::size_t allocations_before = allocations;
  const std::size_t bytes_before = bytes_now;
  bytes_max = bytes_before;
  function();
  return {allocations - allocations_before, bytes_max - bytes_before};
}

Channel example_channel(int security) {
  return {SecretTrytes::random(), SecretTrytes::random(), Mode::kRestricted, security};
}

TEST(MamMemory, IsCounted) {
  const Used used = used_by([] { std::vector<char>(1000).front() = 1; });
  EXPECT_EQ(used.allocations, 1U);
  EXPECT_GE(used.bytes_max, 1000U);
}

// 750 hashes a key at security 1, 2,250 at security 3.
TEST(MamMemory, CreatingAllocatesNothingForAHash) {
  for (int security = 1; security <= 3; ++security) {
    const Channel channel = example_channel(security);
    const Used used = used_by([&] { ASSERT_TRUE(create(channel, 0, std::string(1714, 'A'))); });
    EXPECT_LT(used.bytes_max, kMebibyte) << "security " << security;
    EXPECT_LE(used.allocations, 10U) << "security " << security;
  }
}

TEST(MamMemory, ACursorStaysSmallHoweverManyMessagesCome) {
  const Channel channel = example_channel(2);
  ChannelCursor cursor(channel, 0);
  cursor.expect(40);
  const Used used = used_by([&] {
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(cursor.create(std::string(1714, 'A')));
  });
  EXPECT_LT(used.bytes_max, kMebibyte);
  EXPECT_LE(used.allocations, 40U * 20U);
}

TEST(MamMemory, OpeningAllocatesNothingForAHash) {
  for (int security = 1; security <= 3; ++security) {
    const Channel channel = example_channel(security);
    const auto created = create(channel, 0, std::string(1714, 'A'));
    ASSERT_TRUE(created);
    const Used used =
        used_by([&] { ASSERT_TRUE(open(created->payload, created->root, channel.mode, channel.side_key)); });
    EXPECT_LT(used.bytes_max, kMebibyte) << "security " << security;
    EXPECT_LE(used.allocations, 10U) << "security " << security;
  }
}

}  // namespace
}  // namespace glucoledger::mam
