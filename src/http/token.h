// Who may do everything: with a token file, those who send `Authorization: Bearer TOKEN`.
//
// Compared in constant time, by digests; the token itself is not kept.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace glucoledger::http {

class TokenCheck {
 public:
  TokenCheck() = default;  // no token: everyone may do everything
  // The file's first line: 16 to 4,096 printable characters without spaces (base/limits.h). kUsage: otherwise; or a
  // file that others than its owner and group may read, or others than its owner may change.
  static Result<TokenCheck> from_file(const std::filesystem::path& path);
  bool has_token() const { return digest_.has_value(); }
  // `authorization`: the value of that header field, empty where there is none.
  bool allows(std::string_view authorization) const;

 private:
  std::optional<std::array<std::uint8_t, 32>> digest_;
};

// kUsage when others than the owner and the group may read a secret's file, or others than the owner may change it.
Result<void> check_secret_file(const std::filesystem::path& path);

}  // namespace glucoledger::http
