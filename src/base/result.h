// What every operation that can fail from outside returns: a value, or an Error with what to do next.
//
// Faults from outside (a bad file, an unreachable node, a wrong key) are Results. Normal absence is std::optional.
// A bug of ours is GL_ASSERT, on in release builds, too. We throw nothing but bad_alloc, and catch what libraries do.
// Nothing below apps knows a command or an option: where one is the answer, an Error carries an Advice (base/advice.h)
// and apps has the words.
// An Error's texts never hold patient data, seeds, keys or a URI: they may be logged and shown to anyone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace glucoledger {
namespace base {

enum class ErrorCode {
  kFailed,        // the work failed: full disk, a broken database
  kUsage,         // wrong use: a missing option, two that contradict
  kInputRefused,  // what was given cannot be read, or cannot be told what it means
  kCorrupt,       // what was stored or sent fails its check: signature, hash, authentication tag
  kNotFound,      // never seen
  kNotAllowed,    // wrong passphrase, not the owner, grant CLOSED
  kUnreachable,   // a peer or engine does not answer; what was asked is recorded, or may be repeated
  kPruned,        // was there, and is gone from this node
  kNewerFormat,   // made by a newer version of this program
  kInterrupted,   // the person or the system asked to stop
  kBusy,          // another process holds what this needs; nothing was changed
};

enum class Advice : std::uint8_t;  // base/advice.h; value-initialised it is none

struct Error {
  ErrorCode code = ErrorCode::kFailed;
  std::string message;    // what went wrong, one sentence, no full stop
  std::string next_step;  // what the person can do; may be empty. With an advice: the facts that its words end with
  Advice advice{};        // what the person has to decide or give
};

template <typename T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string next_step = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(next_step), Advice{}});
}
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message, Advice advice,
                                                std::string facts = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(facts), advice});
}

// Stops the program: a bug of ours, never a fault of the input.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace base

using base::Advice;
using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
}  // namespace glucoledger

#define GL_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::glucoledger::base::assertion_failed(#expression, __FILE__, __LINE__))

// `GL_TRY(value, read(file));` declares `value`, or returns the error; GL_ASSIGN assigns to what stands already;
// `GL_CHECK(write(file));` for Result<void>. The first two are two statements: inside an `if` they want braces.
#define GL_CONCAT_(a, b) a##b
#define GL_CONCAT(a, b) GL_CONCAT_(a, b)
#define GL_RETURN_ERROR(result) \
  if (!(result)) return ::tl::unexpected<::glucoledger::Error>(std::move(result).error())
#define GL_TRY_(temporary, declaration, expression) \
  auto temporary = (expression);                    \
  GL_RETURN_ERROR(temporary);                       \
  declaration = std::move(*temporary)
#define GL_TRY(declaration, expression) GL_TRY_(GL_CONCAT(gl_try_, __COUNTER__), auto declaration, expression)
#define GL_ASSIGN(variable, expression) GL_TRY_(GL_CONCAT(gl_try_, __COUNTER__), variable, expression)
#define GL_CHECK_(temporary, expression) \
  do {                                   \
    auto temporary = (expression);       \
    GL_RETURN_ERROR(temporary);          \
  } while (false)
#define GL_CHECK(expression) GL_CHECK_(GL_CONCAT(gl_check_, __COUNTER__), expression)
