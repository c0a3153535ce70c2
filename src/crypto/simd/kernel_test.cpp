#include "crypto/simd/kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <set>
#include <vector>

#include "crypto/curl.h"
#include "crypto/proof_of_work.h"
#include "crypto/simd/lane_buffer.h"
#include "crypto/test_vectors.h"

namespace glucoledger::crypto::simd {
namespace {

using State = std::array<std::int8_t, kPaddedStateTrits>;

State random_state(std::mt19937& random) {
  State state{};
  for (std::size_t i = 0; i < kStateTrits; ++i) state[i] = static_cast<std::int8_t>(static_cast<int>(random() % 3) - 1);
  return state;
}

// Every kernel of this build; skips the ones that this CPU does not have.
class EveryKernel : public testing::TestWithParam<const Kernel*> {
 protected:
  void SetUp() override {
    if (!GetParam()->runs_here()) GTEST_SKIP() << "this CPU lacks " << GetParam()->name;
    ASSERT_TRUE(use_kernel(GetParam()->name));
  }
  void TearDown() override { ASSERT_TRUE(use_kernel(before_)); }

 private:
  std::string before_ = kernel().name;
};

INSTANTIATE_TEST_SUITE_P(Simd, EveryKernel, testing::ValuesIn(kernels().begin(), kernels().end()),
                         [](const auto& each) { return std::string(each.param->name); });

TEST_P(EveryKernel, IsTheOneInUse) {
  EXPECT_EQ(&kernel(), GetParam());
}

TEST_P(EveryKernel, EqualsTheReferenceClients) {
  const auto vectors = own_vectors("trinary.json");
  ASSERT_FALSE(vectors.at("curl").empty());
  for (const auto& vector : vectors.at("curl")) {
    const Trits input = trits_from_trytes(vector.at("input").get<std::string>());
    EXPECT_EQ(curl_hash(CurlRounds::kP27, input).trytes(), vector.at("curl_p27").get<std::string>());
    EXPECT_EQ(curl_hash(CurlRounds::kP81, input).trytes(), vector.at("curl_p81").get<std::string>());
  }
}

TEST_P(EveryKernel, HashesAsThePortableOne) {
  std::mt19937 random(1);
  for (int repetition = 0; repetition < 20'000; ++repetition) {
    const State start = random_state(random);
    for (const int rounds : {27, 81}) {
      State expected = start;
      State state = start;
      kPortableKernel.transform(expected.data(), rounds);
      GetParam()->transform(state.data(), rounds);
      ASSERT_EQ(state, expected) << rounds << " rounds, repetition " << repetition;
    }
  }
}

TEST_P(EveryKernel, HashesInputsOfOddLengthsAsThePortableOne) {
  std::mt19937 random(2);
  for (std::size_t length = 0; length < 1000; length += 1 + random() % 7) {
    Trits input(length);
    for (Trit& trit : input) trit = static_cast<Trit>(static_cast<int>(random() % 3) - 1);
    for (const auto rounds : {CurlRounds::kP27, CurlRounds::kP81}) {
      const Hash hash = curl_hash(rounds, input);
      ASSERT_TRUE(use_kernel("portable"));
      EXPECT_EQ(hash, curl_hash(rounds, input)) << length << " trits";
      ASSERT_TRUE(use_kernel(GetParam()->name));
    }
  }
}

TEST_P(EveryKernel, HashesAnyNumberOfLinksAsThePortableOneHashesEach) {
  std::mt19937 random(3);
  for (std::size_t count = 0; count < 600; count += 1 + count / 5) {
    std::vector<Link> links(count + 1);
    std::vector<State> states(count + 1);
    for (std::size_t k = 0; k <= count; ++k) {
      states[k] = random_state(random);
      std::fill(states[k].begin() + kHashTrits, states[k].end(), std::int8_t{0});
      links[k] = pack_link(std::span(states[k]).first(kHashTrits));
    }
    const Link behind = links.back();
    GetParam()->hash_links(links.data(), count);
    EXPECT_EQ(links.back(), behind);
    for (std::size_t k = 0; k < count; ++k) {
      kPortableKernel.transform(states[k].data(), 27);
      ASSERT_EQ(links[k], pack_link(std::span(states[k]).first(kHashTrits))) << "link " << k << " of " << count;
      std::array<Trit, kHashTrits> trits;
      unpack_link(links[k], trits);
      ASSERT_TRUE(std::equal(trits.begin(), trits.end(), states[k].begin()));
    }
  }
}

TEST_P(EveryKernel, HashesManyInputsAsEachAlone) {
  std::mt19937 random(6);
  for (const std::size_t length : {0, 1, 100, 243, 486, 500, 8019}) {
    for (const std::size_t count : {0, 1, 2, 3, 4, 5, 7, 100}) {
      Trits inputs(length * count);
      for (Trit& trit : inputs) trit = static_cast<Trit>(static_cast<int>(random() % 3) - 1);
      for (const auto rounds : {CurlRounds::kP27, CurlRounds::kP81}) {
        std::vector<Hash> hashes(count);
        curl_hash_many(rounds, inputs, hashes);
        for (std::size_t k = 0; k < count; ++k) {
          Curl alone(rounds);
          alone.absorb(TritView(inputs).subspan(k * length, length));
          ASSERT_EQ(hashes[k], Hash::from_trits(alone.rate()))
              << k << " of " << count << " with " << length << " trits";
        }
      }
    }
  }
}

std::size_t zeros_at_the_end(const State& hashed) {
  std::size_t zeros = 0;
  while (zeros < kHashTrits && hashed[kHashTrits - 1 - zeros] == 0) ++zeros;
  return zeros;
}

// The first hit of all, and no other: every nonce before it is hashed one by one.
TEST_P(EveryKernel, SearchMissesNothing) {
  std::mt19937 random(4);
  LaneBuffer scratch(GetParam()->search_scratch_words);
  int hits = 0;
  for (int repetition = 0; repetition < 6; ++repetition) {
    const State start = random_state(random);
    const int magnitude = 5 + repetition % 4;
    const auto hit = GetParam()->search(start.data(), magnitude, scratch.data());
    SearchHit expected;
    for (std::size_t inner = 0; inner < kSearchInner && !expected.found; ++inner) {
      for (std::size_t lane = 0; lane < GetParam()->search_lanes && !expected.found; ++lane) {
        State state = start;
        write_search_digits({true, inner, lane}, state.data() + kSearchNonceAt);
        kPortableKernel.transform(state.data(), 81);
        if (zeros_at_the_end(state) >= static_cast<std::size_t>(magnitude)) expected = {true, inner, lane};
      }
    }
    ASSERT_EQ(hit.found, expected.found);
    EXPECT_EQ(hit.inner, expected.inner);
    EXPECT_EQ(hit.lane, expected.lane);
    hits += hit.found ? 1 : 0;
  }
  EXPECT_GT(hits, 0);
}

TEST(Kernel, SearchStepsChangeOneTritAtATimeAndMissNone) {
  std::set<std::array<int, kSearchInnerTrits>> seen;
  std::array<int, kSearchInnerTrits> before{};
  for (std::size_t inner = 0; inner < kSearchInner; ++inner) {
    std::array<int, kSearchInnerTrits> trits{};
    for (std::size_t i = 0; i < kSearchInnerTrits; ++i) trits[i] = search_inner_trit(inner, i);
    EXPECT_TRUE(seen.insert(trits).second);
    int changes = 0;
    for (std::size_t i = 0; i < kSearchInnerTrits; ++i) changes += trits[i] != before[i] ? 1 : 0;
    EXPECT_TRUE(inner == 0 || changes == 1);
    before = trits;
  }
}

TEST_P(EveryKernel, SearchEndsAtAnyMagnitude) {
  std::mt19937 random(5);
  const State start = random_state(random);
  LaneBuffer scratch(GetParam()->search_scratch_words);
  for (const int magnitude : {0, 1, 2}) EXPECT_TRUE(GetParam()->search(start.data(), magnitude, scratch.data()).found);
  for (const int magnitude : {60, 242, 243}) {
    EXPECT_FALSE(GetParam()->search(start.data(), magnitude, scratch.data()).found);
  }
}

TEST_P(EveryKernel, StaysUnderAMebibyteAThread) {
  EXPECT_LT(GetParam()->search_scratch_words * sizeof(std::uint64_t), std::size_t{1} << 20);
}

TEST_P(EveryKernel, IsRefusedWhenItErrs) {
  Kernel wrong = *GetParam();
  wrong.transform = [](std::int8_t* state, int) { state[0] = 0; };
  EXPECT_FALSE(is_usable(wrong));
  wrong = *GetParam();
  wrong.search = [](const std::int8_t*, int, std::uint64_t*) { return SearchHit{true, 0, 0}; };
  EXPECT_FALSE(is_usable(wrong));
  wrong = *GetParam();
  wrong.hash_links = [](Link*, std::size_t) {};
  EXPECT_FALSE(is_usable(wrong));
  wrong = *GetParam();
  wrong.hash = [](const std::int8_t*, std::size_t, std::size_t, int, std::int8_t*) {};
  EXPECT_FALSE(is_usable(wrong));
  EXPECT_TRUE(is_usable(*GetParam()));
}

TEST(Kernel, UnknownNamesChangeNothing) {
  const std::string before = kernel().name;
  EXPECT_FALSE(use_kernel("fastest"));
  EXPECT_FALSE(use_kernel(""));
  EXPECT_EQ(kernel().name, before);
}

TEST(Kernel, NamesOfTheEnvironmentAreRefusedWhenTheyCannotBeHad) {
  const char* before = std::getenv("GLUCOLEDGER_KERNEL");
  const std::string kept = before != nullptr ? before : "";
  setenv("GLUCOLEDGER_KERNEL", "fastest", 1);
  EXPECT_EQ(refused_kernel(), "fastest");
  for (const char* name : {"", "portable"}) {
    setenv("GLUCOLEDGER_KERNEL", name, 1);
    EXPECT_EQ(refused_kernel(), std::nullopt);
  }
  setenv("GLUCOLEDGER_KERNEL", kept.c_str(), 1);
  EXPECT_EQ(usable_kernel_names().find("portable"), 0);
}

}  // namespace
}  // namespace glucoledger::crypto::simd
