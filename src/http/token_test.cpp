#include "http/token.h"

#include <gtest/gtest.h>

#include "base/advice.h"
#include "http/test_certificate.h"

namespace glucoledger::http {
namespace {

constexpr const char* kToken = "a-token-of-some-length";

TEST(Token, IsComparedAsAWhole) {
  const SecretFolder folder;
  const auto access = TokenCheck::from_file(folder.write("token", std::string(kToken) + "\n", 0600));
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_TRUE(access->has_token());
  const std::string token = kToken;
  EXPECT_TRUE(access->allows("Bearer " + token));
  EXPECT_TRUE(access->allows("bearer " + token));
  for (const std::string& bad :
       std::vector<std::string>{"", token, "Bearer", "Bearer ", "Bearer " + token + "x", "Bearer " + token.substr(1),
                                "Bearer  " + token, "Basic " + token}) {
    EXPECT_FALSE(access->allows(bad)) << bad;
  }
  EXPECT_TRUE(TokenCheck().allows(""));
}

TEST(Token, IsReadFromAFileOfItsOwnerOnly) {
  const SecretFolder folder;
  EXPECT_TRUE(TokenCheck::from_file(folder.write("group", kToken, 0640)));
  EXPECT_FALSE(TokenCheck::from_file(folder.write("others", kToken, 0644)));
  const auto writable = folder.write("writable", kToken, 0600);
  std::filesystem::permissions(writable, std::filesystem::perms::group_write, std::filesystem::perm_options::add);
  EXPECT_FALSE(TokenCheck::from_file(writable));
  EXPECT_FALSE(TokenCheck::from_file(folder.write("short", "abc", 0600)));
  EXPECT_FALSE(TokenCheck::from_file(folder.write("spaces", "two words of a token", 0600)));
  EXPECT_FALSE(TokenCheck::from_file(folder.write("long", std::string(5'000, 'a'), 0600)));
  EXPECT_FALSE(TokenCheck::from_file("/nowhere/token"));
}

TEST(TlsFilesTest, MustFit) {
  const SecretFolder folder;
  const SecretFolder other;
  const TlsFiles files = make_certificate(folder, "a");
  const TlsFiles others = make_certificate(other, "b");
  const auto locked = folder.write("locked.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 0600);
  const auto damaged = folder.write("damaged.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n", 0600);
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
    EXPECT_TRUE(!context.error().next_step.empty() || context.error().advice != Advice::kNone) << reason;
  }
  EXPECT_TRUE(read_tls(files));
}

}  // namespace
}  // namespace glucoledger::http
