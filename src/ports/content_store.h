// Where files live under their content identifier (CID): name, add, read, ask for, remove.
//
// Behind it: the embedded store in a folder (content_store/). Contents are streams: no implementation holds a file as a
// whole. The calls with Bytes are for those who do.
// What get() gives is verified against the CID piece by piece, and what add() returned is durable, every block of it.
// Who must know a file's name before its bytes leave asks cid_of() first: add() of the same bytes gives the same.
// kUnreachable: it may be repeated, as not all was done. Long calls end with kInterrupted once their token is
// cancelled. Thread-safe. Source: https://github.com/multiformats/cid, UnixFS v1, tests/vectors/ipfs.json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_stream.h"
#include "base/cancel.h"
#include "locator/locator.h"

namespace glucoledger::ports {

struct FileStatus {
  enum class State {
    kAbsent,      // nothing of it is here: never added, or removed
    kIncomplete,  // some of its blocks are missing
    kPresent,
  };
  State state = State::kAbsent;
  std::uint64_t size = 0;  // of its content; 0 where the store cannot tell
  bool pinned = false;     // kept until it is removed
};

class ContentStore {
 public:
  virtual ~ContentStore() = default;
  virtual const locator::Locator& locator() const = 0;

  // The CID of a content, CIDv0 text ("Qm", 46 characters); nothing is stored and nobody is asked.
  virtual Result<std::string> cid_of(const base::ByteReader& content, const base::CancelToken& cancel = {}) = 0;
  // Takes the content, pinned, and gives its CID. Nothing of it is here after an error. kInputRefused: larger than
  // limits::kContentSizeMax. `content` must not use the store.
  virtual Result<std::string> add(const base::ByteReader& content, const base::CancelToken& cancel = {}) = 0;
  // What was written is genuine, but may be only a beginning: it counts once this has returned without error.
  // kNotFound: no such root here; kPruned: the root is known, blocks are gone; kCorrupt: a block fails its hash;
  // kInputRefused: not a CID, not a file, or larger than `size_max`.
  virtual Result<void> get(std::string_view cid, std::uint64_t size_max, const base::ByteWriter& write,
                           const base::CancelToken& cancel = {}) = 0;
  // Blocks that other files need stay. kNotFound: no such root was ever here; twice is no error.
  virtual Result<void> remove(std::string_view cid, const base::CancelToken& cancel = {}) = 0;
  // What the store knows of a file that was added, without reading the whole of it: hashes are not checked. Of a root
  // inside another file's tree it may read all. kInputRefused: not a CID.
  virtual Result<FileStatus> stat(std::string_view cid, const base::CancelToken& cancel = {}) = 0;

  // For contents that are in memory anyway.
  Result<std::string> cid_of(ByteView content, const base::CancelToken& cancel = {}) {
    return cid_of(base::reader_of(content), cancel);
  }
  Result<std::string> add(ByteView content, const base::CancelToken& cancel = {}) {
    return add(base::reader_of(content), cancel);
  }
  Result<Bytes> get(std::string_view cid, std::uint64_t size_max, const base::CancelToken& cancel = {}) {
    Bytes content;
    GL_CHECK(get(cid, size_max, base::writer_to(content), cancel));
    return content;
  }
};

}  // namespace glucoledger::ports
