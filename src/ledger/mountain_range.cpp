#include "ledger/mountain_range.h"

#include <openssl/evp.h>

#include <bit>
#include <memory>
#include <span>

namespace glucoledger::ledger {
namespace {

constexpr std::uint8_t kLeafTag = 0;
constexpr std::uint8_t kNodeTag = 1;

Digest sha256(std::initializer_list<ByteView> parts) {
  static EVP_MD* const kMethod = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Digest digest{};
  bool ok = context && EVP_DigestInit_ex2(context.get(), kMethod, nullptr) == 1;
  for (const ByteView part : parts) ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  ok = ok && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  GL_ASSERT(ok);
  return digest;
}

// The root over [begin, end), and what stands beside the way to one leaf in it. RFC 6962, 2.1.1.
std::uint64_t split_of(std::uint64_t count) {
  return std::bit_floor(count - 1);
}

Result<Digest> root_over(std::uint64_t begin, std::uint64_t end, const FindNode& find_node) {
  const std::uint64_t count = end - begin;
  if (std::has_single_bit(count)) {
    const int level = std::countr_zero(count);
    return find_node(level, begin >> level);
  }
  const std::uint64_t split = begin + split_of(count);
  GL_TRY(left, root_over(begin, split, find_node));
  GL_TRY(right, root_over(split, end, find_node));
  return node_digest(left, right);
}

}  // namespace

Digest leaf_digest(ByteView content) {
  return sha256({ByteView(&kLeafTag, 1), content});
}

Digest node_digest(const Digest& left, const Digest& right) {
  return sha256({ByteView(&kNodeTag, 1), left, right});
}

MountainRange::MountainRange(std::uint64_t count, std::vector<Digest> peaks) : count_(count), peaks_(std::move(peaks)) {
  GL_ASSERT(peaks_.size() == static_cast<std::size_t>(std::popcount(count_)));
}

Digest MountainRange::root() const {
  if (peaks_.empty()) return sha256({});
  Digest root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_digest(peaks_[i], root);
  return root;
}

std::vector<Digest> MountainRange::append(const Digest& leaf) {
  std::vector<Digest> nodes{leaf};
  for (std::uint64_t merges = count_; (merges & 1) != 0; merges >>= 1) {
    nodes.push_back(node_digest(peaks_.back(), nodes.back()));
    peaks_.pop_back();
  }
  peaks_.push_back(nodes.back());
  ++count_;
  return nodes;
}

Result<InclusionPath> inclusion_path(std::uint64_t leaf, std::uint64_t count, const FindNode& find_node) {
  GL_ASSERT(leaf < count);
  InclusionPath path{leaf, count, {}};
  std::uint64_t begin = 0;
  std::uint64_t end = count;
  while (end - begin > 1) {
    const std::uint64_t split = begin + split_of(end - begin);
    const bool is_left = leaf < split;
    GL_TRY(beside, is_left ? root_over(split, end, find_node) : root_over(begin, split, find_node));
    path.digests.insert(path.digests.begin(), beside);
    (is_left ? end : begin) = split;
  }
  return path;
}

std::optional<Digest> root_of_path(const Digest& leaf, const InclusionPath& path) {
  if (path.leaf >= path.count) return std::nullopt;
  std::vector<bool> is_left;  // from the root down
  std::uint64_t begin = 0;
  std::uint64_t end = path.count;
  while (end - begin > 1) {
    const std::uint64_t split = begin + split_of(end - begin);
    is_left.push_back(path.leaf < split);
    (is_left.back() ? end : begin) = split;
  }
  if (path.digests.size() != is_left.size()) return std::nullopt;
  Digest root = leaf;
  for (std::size_t i = 0; i < path.digests.size(); ++i) {
    const Digest& beside = path.digests[i];
    root = is_left[is_left.size() - 1 - i] ? node_digest(root, beside) : node_digest(beside, root);
  }
  return root;
}

}  // namespace glucoledger::ledger
