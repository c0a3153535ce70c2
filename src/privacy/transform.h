// What happens to a file's content before it is sealed, and is undone when it is opened: the one table of it.
//
// A transform's code stands in the sealed file's header (docs/formats/sealed-file.md), its name is what people type. To
// add one: a value, a line in the table of transform.cpp, and two streams.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.h"

namespace glucoledger::privacy {

// The codes of files. 2 is kept for the paper's obfuscation.
enum class Transform : std::uint8_t { kNone = 0, kCompress = 1 };

// One way through a transform: takes one side, and gives the other to the writer that it was made with.
class TransformStream {
 public:
  virtual ~TransformStream() = default;
  virtual Result<void> add(ByteView bytes) = 0;
  virtual Result<void> finish() = 0;
};
// `plain_size` is binding. Decoders give exactly that many bytes or fail with kCorrupt, and never give more.
using MakeTransformStream = std::unique_ptr<TransformStream> (*)(std::uint64_t plain_size, base::ByteWriter write);

struct TransformEntry {
  Transform code = Transform::kNone;
  std::string_view name;
  MakeTransformStream encode = nullptr;
  MakeTransformStream decode = nullptr;
};
std::span<const TransformEntry> transforms();
const TransformEntry& entry_of(Transform transform);

// kNewerFormat: a code that this version does not know.
Result<Transform> transform_coded(std::uint8_t code);
// kUsage.
Result<Transform> transform_named(std::string_view name);
std::string_view name_of(Transform transform);
std::vector<std::string> transform_names();

}  // namespace glucoledger::privacy
