// For tests: files of secrets, and certificates that the test makes.
#pragma once

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/test_folder.h"
#include "http/tls_context.h"

namespace glucoledger::http {

class SecretFolder {
 public:
  std::filesystem::path write(const std::string& name, std::string_view content, unsigned mode) const {
    const std::filesystem::path path = folder_ / name;
    EXPECT_TRUE(base::write_file_atomic(path, base::as_bytes(content), mode));
    return path;
  }

 private:
  base::TestFolder folder_;
};

inline std::string pem_of(const std::function<int(BIO*)>& write) {
  BIO* memory = ::BIO_new(::BIO_s_mem());
  EXPECT_EQ(write(memory), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  ::BIO_free(memory);
  return text;
}

// A self-signed certificate and its key, in the folder.
inline TlsFiles make_certificate(const SecretFolder& folder, const std::string& name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = ::X509_new();
  ::X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  ::X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  ::X509_set_pubkey(certificate, key);
  ::X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  ::X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  EXPECT_NE(::X509_sign(certificate, key, ::EVP_sha256()), 0);
  const std::string certificate_text = pem_of([&](BIO* bio) { return ::PEM_write_bio_X509(bio, certificate); });
  const std::string key_text =
      pem_of([&](BIO* bio) { return ::PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
  ::X509_free(certificate);
  ::EVP_PKEY_free(key);
  return {folder.write("tls.crt", certificate_text, 0644), folder.write("tls.key", key_text, 0600)};
}

}  // namespace glucoledger::http
