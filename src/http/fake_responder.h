// For tests of handlers: a request that no server read, and what was answered.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/router.h"

namespace glucoledger::http {

class FakeResponder final : public Responder {
 public:
  struct Answer {
    Reply reply;
    std::unique_ptr<ReplyStream> stream;
  };

  Request& request() override { return request_; }
  void reply(Reply reply) override { give({std::move(reply), nullptr}); }
  void reply(Reply head, std::unique_ptr<ReplyStream> stream, StreamLength /*length*/) override {
    give({std::move(head), std::move(stream)});
  }
  void refuse(unsigned status, std::string_view reason) override { give({error_reply(status, reason), nullptr}); }
  void wake() override { ++wakes; }
  void read_body(TakePart take) override { take(BodyPart{std::exchange(request_.body, {}), true}); }
  void run_aside(std::function<void()> task) override { task(); }
  void when_gone(std::function<void()> gone) override { gone_ = std::move(gone); }

  int wakes = 0;
  std::optional<Answer> answer;  // the first one

 private:
  void give(Answer given) {
    if (!answer) answer = std::move(given);
  }
  Request request_;
  std::function<void()> gone_;
};

struct Asked {
  std::string_view method;
  std::string_view target;
  std::string body = {};
  bool is_authenticated = true;
};

// What a router answers at once; status 0 where its handler has not answered yet.
inline FakeResponder::Answer ask(const Router& router, Asked asked) {
  const std::size_t question_mark = asked.target.find('?');
  auto match = router.match(asked.method, asked.target.substr(0, question_mark));
  if (match.reply) return {std::move(*match.reply), nullptr};
  const auto responder = std::make_shared<FakeResponder>();
  Request& request = responder->request();
  request.method = asked.method;
  request.path = asked.target.substr(0, question_mark);
  if (question_mark != std::string_view::npos) request.query = asked.target.substr(question_mark + 1);
  request.body = std::move(asked.body);
  request.is_authenticated = asked.is_authenticated;
  match.entry->handler(responder);
  if (!responder->answer) return {Reply{0, "", "", {}}, nullptr};
  return std::move(*responder->answer);
}

}  // namespace glucoledger::http
