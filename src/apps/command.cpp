#include "apps/command.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "apps/advice_words.h"

namespace glucoledger::apps {

void print_result(const Context& context, const nlohmann::ordered_json& document, std::string_view text) {
  std::string line =
      context.json ? document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) : std::string(text);
  if (line.empty()) return;
  if (line.back() != '\n') line += '\n';
  context.printed = true;
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);  // main tells when this failed
}

void print_error(const Context& context, const Error& error) {
  const std::string next_step = next_step_of(error);
  if (context.json && !context.printed) {
    const nlohmann::ordered_json document = {{"error", error.message}, {"next_step", next_step}};
    std::fprintf(stdout, "%s\n", document.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace).c_str());
  }
  std::fprintf(stderr, "glucoledger: %s\n", error.message.c_str());
  if (!next_step.empty()) std::fprintf(stderr, "  %s\n", next_step.c_str());
}

void warn(std::string_view text) {
  std::fprintf(stderr, "glucoledger: warning: %.*s\n", static_cast<int>(text.size()), text.data());
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
