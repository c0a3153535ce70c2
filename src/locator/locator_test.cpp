#include "locator/locator.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/test_folder.h"

namespace glucoledger::locator {
namespace {

using Kind = Locator::Kind;

TEST(LocatorTest, ANodeThatIsNamedTwiceCountsOnce) {
  const auto endpoints = parse_endpoints("http://a:1,http://A:1/,http://b,https://a:1,http://b:80");
  ASSERT_TRUE(endpoints);
  EXPECT_EQ(Locator::of_nodes({(*endpoints)[0], (*endpoints)[1], (*endpoints)[0]}).text(), "http://a:1,http://b:80");
}

struct Known {
  const char* text;
  Kind kind;
  const char* canonical;
  bool is_of_this_machine;
};
const Known kKnown[] = {
    {"/srv/ledger", Kind::kFolder, "/srv/ledger", true},
    {"/srv/a,b/./c:1/../ledger/", Kind::kFolder, "/srv/a,b/ledger", true},
    {"/", Kind::kFolder, "/", true},
    {"/srv/Gl\xc3\xbc", Kind::kFolder, "/srv/Gl\xc3\xbc", true},
    {"http://Example.org", Kind::kNodes, "http://example.org:80", false},
    {"http://[::1]:14265/,http://b:1", Kind::kNodes, "http://[::1]:14265,http://b:1", false},
    {"http://127.0.0.1:14265", Kind::kNodes, "http://127.0.0.1:14265", true},
    {"kubo:http://127.0.0.1:5001/", Kind::kKubo, "kubo:http://127.0.0.1:5001", true},
    {"kubo:https://Store.Example/ipfs/one/", Kind::kKubo, "kubo:https://store.example:443/ipfs/one", false},
    {"cluster:http://a:9094", Kind::kCluster, "cluster:http://a:9094", false},
    {"agent:https://a", Kind::kAgent, "agent:https://a:443", false},
};

TEST(LocatorTest, EachKindHasOneText) {
  for (const auto& known : kKnown) {
    SCOPED_TRACE(known.text);
    const auto locator = Locator::decode(known.text);
    ASSERT_TRUE(locator) << locator.error().message;
    EXPECT_EQ(locator->kind(), known.kind);
    EXPECT_EQ(locator->text(), known.canonical);
    EXPECT_EQ(locator->is_of_this_machine(), known.is_of_this_machine);
    EXPECT_EQ(Locator::decode(locator->text()).value(), *locator);
    EXPECT_EQ(locator->may_be_ledger(), known.kind == Kind::kFolder || known.kind == Kind::kNodes);
    EXPECT_EQ(locator->may_be_store(), known.kind != Kind::kNodes);
    if (known.kind != Kind::kFolder) {
      EXPECT_EQ(Locator::parse(known.text).value(), *locator);
    }
  }
  EXPECT_EQ(Locator::decode("kubo:http://a:1/b/c")->url_path(), "/b/c");
  EXPECT_EQ(Locator::decode("http://a:1,http://b:2")->endpoints().size(), 2U);
  EXPECT_EQ(Locator::decode("/srv/home")->in_folder("store").text(), "/srv/home/store");
  EXPECT_FALSE(*Locator::decode("/srv/home") == *Locator::decode("/srv/home/store"));
}

TEST(LocatorTest, WhatAPersonMistypesIsWrongUse) {
  for (const char* bad : {"ftp://a:1",
                          "http://u:p@a:1",
                          "http://a:1/path",
                          "http://a:0",
                          "http://a:x",
                          "http://",
                          "http://a b:1",
                          "http://a:1,",
                          "http://[::1",
                          "localhost:14265",
                          "u:p@a:1",
                          "",
                          "http:a",
                          "https:/a",
                          "kubo:",
                          "kubo:/folder",
                          "kubo:http://a:1/../b",
                          "kubo:http://a:1//b",
                          "kubo:http://a:1/b?c",
                          "kubo:http://u:p@a:1",
                          "cluster:http://a:1,http://b:1",
                          "kubo:http://a\nb",
                          "http://a:1\n"}) {
    const auto locator = Locator::parse(bad);
    ASSERT_FALSE(locator) << bad;
    EXPECT_EQ(locator.error().code, ErrorCode::kUsage) << bad;
    EXPECT_EQ((locator.error().message + locator.error().next_step).find("u:p"), std::string::npos);
  }
  EXPECT_FALSE(Locator::parse("kubo:http://a:1/" + std::string(base::limits::kLocatorLengthMax, 'a')));
  std::string nodes;
  for (std::size_t i = 0; i <= base::limits::kEndpointsMax; ++i) {
    nodes += (i == 0 ? "http://a" : ",http://a") + std::to_string(i);
  }
  EXPECT_EQ(Locator::parse(nodes).error().code, ErrorCode::kUsage);
}

TEST(LocatorTest, FromOthersNothingRelativeAndNothingUnknownIsTaken) {
  for (const char* unknown : {"store", "./store", "../store", "ipns:k51", "ftp://a:1", "localhost:14265", "~/store"}) {
    EXPECT_EQ(Locator::decode(unknown).error().code, ErrorCode::kNewerFormat) << unknown;
  }
  for (const char* refused :
       {"", "/srv/\x1b[2J", "/srv/\xff", "http://u:p@a:1", "http://a:0", "kubo:x", "http:a", "/srv/a\tb",
        "/srv/\xc2\x9b"
        "2J",
        "http://a:1,"}) {
    EXPECT_EQ(Locator::decode(refused).error().code, ErrorCode::kInputRefused) << refused;
  }
  EXPECT_EQ(Locator::decode(std::string_view("/srv\0x", 6)).error().code, ErrorCode::kInputRefused);
}

TEST(LocatorTest, APersonsFoldersAreResolved) {
  const base::TestFolder folder;
  const auto real = std::filesystem::canonical(folder.path());
  std::filesystem::create_directory(real / "ledger");
  std::filesystem::create_directory_symlink(real / "ledger", real / "link");
  EXPECT_EQ(Locator::parse((real / "link").string())->text(), (real / "ledger").string());
  EXPECT_EQ(Locator::parse((real / "link/../new/").string())->text(), (real / "new").string());
  EXPECT_EQ(Locator::parse("some/folder")->text(), (std::filesystem::current_path() / "some/folder").string());
  EXPECT_EQ(Locator::parse("./kubo:1")->text(), (std::filesystem::current_path() / "kubo:1").string());
  // One's own folder may have any name; others do not take it.
  const auto odd = Locator::parse((real / "odd\n\xff").string());
  ASSERT_TRUE(odd);
  EXPECT_EQ(Locator::decode(odd->text()).error().code, ErrorCode::kInputRefused);
}

TEST(LocatorTest, KindsHaveNames) {
  EXPECT_EQ(name_of(Kind::kFolder), "folder");
  EXPECT_EQ(name_of(Kind::kAgent), "agent");
}

}  // namespace
}  // namespace glucoledger::locator
