#include "http/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>

namespace glucoledger::http {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warning", "error", "off"};
constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err,
                                spdlog::level::off};

}  // namespace

Result<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<LogLevel>(i);
  }
  return fail(ErrorCode::kUsage, "there is no such log level", "use debug, info, warning, error or off");
}

Log::Log(LogLevel level)
    : level_(level),
      logger_(std::make_shared<spdlog::logger>("server", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_level(kLevels[static_cast<std::size_t>(level)]);
  logger_->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc);
}

void Log::write(LogLevel level, std::string_view event, const Fields& fields) const {
  if (!writes(level)) return;
  Fields line = {{"event", event}};
  line.update(fields);
  const std::string text = line.dump(-1, ' ', false, Fields::error_handler_t::replace);
  logger_->log(kLevels[static_cast<std::size_t>(level)], std::string_view(text).substr(1, text.size() - 2));
}

void Log::debug(std::string_view event, const Fields& fields) const {
  write(LogLevel::kDebug, event, fields);
}
void Log::info(std::string_view event, const Fields& fields) const {
  write(LogLevel::kInfo, event, fields);
}
void Log::warning(std::string_view event, const Fields& fields) const {
  write(LogLevel::kWarning, event, fields);
}
void Log::error(std::string_view event, const Fields& fields) const {
  write(LogLevel::kError, event, fields);
}

}  // namespace glucoledger::http
