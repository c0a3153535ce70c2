// Where files live under their content identifier (CID): add, read, remove.
//
// Behind it: the embedded store (content_store/). Every block read is verified against its CID. What add() returned is
// on disk, every block of it. Source: https://github.com/multiformats/cid, UnixFS v1, tests/vectors.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace glucoledger::ports {

class ContentStore {
 public:
  virtual ~ContentStore() = default;
  virtual std::string locator() const = 0;
  // CIDv0 text ("Qm", 46 characters).
  virtual Result<std::string> add(ByteView content) = 0;
  // kNotFound: no such root here; kPruned: the root is known, blocks are gone; kCorrupt: a block fails its hash;
  // kInputRefused: not a CID, or larger than `size_max`.
  virtual Result<Bytes> get(std::string_view cid, std::size_t size_max) = 0;
};

}  // namespace glucoledger::ports
