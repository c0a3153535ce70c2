// Roots of Certificate Transparency's reference tree (RFC 6962; the vectors of its Go and C++ implementations).
#include "ledger/mountain_range.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>

namespace glucoledger::ledger {
namespace {

const std::vector<std::string> kLeaves{
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> kRoots{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

Digest leaf(std::size_t i) {
  return leaf_digest(*base::hex_decode(kLeaves[i]));
}

TEST(MountainRangeTest, HasTheRootsOfRfc6962) {
  MountainRange range;
  for (std::size_t count = 0; count <= kLeaves.size(); ++count) {
    EXPECT_EQ(base::hex_encode(range.root()), kRoots[count]);
    EXPECT_EQ(range.count(), count);
    if (count < kLeaves.size()) range.append(leaf(count));
  }
}

TEST(MountainRangeTest, ProvesEachLeafAndNothingElse) {
  constexpr std::uint64_t kCount = 70;
  MountainRange range;
  std::map<std::pair<int, std::uint64_t>, Digest> nodes;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    int level = 0;
    for (const Digest& node : range.append(leaf_digest(base::as_bytes(std::to_string(i))))) {
      nodes[{level, i >> level}] = node;
      ++level;
    }
    const std::uint64_t count = i + 1;
    const auto find_node = [&](int of_level, std::uint64_t index) -> Result<Digest> {
      return nodes.at({of_level, index});
    };
    for (std::uint64_t k = 0; k < count; ++k) {
      const Digest own = leaf_digest(base::as_bytes(std::to_string(k)));
      InclusionPath path = *inclusion_path(k, count, find_node);
      EXPECT_EQ(root_of_path(own, path), range.root());
      EXPECT_NE(root_of_path(leaf_digest(base::as_bytes("other")), path), range.root());
      path.leaf = count;
      EXPECT_FALSE(root_of_path(own, path));
      path.leaf = k;
      path.digests.push_back(own);
      EXPECT_FALSE(root_of_path(own, path));
    }
  }
}

}  // namespace
}  // namespace glucoledger::ledger
