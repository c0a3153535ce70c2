#include "privacy/sealed_file_format.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>

namespace glucoledger::privacy {
namespace {

// As PNG's: a first byte that is no text, and line ends that a careless transfer would change.
constexpr std::array<std::uint8_t, 8> kMagic = {0x89, 'G', 'L', 'S', 'F', '\r', '\n', 0x1a};
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNoncePrefixSize = 7;
constexpr std::string_view kInfo = "glucoledger/file/1";

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

// What OpenSSL can refuse here is only memory or a broken installation.
void require(int code) {
  GL_ASSERT(code == 1);
}

int as_int(std::size_t size) {
  return static_cast<int>(size);
}

}  // namespace

Bytes encode_sealed_header(const SealedHeader& header) {
  Bytes bytes(kSealedHeaderSize);
  auto out = std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
  *out++ = kVersion;
  *out++ = header.transform;
  out = std::copy(header.salt.begin(), header.salt.end(), out);
  for (int shift = 56; shift >= 0; shift -= 8) *out++ = static_cast<std::uint8_t>(header.plain_size >> shift);
  std::copy(header.commitment.begin(), header.commitment.end(), out);
  return bytes;
}

Result<SealedHeader> decode_sealed_header(ByteView bytes) {
  if (bytes.size() < kMagic.size() + 1 || !std::equal(kMagic.begin(), kMagic.end(), bytes.begin())) {
    return fail(ErrorCode::kCorrupt, "this is not a sealed file, or its beginning is damaged");
  }
  const std::uint8_t version = bytes[kMagic.size()];
  if (version > kVersion) {
    return fail(ErrorCode::kNewerFormat,
                "this sealed file was made by a newer version of glucoledger (sealed file format " +
                    std::to_string(version) + ", this one knows " + std::to_string(kVersion) + ")",
                "open it with that version");
  }
  if (version == 0 || bytes.size() < kSealedHeaderSize) {
    return fail(ErrorCode::kCorrupt, "the beginning of the sealed file is damaged or cut off");
  }
  SealedHeader header;
  auto in = bytes.begin() + kMagic.size() + 1;
  header.transform = *in++;
  in += std::copy_n(in, header.salt.size(), header.salt.begin()) - header.salt.begin();
  for (int i = 0; i < 8; ++i) header.plain_size = header.plain_size << 8 | *in++;
  std::copy_n(in, header.commitment.size(), header.commitment.begin());
  return header;
}

SealedFileKeys derive_sealed_file_keys(const SecretBytes& secret, ByteView salt) {
  GL_ASSERT(secret.size() == kFileSecretSize);
  SecretBytes output(kKeySize + kNoncePrefixSize + kSealedCommitmentSize);
  struct FreeKdf {
    void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
  };
  const std::unique_ptr<EVP_KDF, FreeKdf> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(EVP_KDF_CTX_new(kdf.get()));
  const auto octets = [](const char* name, ByteView bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
  };
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 5> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      octets(OSSL_KDF_PARAM_KEY, secret.view()), octets(OSSL_KDF_PARAM_SALT, salt),
      octets(OSSL_KDF_PARAM_INFO, base::as_bytes(kInfo)), OSSL_PARAM_construct_end()};
  require(EVP_KDF_derive(context.get(), output.data(), output.size(), parameters.data()));

  const auto bytes = output.view();
  const auto prefix = bytes.subspan(kKeySize, kNoncePrefixSize);
  const auto commitment = bytes.last(kSealedCommitmentSize);
  return {SecretBytes::copy_of(bytes.first(kKeySize)), Bytes(prefix.begin(), prefix.end()),
          Bytes(commitment.begin(), commitment.end())};
}

ChunkCipher::ChunkCipher(SealedFileKeys keys, ByteView encoded_header) : keys_(std::move(keys)) {
  ::SHA256(encoded_header.data(), encoded_header.size(), header_hash_.data());
}

std::array<std::uint8_t, 12> ChunkCipher::next_nonce(bool last) {
  std::array<std::uint8_t, 12> nonce{};
  auto out = std::copy(keys_.nonce_prefix.begin(), keys_.nonce_prefix.end(), nonce.begin());
  for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<std::uint8_t>(counter_ >> shift);
  *out = last ? 1 : 0;
  ++counter_;
  GL_ASSERT(counter_ != 0);
  return nonce;
}

void ChunkCipher::seal(ByteView plain, bool last, Bytes& out) {
  const auto nonce = next_nonce(last);
  out.resize(plain.size() + kSealedTagSize);
  const CipherContext context(EVP_CIPHER_CTX_new());
  int written = 0;
  require(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, keys_.key.data(), nonce.data()));
  require(EVP_EncryptUpdate(context.get(), nullptr, &written, header_hash_.data(), as_int(header_hash_.size())));
  written = 0;
  if (!plain.empty()) {
    require(EVP_EncryptUpdate(context.get(), out.data(), &written, plain.data(), as_int(plain.size())));
  }
  require(EVP_EncryptFinal_ex(context.get(), out.data() + written, &written));
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kSealedTagSize, out.data() + plain.size()));
}

Result<void> ChunkCipher::open(ByteView sealed, bool last, Bytes& out) {
  const auto corrupt = [&out] {
    out.clear();
    return fail(ErrorCode::kCorrupt, "the sealed file is damaged, cut off or was changed");
  };
  if (sealed.size() < kSealedTagSize) return corrupt();
  const auto nonce = next_nonce(last);
  const auto content = sealed.first(sealed.size() - kSealedTagSize);
  std::array<std::uint8_t, kSealedTagSize> tag{};
  std::copy(sealed.end() - kSealedTagSize, sealed.end(), tag.begin());
  out.resize(content.size());
  const CipherContext context(EVP_CIPHER_CTX_new());
  int written = 0;
  require(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, keys_.key.data(), nonce.data()));
  require(EVP_DecryptUpdate(context.get(), nullptr, &written, header_hash_.data(), as_int(header_hash_.size())));
  if (!content.empty()) {
    require(EVP_DecryptUpdate(context.get(), out.data(), &written, content.data(), as_int(content.size())));
  }
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kSealedTagSize, tag.data()));
  std::array<std::uint8_t, kSealedTagSize> rest{};  // GCM leaves nothing for the end
  if (EVP_DecryptFinal_ex(context.get(), rest.data(), &written) != 1) return corrupt();
  return {};
}

}  // namespace glucoledger::privacy
