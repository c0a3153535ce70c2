// A Merkle mountain range: a list of leaves that only grows, summed up in 32 bytes.
//
// leaf = SHA-256(0x00 | content), node = SHA-256(0x01 | left | right), peaks bagged from right to left; the root is the
// tree head of RFC 6962, of no leaves SHA-256 of nothing. Appending takes about two digests, a proof has at most
// 64 + 64 of them. Pure. Vectors: Certificate Transparency's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace glucoledger::ledger {

using Digest = std::array<std::uint8_t, 32>;

Digest leaf_digest(ByteView content);
Digest node_digest(const Digest& left, const Digest& right);

class MountainRange {
 public:
  MountainRange() = default;
  // `peaks`, highest first, as many as the count has bits (asserted).
  MountainRange(std::uint64_t count, std::vector<Digest> peaks);

  std::uint64_t count() const { return count_; }
  const std::vector<Digest>& peaks() const { return peaks_; }
  Digest root() const;
  // The nodes that the leaf completes, itself first, then each the parent of the one before it.
  std::vector<Digest> append(const Digest& leaf);

 private:
  std::uint64_t count_ = 0;
  std::vector<Digest> peaks_;
};

// Of the leaf number `leaf` (from 0) among `count`: the digests beside its path to the root, lowest first.
struct InclusionPath {
  std::uint64_t leaf = 0;
  std::uint64_t count = 0;
  std::vector<Digest> digests;
};

// The node over the leaves [index << level, (index + 1) << level), all of which are there.
using FindNode = std::function<Result<Digest>(int level, std::uint64_t index)>;
Result<InclusionPath> inclusion_path(std::uint64_t leaf, std::uint64_t count, const FindNode& find_node);
// The root that the path leads to from this leaf; nothing when the path has not the length that leaf and count ask for.
std::optional<Digest> root_of_path(const Digest& leaf, const InclusionPath& path);

}  // namespace glucoledger::ledger
