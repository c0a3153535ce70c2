#include "apps/command.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "apps/advice_words.h"

namespace glucoledger::apps {

std::string without_controls(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // Those of ISO 6429 from U+0080 on are two bytes in UTF-8, and some terminals take the second one alone.
    const bool is_c1 = byte >= 0x80 && byte <= 0x9f && (i == 0 || static_cast<unsigned char>(text[i - 1]) < 0x80);
    const bool begins_c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) <= 0x9f;
    const bool is_control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f || is_c1 || begins_c1;
    if (!is_control) {
      plain += text[i];
      continue;
    }
    const auto shown = begins_c1 ? static_cast<unsigned char>(text[++i]) : byte;
    plain.append("\\u00").append(1, kDigits[shown >> 4]).append(1, kDigits[shown & 15]);
  }
  return plain;
}

void print_result(const Context& context, const nlohmann::ordered_json& document, std::string_view text, Text kind) {
  std::string line = context.json         ? document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                     : kind == Text::kOwn ? std::string(text)
                                          : without_controls(text);
  if (line.empty()) return;
  if (line.back() != '\n') line += '\n';
  context.printed = true;
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);  // main tells when this failed
}

void print_error(const Context& context, const Error& error) {
  if (context.json && !context.printed) {
    const nlohmann::ordered_json document = {{"error", error.message}, {"next_step", next_step_of(error)}};
    std::fprintf(stdout, "%s\n", document.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace).c_str());
  }
  tell_error(error);
}

void tell_error(const Error& error) {
  std::fprintf(stderr, "glucoledger: %s\n", without_controls(error.message).c_str());
  const std::string next_step = next_step_of(error);
  if (!next_step.empty()) std::fprintf(stderr, "  %s\n", without_controls(next_step).c_str());
}

void warn(std::string_view text) {
  std::fprintf(stderr, "glucoledger: warning: %s\n", without_controls(text).c_str());
}

std::string count_of(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

base::Progress terminal_progress() {
  using Clock = std::chrono::steady_clock;
  struct State {
    Clock::time_point next;
    std::string stage;
    bool on_screen = false;
    bool terminal = ::isatty(STDERR_FILENO) != 0;
    ~State() {
      if (on_screen) std::fputs("\r\033[K", stderr);
    }
  };
  auto state = std::make_shared<State>();
  state->next = Clock::now() + std::chrono::milliseconds(state->terminal ? 300 : 10'000);
  return [state](std::string_view stage, std::uint64_t done, std::uint64_t total) {
    const auto now = Clock::now();
    if (now < state->next) return;
    state->next = now + std::chrono::milliseconds(state->terminal ? 100 : 10'000);
    std::string line(stage);
    line += ": " + std::to_string(done);
    if (total > 0) line += " of " + std::to_string(total);
    std::fprintf(stderr, state->terminal ? "\r\033[K%s" : "%s\n", line.c_str());
    std::fflush(stderr);
    state->on_screen = state->terminal;
  };
}

}  // namespace glucoledger::apps
