#include "http/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

#include "base/advice.h"
#include "base/file.h"
#include "http/token.h"

namespace glucoledger::http {
namespace {

struct PemContent {
  bool certificate = false;
  bool key = false;
  bool encrypted = false;
};

Result<PemContent> look_into(const std::filesystem::path& path) {
  GL_TRY(content, base::read_secret_file(path));
  const std::string_view text = base::as_text({content.data(), content.size()});
  const auto has = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  return PemContent{has("CERTIFICATE-----"), has("PRIVATE KEY-----"), has("ENCRYPTED")};
}

Result<void> check_contents(const TlsFiles& files) {
  GL_TRY(certificate, look_into(files.certificate));
  GL_TRY(key, look_into(files.key));
  if (!certificate.certificate && certificate.key && key.certificate && !key.key) {
    return fail(ErrorCode::kUsage, "the files of the certificate and of its key are in each other's place",
                "exchange them");
  }
  if (!certificate.certificate) {
    return fail(ErrorCode::kUsage, files.certificate.string() + " holds no certificate", Advice::kGiveTlsCertificate);
  }
  if (!key.key) return fail(ErrorCode::kUsage, files.key.string() + " holds no private key", Advice::kGiveTlsKey);
  if (key.encrypted) {
    return fail(ErrorCode::kUsage, "the key in " + files.key.string() + " is locked by a passphrase",
                "write it without one: openssl pkey -in FILE -out NEW_FILE; chmod 600 NEW_FILE");
  }
  return check_secret_file(files.key);
}

std::string openssl_reason() {
  const char* reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  return reason == nullptr ? "its PEM is damaged" : reason;
}

}  // namespace

void TlsContextFree::operator()(ssl_ctx_st* context) const {
  ::SSL_CTX_free(context);
}

Result<TlsContext> read_tls(const TlsFiles& files) {
  GL_CHECK(check_contents(files));
  TlsContext context(::SSL_CTX_new(::TLS_server_method()));
  if (!context) return fail(ErrorCode::kFailed, "TLS cannot be set up: " + openssl_reason());
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  ::SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds none
  // Of TLS 1.2 what is authenticated and forgets its keys: no CBC, no RSA key exchange.
  ::SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20");
  ::ERR_clear_error();
  if (::SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return fail(ErrorCode::kUsage,
                "the certificate in " + files.certificate.string() + " cannot be used: " + openssl_reason(),
                Advice::kGiveTlsCertificate);
  }
  const bool is_key = ::SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) == 1;
  if (!is_key && ERR_GET_LIB(::ERR_peek_last_error()) != ERR_LIB_X509) {
    return fail(ErrorCode::kUsage, "the key in " + files.key.string() + " cannot be used: " + openssl_reason(),
                Advice::kGiveTlsKey);
  }
  if (!is_key || ::SSL_CTX_check_private_key(context.get()) != 1) {
    ::ERR_clear_error();
    return fail(ErrorCode::kUsage,
                "the key in " + files.key.string() + " is not that of the certificate in " + files.certificate.string(),
                "name two files that were made together: openssl x509 -noout -pubkey -in CERTIFICATE and openssl pkey "
                "-pubout -in KEY print the same");
  }
  return context;
}

}  // namespace glucoledger::http
