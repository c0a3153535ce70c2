// One request and the way to answer it. A handler (router.h) gets it, and answers exactly once: at once, or later and
// from any thread; as a whole, or as a stream. Until then the connection waits, so whoever holds a Responder answers
// it, and lets go of it, when the server stops (Router::on_stop tells of that): the server's end waits for that.
//
// Calls are thread-safe, but request() belongs to the handler until it is answered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace glucoledger::http {

// What a streamed answer is read from, part by part, as fast as the client takes it. Its functions are called one at a
// time. It goes when the answer ends or the client is gone.
class ReplyStream {
 public:
  enum class State {
    kMore,    // the next part may be asked for once this one is taken
    kWaits,   // nothing now: Responder::wake() tells when to ask again
    kEnds,    // this was the last part
    kBroken,  // the answer cannot be ended: the connection is cut, so that the client notices
  };
  struct Part {
    State state = State::kEnds;
    std::string bytes = {};
  };
  virtual ~ReplyStream() = default;
  virtual Part next() = 0;
  // Sent where nothing else was for a while (ServerOptions::heartbeat_ms); empty: nothing.
  virtual std::string heartbeat() { return {}; }
  // A stream without end says farewell when the server stops; others go on to their end.
  virtual std::optional<std::string> farewell() { return std::nullopt; }
};

// How a client knows where a streamed answer ends.
struct StreamLength {
  std::optional<std::uint64_t> size;  // known before: the stream gives exactly so many bytes
  bool until_close = false;           // the connection's end; otherwise HTTP/1.1 chunks
};

class Responder {
 public:
  struct BodyPart {
    std::string bytes;
    bool is_last = false;
  };
  using TakePart = std::function<void(Result<BodyPart> part)>;

  virtual ~Responder() = default;
  virtual Request& request() = 0;

  // The first answer counts.
  virtual void reply(Reply reply) = 0;
  // `head` without a body. HEAD gets no more than the head.
  virtual void reply(Reply head, std::unique_ptr<ReplyStream> stream, StreamLength length = {}) = 0;
  // An answer that says why nothing was done; counted and noted in the log.
  virtual void refuse(unsigned status, std::string_view reason) = 0;
  // The stream is asked for its next part soon; once for many calls.
  virtual void wake() = 0;

  // On routes that read the body as it comes: `take` gets the next part once it is here, by a thread that moves bytes;
  // kUnreachable when the client broke off or was too slow, kInputRefused when the body is larger than the route takes.
  // One call at a time.
  virtual void read_body(TakePart take) = 0;

  // Does what takes a while in a thread that moves no bytes.
  virtual void run_aside(std::function<void()> task) = 0;
  // Called once, should the client be gone before the answer.
  virtual void when_gone(std::function<void()> gone) = 0;
};

}  // namespace glucoledger::http
