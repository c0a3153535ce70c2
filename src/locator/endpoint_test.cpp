#include "locator/endpoint.h"

#include <gtest/gtest.h>

namespace glucoledger::locator {
namespace {

TEST(EndpointTest, ANodeThatIsNamedTwiceCountsOnce) {
  const auto endpoints = parse_endpoints("http://a:1,http://A:1/,http://b,https://a:1,http://b:80");
  ASSERT_TRUE(endpoints);
  EXPECT_EQ(join_urls(*endpoints), "http://a:1,http://b:80,https://a:1");
}

TEST(EndpointTest, UrlsAreReadAndWritten) {
  EXPECT_EQ(parse_endpoint("https://Node.Example")->url(), "https://node.example:443");
  EXPECT_EQ(parse_endpoint("http://[::1]:1/")->url(), "http://[::1]:1");
  EXPECT_EQ(parse_endpoint("https://user:token@node.example").error().code, ErrorCode::kUsage);
  EXPECT_EQ(parse_endpoint("ftp://node.example").error().code, ErrorCode::kUsage);
  EXPECT_TRUE(parse_endpoint("http://127.0.0.1:1")->is_loopback());
  EXPECT_FALSE(parse_endpoint("http://127.example.org")->is_loopback());
}

}  // namespace
}  // namespace glucoledger::locator
