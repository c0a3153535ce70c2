#include "http/router.h"

#include <gtest/gtest.h>

#include "http/fake_responder.h"

namespace glucoledger::http {
namespace {

Handler says(const std::string& text) {
  return [text](const std::shared_ptr<Responder>& responder) { responder->reply({200, text}); };
}

class RouterTest : public testing::Test {
 protected:
  void SetUp() override {
    router_.add({.method = "GET", .path = "/fhir/", .is_prefix = true}, says("fhir"));
    router_.add({.method = "GET", .path = "/fhir/metadata"}, says("metadata"));
    router_.add({.method = "POST", .path = "/fhir/metadata"}, says("posted"));
    router_.add({.method = "GET", .path = "/fhir/Patient/", .is_prefix = true}, says("patient"));
    router_.add({.method = "GET", .path = "/events", .answers_head = false}, says("events"));
  }
  Router router_;
};

TEST_F(RouterTest, ThePathThatFitsBestAnswers) {
  EXPECT_EQ(ask(router_, {"GET", "/fhir/Observation/1"}).reply.body, "fhir");
  EXPECT_EQ(ask(router_, {"GET", "/fhir/Patient/1?x=/fhir/metadata"}).reply.body, "patient");
  EXPECT_EQ(ask(router_, {"GET", "/fhir/metadata"}).reply.body, "metadata");
  EXPECT_EQ(ask(router_, {"POST", "/fhir/metadata"}).reply.body, "posted");
  EXPECT_EQ(ask(router_, {"HEAD", "/fhir/metadata"}).reply.body, "metadata");
}

TEST_F(RouterTest, WhatIsNotThereIsTold) {
  EXPECT_EQ(ask(router_, {"GET", "/fhir"}).reply.status, 404u);
  const auto refusal = ask(router_, {"PUT", "/fhir/metadata"}).reply;
  EXPECT_EQ(refusal.status, 405u);
  ASSERT_EQ(refusal.headers.size(), 1u);
  EXPECT_EQ(refusal.headers[0].value, "OPTIONS, GET, HEAD, POST");
  EXPECT_EQ(ask(router_, {"HEAD", "/events"}).reply.status, 405u);
  router_.set_otherwise(error_reply(403, "not here"));
  EXPECT_EQ(ask(router_, {"GET", "/"}).reply.status, 403u);
}

TEST_F(RouterTest, OptionsAreAnsweredEverywhere) {
  const auto known = ask(router_, {"OPTIONS", "/events"}).reply;
  EXPECT_EQ(known.status, 204u);
  EXPECT_EQ(known.headers.at(0).value, "OPTIONS, GET");
  EXPECT_EQ(ask(router_, {"OPTIONS", "/nowhere"}).reply.status, 204u);
}

}  // namespace
}  // namespace glucoledger::http
