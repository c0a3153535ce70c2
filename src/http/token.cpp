#include "http/token.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/advice.h"
#include "base/file.h"
#include "base/limits.h"
#include "http/message.h"

namespace glucoledger::http {
namespace {

constexpr std::string_view kScheme = "bearer ";
constexpr ::mode_t kForbidden = S_IWGRP | S_IXGRP | S_IRWXO;

std::array<std::uint8_t, 32> digest_of(std::string_view token) {
  std::array<std::uint8_t, 32> digest{};
  const ByteView bytes = base::as_bytes(token);
  ::SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

}  // namespace

Result<void> check_secret_file(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return tl::unexpected(base::system_error("cannot read " + path.string()));
  if ((status.st_mode & kForbidden) == 0) return {};
  return fail(ErrorCode::kUsage, path.string() + " is a secret, and others may read or change it",
              "chmod 600 it; its group may read it at most (640)");
}

Result<TokenCheck> TokenCheck::from_file(const std::filesystem::path& path) {
  GL_CHECK(check_secret_file(path));
  GL_TRY(content, base::read_secret_file(path));
  const std::string_view token = base::as_text({content.data(), content.size()});
  const bool is_printable = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (token.size() < base::limits::kTokenSizeMin || token.size() > base::limits::kTokenSizeMax || !is_printable) {
    return fail(ErrorCode::kUsage, "the token file holds no token: one line of 16 to 4,096 printable characters",
                Advice::kMakeToken);
  }
  TokenCheck check;
  check.digest_ = digest_of(token);
  return check;
}

bool TokenCheck::allows(std::string_view authorization) const {
  if (!digest_) return true;
  if (authorization.size() <= kScheme.size() || !equal_but_for_case(authorization.substr(0, kScheme.size()), kScheme))
    return false;
  const auto given = digest_of(authorization.substr(kScheme.size()));
  return ::CRYPTO_memcmp(given.data(), digest_->data(), given.size()) == 0;
}

}  // namespace glucoledger::http
