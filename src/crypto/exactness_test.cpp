// Every kernel, on the outside vectors and on 100,000 random inputs against the portable one.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "crypto/curl.h"
#include "crypto/links.h"
#include "crypto/simd/kernel.h"
#include "crypto/test_vectors.h"

namespace glucoledger::crypto {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kInputs = 10'000;  // they slow it down tenfold
#else
constexpr std::size_t kInputs = 100'000;
#endif

class Exactness : public testing::TestWithParam<const simd::Kernel*> {
 protected:
  void SetUp() override {
    if (!GetParam()->runs_here()) GTEST_SKIP() << "this CPU lacks " << GetParam()->name;
    ASSERT_TRUE(simd::use_kernel(GetParam()->name));
  }
  void TearDown() override { ASSERT_TRUE(simd::use_kernel(before_)); }

  // What `hash` answers with this kernel, and with the portable one.
  template <class Function>
  void expect_as_portable(Function hash) {
    const auto hashed = hash();
    ASSERT_TRUE(simd::use_kernel("portable"));
    const auto expected = hash();
    ASSERT_TRUE(simd::use_kernel(GetParam()->name));
    EXPECT_EQ(hashed, expected);
  }

  Trits random_trits(std::size_t size) {
    Trits trits(size);
    for (Trit& trit : trits) trit = static_cast<Trit>(static_cast<int>(random_() % 3) - 1);
    return trits;
  }

  std::mt19937 random_{20'191'122};

 private:
  std::string before_ = simd::kernel().name;
};

INSTANTIATE_TEST_SUITE_P(Simd, Exactness, testing::ValuesIn(simd::kernels().begin(), simd::kernels().end()),
                         [](const auto& each) { return std::string(each.param->name); });

TEST_P(Exactness, OutsideVectors) {
  const auto vectors = outside_vectors("trinary.json");
  if (!vectors) GTEST_SKIP() << "no outside test data (GLUCOLEDGER_TEST_DATA)";
  for (const auto& vector : vectors->at("curl")) {
    const Trits input = trits_from_trytes(vector.at("input").get<std::string>());
    EXPECT_EQ(curl_hash(CurlRounds::kP27, input).trytes(), vector.at("curl_p27").get<std::string>());
    EXPECT_EQ(curl_hash(CurlRounds::kP81, input).trytes(), vector.at("curl_p81").get<std::string>());
  }
  for (const auto& bundle : vectors->at("bundles")) {
    for (std::size_t i = 0; i < bundle.at("trytes").size(); ++i) {
      const Trits transaction = trits_from_trytes(bundle.at("trytes")[i].get<std::string>());
      EXPECT_EQ(curl_hash(CurlRounds::kP81, transaction).trytes(),
                bundle.at("transaction_hashes")[i].get<std::string>());
    }
  }
}

TEST_P(Exactness, OneAtATime) {
  const Trits inputs = random_trits(kInputs + 2 * kHashTrits);
  for (const auto rounds : {CurlRounds::kP27, CurlRounds::kP81}) {
    expect_as_portable([&] {
      std::vector<Hash> hashes;
      hashes.reserve(kInputs);
      for (std::size_t i = 0; i < kInputs; ++i) {
        hashes.push_back(curl_hash(rounds, TritView(inputs).subspan(i, 1 + i % kHashTrits)));
      }
      return hashes;
    });
  }
}

TEST_P(Exactness, ManyAtOnce) {
  const Trits inputs = random_trits(kInputs + kHashTrits);
  expect_as_portable([&] {
    std::vector<Link> links(kInputs);
    for (std::size_t i = 0; i < kInputs; ++i) links[i] = pack_link(TritView(inputs).subspan(i, kHashTrits));
    // In lots of every size.
    for (std::size_t begin = 0, count = 1; begin < kInputs; begin += count, count = count % 600 + 1) {
      hash_links(std::span(links).subspan(begin, std::min(count, kInputs - begin)));
    }
    return links;
  });
  for (const std::size_t length : {1U, 243U, 244U, 500U}) {
    const std::size_t count = kInputs / length;
    expect_as_portable([&] {
      std::vector<Hash> hashes(count);
      curl_hash_many(CurlRounds::kP81, TritView(inputs).first(count * length), hashes);
      return hashes;
    });
  }
}

}  // namespace
}  // namespace glucoledger::crypto
