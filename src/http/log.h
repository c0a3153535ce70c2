// A server's log: one JSON object a line on standard error, with `time` (UTC), `level` and `event` first.
//
// It never holds a body, a token, what was asked for, or a peer's address: who asks for what, when and from where is
// what nobody must collect about patients. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace spdlog {
class logger;
}

namespace glucoledger::http {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// "debug", "info", "warning", "error" or "off"; kUsage.
Result<LogLevel> parse_log_level(std::string_view text);

class Log {
 public:
  using Fields = nlohmann::ordered_json;

  explicit Log(LogLevel level);
  bool writes(LogLevel level) const { return level >= level_; }
  void debug(std::string_view event, const Fields& fields = Fields::object()) const;
  void info(std::string_view event, const Fields& fields = Fields::object()) const;
  void warning(std::string_view event, const Fields& fields = Fields::object()) const;
  void error(std::string_view event, const Fields& fields = Fields::object()) const;

 private:
  void write(LogLevel level, std::string_view event, const Fields& fields) const;
  LogLevel level_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace glucoledger::http
