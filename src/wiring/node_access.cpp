#include "wiring/node_access.h"

#include <algorithm>
#include <filesystem>

#include "base/advice.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/limits.h"

namespace glucoledger::wiring {
namespace {

constexpr std::string_view kCaFile = "ledger-ca";
constexpr std::string_view kToken = "ledger-token";

Result<SecretBytes> read_token(const std::string& file) {
  GL_TRY(token, base::read_secret_file(file));
  auto text = token.text();
  if (text.ends_with('\r')) text.remove_suffix(1);
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (text.empty() || text.size() > base::limits::kTokenSizeMax || !is_plain) {
    return fail(ErrorCode::kInputRefused, "the token's file holds no line of printable characters without spaces");
  }
  return SecretBytes(base::to_bytes(text));
}

}  // namespace

Result<http::ClientOptions> read_access(const AccessFiles& files) {
  http::ClientOptions http;
  if (!files.ca_file.empty()) {
    http.ca_file = std::filesystem::absolute(files.ca_file).string();
    std::error_code ignored;
    if (!std::filesystem::exists(http.ca_file, ignored)) {
      return fail(ErrorCode::kNotFound, "there is no file " + http.ca_file, Advice::kNameCertificates);
    }
    GL_CHECK(http::check_certificates(http.ca_file));
  }
  if (!files.token_file.empty()) {
    GL_TRY(token, read_token(files.token_file));
    http.token = std::make_shared<const SecretBytes>(std::move(token));
  }
  return http;
}

http::ClientOptions for_home(http::ClientOptions http) {
  http.token_advice = Advice::kNameTokenForHome;
  http.trust_advice = Advice::kTrustCertificateForHome;
  return http;
}

Result<void> check_needs_access(const locator::Locator& ledger) {
  if (!ledger.is_folder()) return {};
  return fail(ErrorCode::kUsage, "the home's ledger is a folder, which needs neither certificates nor a token",
              Advice::kNameNodesForNewHome);
}

Result<void> store_access(home::Home& home, const http::ClientOptions& http) {
  GL_CHECK(check_needs_access(home.ledger_place()));
  return home.write([&](home::Transaction& transaction) -> Result<void> {
    if (!http.ca_file.empty()) GL_CHECK(home.set_meta(transaction, kCaFile, http.ca_file));
    if (!http.token) return {};
    return home.set_meta(transaction, kToken, base::hex_encode(home.seal(kToken, base::as_bytes(http.token->text()))));
  });
}

Result<NodeAccess> load_access(home::Home& home) {
  NodeAccess access{home.ledger_place(), for_home({})};
  GL_TRY(ca_file, home.meta(kCaFile));
  access.http.ca_file = ca_file.value_or("");
  GL_TRY(sealed, home.meta(kToken));
  if (!sealed) return access;
  GL_TRY(bytes, base::hex_decode(*sealed));
  GL_TRY(token, home.unseal(kToken, bytes));
  access.http.token = std::make_shared<const SecretBytes>(std::move(token));
  return access;
}

}  // namespace glucoledger::wiring
