// Who may do what, and TLS: over a certificate that the test makes.
#include "node/access.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>

#include "base/file.h"
#include "base/test_folder.h"
#include "node/test_server.h"

namespace glucoledger::node {
namespace {

constexpr const char* kToken = "a-token-of-some-length";

class Folder {
 public:
  std::filesystem::path write(const std::string& name, std::string_view content, unsigned mode) const {
    const std::filesystem::path path = folder_ / name;
    EXPECT_TRUE(base::write_file_atomic(path, base::as_bytes(content), mode));
    return path;
  }

 private:
  base::TestFolder folder_;
};

std::string pem_of(const std::function<int(BIO*)>& write) {
  BIO* memory = ::BIO_new(::BIO_s_mem());
  EXPECT_EQ(write(memory), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  ::BIO_free(memory);
  return text;
}

// A self-signed certificate and its key, in the folder.
TlsFiles make_certificate(const Folder& folder, const std::string& name) {
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

// Sends a request through TLS; the server's name in its certificate, a line, and the answer. Empty when refused.
std::string ask_by_tls(std::uint16_t port, const std::string& request, int version_max = TLS1_3_VERSION) {
  const RawConnection connection(port);
  SSL_CTX* context = ::SSL_CTX_new(::TLS_client_method());
  SSL_CTX_set_max_proto_version(context, version_max);
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  ::SSL_CTX_set_security_level(context, 0);
  SSL* tls = ::SSL_new(context);
  ::SSL_set_fd(tls, connection.descriptor());
  std::string answer;
  if (::SSL_connect(tls) == 1) {
    X509* certificate = ::SSL_get1_peer_certificate(tls);
    std::array<char, 64> name{};
    ::X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
    ::X509_free(certificate);
    answer = std::string(name.data()) + "\n";
    EXPECT_GT(::SSL_write(tls, request.data(), static_cast<int>(request.size())), 0);
    std::array<char, 4096> buffer{};
    for (int size = 1; size > 0;) {
      size = ::SSL_read(tls, buffer.data(), buffer.size());
      if (size > 0) answer.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }
  ::SSL_free(tls);
  ::SSL_CTX_free(context);
  return answer;
}

TEST(Token, IsComparedAsAWhole) {
  const Folder folder;
  const auto access = Access::from_token_file(folder.write("token", std::string(kToken) + "\n", 0600));
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_TRUE(access->has_token());
  const std::string token = kToken;
  EXPECT_TRUE(access->allows_everything("Bearer " + token));
  EXPECT_TRUE(access->allows_everything("bearer " + token));
  for (const std::string& bad :
       std::vector<std::string>{"", token, "Bearer", "Bearer ", "Bearer " + token + "x", "Bearer " + token.substr(1),
                                "Bearer  " + token, "Basic " + token}) {
    EXPECT_FALSE(access->allows_everything(bad)) << bad;
  }
  EXPECT_TRUE(Access().allows_everything(""));
}

TEST(Token, IsReadFromAFileOfItsOwnerOnly) {
  const Folder folder;
  EXPECT_TRUE(Access::from_token_file(folder.write("group", kToken, 0640)));
  EXPECT_FALSE(Access::from_token_file(folder.write("others", kToken, 0644)));
  const auto writable = folder.write("writable", kToken, 0600);
  std::filesystem::permissions(writable, std::filesystem::perms::group_write, std::filesystem::perm_options::add);
  EXPECT_FALSE(Access::from_token_file(writable));
  EXPECT_FALSE(Access::from_token_file(folder.write("short", "abc", 0600)));
  EXPECT_FALSE(Access::from_token_file(folder.write("spaces", "two words of a token", 0600)));
  EXPECT_FALSE(Access::from_token_file(folder.write("long", std::string(2'000, 'a'), 0600)));
  EXPECT_FALSE(Access::from_token_file("/nowhere/token"));
}

class AccessToServer : public ServerTest {
 protected:
  void SetUp() override {
    start({});
    service_->set_access(*Access::from_token_file(folder_.write("token", kToken, 0600)));
  }
  std::string ask(const std::string& body, const std::string& fields) const {
    return raw(http_post(body, "Connection: close\r\n" + fields));
  }
  const Folder folder_;
  const std::string bearer_ = std::string("Authorization: Bearer ") + kToken + "\r\n";
};

TEST_F(AccessToServer, ReadingIsForEveryone) {
  for (const char* name :
       {"getNodeInfo", "getNodeAPIConfiguration", "getTips", "getTransactionsToApprove", "findTransactions",
        "getTrytes", "getInclusionStates", "checkConsistency", "getNeighbors", "getMissingTransactions"}) {
    const std::string answer = ask(R"({"command":")" + std::string(name) + "\"}", "");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << name << answer;
  }
  EXPECT_TRUE(get("/health").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(get("/metrics").starts_with("HTTP/1.1 200"));
}

TEST_F(AccessToServer, EverythingElseNeedsTheToken) {
  for (const char* name : {"attachToTangle", "interruptAttachingToTangle", "storeTransactions", "broadcastTransactions",
                           "addNeighbors", "removeNeighbors"}) {
    const std::string body = R"({"command":")" + std::string(name) + "\"}";
    for (const char* fields : {"", "Authorization: Bearer another-token-of-some-length\r\n"}) {
      const std::string answer = ask(body, fields);
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 401")) << name;
      EXPECT_NE(answer.find("WWW-Authenticate: Bearer"), std::string::npos);
      EXPECT_EQ(answer.find(kToken), std::string::npos);
    }
    EXPECT_FALSE(ask(body, bearer_).starts_with("HTTP/1.1 401")) << name;
  }
}

TEST_F(AccessToServer, TlsFromVersion12) {
  ServerOptions options;
  options.tls = make_certificate(folder_, "first");
  start({}, options);
  EXPECT_TRUE(server_->url().starts_with("https://"));
  const std::string request = http_post(R"({"command":"getNodeInfo"})");
  EXPECT_TRUE(ask_by_tls(port(), request).starts_with("first\nHTTP/1.1 200"));
  EXPECT_TRUE(ask_by_tls(port(), request, TLS1_2_VERSION).starts_with("first\nHTTP/1.1 200"));
  EXPECT_EQ(ask_by_tls(port(), request, TLS1_1_VERSION), "");
  EXPECT_EQ(raw(request).find("HTTP/1.1 200"), std::string::npos);  // plain HTTP

  make_certificate(folder_, "second");
  ASSERT_TRUE(server_->reload_tls());
  EXPECT_TRUE(ask_by_tls(port(), request).starts_with("second\nHTTP/1.1 200"));
  folder_.write("tls.crt", "broken", 0644);
  EXPECT_FALSE(server_->reload_tls());
  EXPECT_TRUE(ask_by_tls(port(), request).starts_with("second\nHTTP/1.1 200"));
  EXPECT_GE(service_->metrics().handshakes_failed, 2u);
}

TEST_F(AccessToServer, PlainHttpToATlsPortIsToldSo) {
  ServerOptions options;
  options.tls = make_certificate(folder_, "node");
  start({}, options);
  for (const std::string& request :
       {http_post(R"({"command":"getNodeInfo"})"), std::string("GET /health HTTP/1.0\r\n\r\n"),
        http_post(std::string(100'000, 'x'))}) {
    const std::string answer = raw(request);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
    EXPECT_NE(answer.find("this port speaks https"), std::string::npos) << answer;
  }
  EXPECT_EQ(raw("nothing that is known\r\n\r\n").find("HTTP"), std::string::npos);
}

TEST_F(AccessToServer, TlsFilesMustFit) {
  const Folder other;
  const TlsFiles files = make_certificate(folder_, "a");
  const TlsFiles others = make_certificate(other, "b");
  const auto locked = folder_.write("locked.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 0600);
  const auto damaged = folder_.write("damaged.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n", 0600);
  const auto readable = other.write("readable.key", base::read_file(files.key, 10'000).value(), 0644);
  const std::pair<TlsFiles, const char*> bad[] = {
      {{files.certificate, others.key}, "is not that of the certificate"},
      {{files.key, files.certificate}, "in each other's place"},
      {{files.key, others.key}, "holds no certificate"},
      {{files.certificate, files.certificate}, "holds no private key"},
      {{files.certificate, locked}, "locked by a passphrase"},
      {{files.certificate, damaged}, "cannot be used"},
      {{files.certificate, readable}, "others may read"},
  };
  for (const auto& [pair, reason] : bad) {
    const auto context = read_tls(pair);
    ASSERT_FALSE(context) << reason;
    EXPECT_EQ(context.error().code, ErrorCode::kUsage);
    EXPECT_NE(context.error().message.find(reason), std::string::npos) << context.error().message;
    EXPECT_FALSE(context.error().next_step.empty()) << reason;
  }
  EXPECT_TRUE(read_tls(files));
}

}  // namespace
}  // namespace glucoledger::node
