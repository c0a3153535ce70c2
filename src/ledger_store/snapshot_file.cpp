#include "ledger_store/snapshot_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/limits.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger_store {
namespace {

using base::limits::kSnapshotKeySizeMax;
using base::limits::kSnapshotValueSizeMax;
using ledger::records::encode_integer;

constexpr std::string_view kMagic("\x89GLLS\r\n\x1a", 8);
constexpr std::uint32_t kVersion = 1;
constexpr char kEnd = '\xff';
constexpr std::size_t kDigestSize = 32;
constexpr std::size_t kBufferSize = std::size_t{256} << 10;

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::kCorrupt, "the snapshot is damaged: " + what, "use another one; nothing was restored");
}

snapshot_detail::Digest new_digest() {
  snapshot_detail::Digest context(EVP_MD_CTX_new());
  GL_ASSERT(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  return context;
}

void update(const snapshot_detail::Digest& digest, std::string_view bytes) {
  GL_ASSERT(EVP_DigestUpdate(digest.get(), bytes.data(), bytes.size()) == 1);
}

std::string finish_digest(const snapshot_detail::Digest& digest) {
  std::array<unsigned char, kDigestSize> bytes{};
  GL_ASSERT(EVP_DigestFinal_ex(digest.get(), bytes.data(), nullptr) == 1);
  return std::string(base::as_text(bytes));
}

Result<std::uint64_t> integer(const Result<std::string>& bytes) {
  if (!bytes) return tl::unexpected(bytes.error());
  return ledger::records::decode_integer(*bytes);
}

}  // namespace

void snapshot_detail::FreeDigest::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

SnapshotWriter::SnapshotWriter(base::FileBeside file, snapshot_detail::File out)
    : file_(std::move(file)), out_(std::move(out)), digest_(new_digest()) {
  std::setvbuf(out_.get(), nullptr, _IOFBF, kBufferSize);
}

Result<SnapshotWriter> SnapshotWriter::create(const std::filesystem::path& file) {
  GL_TRY(beside, base::FileBeside::create_new(file, 0600));
  base::Descriptor second(::fcntl(beside.descriptor(), F_DUPFD_CLOEXEC, 0));
  snapshot_detail::File out(second.value() < 0 ? nullptr : ::fdopen(second.value(), "wb"));
  if (!out) return tl::unexpected(base::system_error("cannot create " + file.string()));
  second.release();
  SnapshotWriter writer(std::move(beside), std::move(out));
  GL_CHECK(writer.write(kMagic));
  GL_CHECK(writer.write(encode_integer(kVersion, 4)));
  return writer;
}

Result<void> SnapshotWriter::write(std::string_view bytes) {
  update(digest_, bytes);
  size_ += bytes.size();
  if (std::fwrite(bytes.data(), 1, bytes.size(), out_.get()) == bytes.size()) return {};
  return tl::unexpected(base::system_error("cannot write " + file_.path().string()));
}

Result<void> SnapshotWriter::add(ledger::Column column, std::string_view key, std::string_view value) {
  GL_ASSERT(key.size() <= kSnapshotKeySizeMax && value.size() <= kSnapshotValueSizeMax);
  std::string header(1, static_cast<char>(column));
  header += encode_integer(key.size(), 2) + encode_integer(value.size(), 4);
  GL_CHECK(write(header));
  GL_CHECK(write(key));
  GL_CHECK(write(value));
  ++record_count_;
  return {};
}

Result<void> SnapshotWriter::finish() {
  GL_CHECK(write(std::string(1, kEnd) + encode_integer(record_count_, 8)));
  const std::string digest = finish_digest(digest_);
  const bool written =
      std::fwrite(digest.data(), 1, digest.size(), out_.get()) == digest.size() && std::fflush(out_.get()) == 0;
  if (!written) return tl::unexpected(base::system_error("cannot write " + file_.path().string()));
  size_ += digest.size();
  return file_.place();
}

SnapshotReader::SnapshotReader(snapshot_detail::File in) : in_(std::move(in)), digest_(new_digest()) {
  std::setvbuf(in_.get(), nullptr, _IOFBF, kBufferSize);
}

Result<SnapshotReader> SnapshotReader::open(const std::filesystem::path& file) {
  snapshot_detail::File in(std::fopen(file.c_str(), "rbe"));
  if (!in) return tl::unexpected(base::system_error("cannot open " + file.string()));
  SnapshotReader reader(std::move(in));
  const auto magic = reader.read(kMagic.size());
  if (!magic || *magic != kMagic) {
    return fail(ErrorCode::kInputRefused, file.string() + " is no snapshot of a ledger", "check the file's name");
  }
  GL_TRY(version, integer(reader.read(4)));
  if (version > kVersion) {
    return fail(ErrorCode::kNewerFormat,
                "the snapshot has format version " + std::to_string(version) + ", this program knows " +
                    std::to_string(kVersion),
                "use the newer version of glucoledger that made it");
  }
  if (version == 0) return damaged("it has no version");
  return reader;
}

Result<std::string> SnapshotReader::read(std::size_t size) {
  std::string bytes(size, '\0');
  if (std::fread(bytes.data(), 1, size, in_.get()) != size) {
    if (std::ferror(in_.get()) != 0) return tl::unexpected(base::system_error("cannot read the snapshot"));
    return damaged("it ends too early");
  }
  update(digest_, bytes);
  size_ += size;
  return bytes;
}

Result<std::optional<SnapshotRecord>> SnapshotReader::next() {
  GL_TRY(kind, read(1));
  if (kind[0] == kEnd) {
    GL_CHECK(check_end());
    return std::optional<SnapshotRecord>();
  }
  const auto column = static_cast<unsigned char>(kind[0]);
  GL_TRY(key_size, integer(read(2)));
  GL_TRY(value_size, integer(read(4)));
  if (column >= ledger::kColumnCount || key_size > kSnapshotKeySizeMax || value_size > kSnapshotValueSizeMax) {
    return damaged("a record cannot be one");
  }
  SnapshotRecord record;
  record.column = static_cast<ledger::Column>(column);
  GL_ASSIGN(record.key, read(key_size));
  GL_ASSIGN(record.value, read(value_size));
  if (last_ && std::pair(last_->column, std::string_view(last_->key)) >=
                   std::pair(record.column, std::string_view(record.key))) {
    return damaged("its records are out of order");
  }
  last_ = record;
  ++record_count_;
  return record;
}

Result<void> SnapshotReader::check_end() {
  GL_TRY(count, integer(read(8)));
  if (count != record_count_) return damaged("it holds another number of records than it says");
  const std::string digest = finish_digest(digest_);
  std::string stored(kDigestSize, '\0');
  if (std::fread(stored.data(), 1, stored.size(), in_.get()) != stored.size()) return damaged("it ends too early");
  if (stored != digest) return damaged("its sum does not fit");
  if (std::fgetc(in_.get()) != EOF) return damaged("something follows its end");
  size_ += stored.size();
  return {};
}

}  // namespace glucoledger::ledger_store
