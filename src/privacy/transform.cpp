#include "privacy/transform.h"

#include <algorithm>
#include <array>
#include <utility>

#include "privacy/compression.h"

namespace glucoledger::privacy {
namespace {

// The content itself, held to its length.
class PlainStream final : public TransformStream {
 public:
  PlainStream(std::uint64_t size, base::ByteWriter write) : missing_(size), write_(std::move(write)) {}

  Result<void> add(ByteView bytes) override {
    if (bytes.size() > missing_) return wrong_length();
    missing_ -= bytes.size();
    return bytes.empty() ? Result<void>{} : write_(bytes);
  }
  Result<void> finish() override { return missing_ == 0 ? Result<void>{} : wrong_length(); }

 private:
  static Result<void> wrong_length() {
    return fail(ErrorCode::kCorrupt, "the sealed file's content is not what its header declares");
  }
  std::uint64_t missing_;
  base::ByteWriter write_;
};

template <typename Stream>
std::unique_ptr<TransformStream> make(std::uint64_t plain_size, base::ByteWriter write) {
  return std::make_unique<Stream>(plain_size, std::move(write));
}

constexpr std::array<TransformEntry, 2> kTransforms = {{
    {Transform::kNone, "none", make<PlainStream>, make<PlainStream>},
    {Transform::kCompress, "compress", make<Compressor>, make<Decompressor>},
}};

}  // namespace

std::span<const TransformEntry> transforms() {
  return kTransforms;
}

const TransformEntry& entry_of(Transform transform) {
  const auto* const found = std::find_if(kTransforms.begin(), kTransforms.end(),
                                         [&](const TransformEntry& entry) { return entry.code == transform; });
  GL_ASSERT(found != kTransforms.end());
  return *found;
}

Result<Transform> transform_coded(std::uint8_t code) {
  for (const auto& entry : kTransforms) {
    if (static_cast<std::uint8_t>(entry.code) == code) return entry.code;
  }
  return fail(
      ErrorCode::kNewerFormat,
      "this sealed file uses transform " + std::to_string(code) + ", which this version of glucoledger does not know",
      "open it with a newer version");
}

Result<Transform> transform_named(std::string_view name) {
  for (const auto& entry : kTransforms) {
    if (entry.name == name) return entry.code;
  }
  std::string known;
  for (const auto& entry : kTransforms) known.append(known.empty() ? "" : " or ").append(entry.name);
  return fail(ErrorCode::kUsage, "there is no transform of this name", "use " + known);
}

std::string_view name_of(Transform transform) {
  return entry_of(transform).name;
}

std::vector<std::string> transform_names() {
  std::vector<std::string> names;
  names.reserve(kTransforms.size());
  for (const auto& entry : kTransforms) names.emplace_back(entry.name);
  return names;
}

}  // namespace glucoledger::privacy
