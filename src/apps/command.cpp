#include "apps/command.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "apps/advice_words.h"
#include "base/mutex.h"
#include "base/parallel.h"
#include "base/text.h"

namespace glucoledger::apps {
namespace {

// What is shown of stages, and when. A stage is shown once it lasts; by a thread, which begins with the first one, also
// while nothing more comes: who waits for a silent ledger sees it.
class Screen {
 public:
  // A process has one, while somebody reports to it.
  static std::shared_ptr<Screen> the_only() {
    static base::Mutex mutex;
    static std::weak_ptr<Screen> only;
    const base::MutexLock lock(mutex);
    auto screen = only.lock();
    if (!screen) only = screen = std::make_shared<Screen>();
    return screen;
  }

  ~Screen() {
    {
      const base::MutexLock lock(mutex_);
      has_ended_ = true;
      ended_.notify_all();
    }
    ticker_.clear();
    take_off();
  }

  void report(std::string_view stage, std::uint64_t done, std::uint64_t total) {
    if (stage.empty()) return take_off();
    const base::MutexLock lock(mutex_);
    if (stage_.empty()) next_ = std::max(next_, Clock::now() + std::chrono::milliseconds(terminal_ ? 300 : 2'000));
    stage_ = stage;
    done_ = done;
    total_ = total;
    is_new_ = true;
    show_if_due();
    if (ticker_.empty()) base::add_threads(ticker_, 1, [this] { tick(); });
  }

  // What stands there goes, and what was about to come does not.
  void take_off() {
    const base::MutexLock lock(mutex_);
    stage_.clear();
    is_new_ = false;
    if (on_screen_) std::fputs("\r\033[K", stderr);
    on_screen_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void tick() {
    constexpr auto kStep = std::chrono::milliseconds(50);
    base::MutexLock lock(mutex_);
    while (!has_ended_) {
      ended_.wait_for(lock, kStep);
      try {
        show_if_due();
      } catch (const std::exception&) {  // no memory for a line: the next one may have it
      }
    }
  }

  void show_if_due() REQUIRES(mutex_) {
    const auto now = Clock::now();
    if (!is_new_ || now < next_) return;
    is_new_ = false;
    next_ = now + std::chrono::milliseconds(terminal_ ? 100 : 10'000);
    std::string line = stage_;
    if (done_ > 0 || total_ > 0) line += ": " + std::to_string(done_);
    if (total_ > 0) line += " of " + std::to_string(total_);
    std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", line.c_str());
    std::fflush(stderr);
    on_screen_ = terminal_;
  }

  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  base::Mutex mutex_;
  base::Condition ended_;
  Clock::time_point next_ GUARDED_BY(mutex_);
  std::string stage_ GUARDED_BY(mutex_);
  std::uint64_t done_ GUARDED_BY(mutex_) = 0;
  std::uint64_t total_ GUARDED_BY(mutex_) = 0;
  bool is_new_ GUARDED_BY(mutex_) = false;
  bool has_ended_ GUARDED_BY(mutex_) = false;
  bool on_screen_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> ticker_;  // none or one
};

}  // namespace

std::string without_controls(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    const auto [code, size] = base::first_character(text);
    const bool is_layout = code == '\n' || code == '\t';
    if (code == base::kNoCharacter) {
      plain += "\\ufffd";
    } else if (base::is_control(code) && !is_layout) {  // all of them below U+10000
      plain += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) plain += kDigits[(code >> shift) & 15];
    } else {
      plain += text.substr(0, size);
    }
    text.remove_prefix(size);
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
  Screen::the_only()->take_off();
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

void tell(std::string_view text) {
  Screen::the_only()->take_off();
  std::fprintf(stderr, "%s\n", without_controls(text).c_str());
}

void tell_error(const Error& error) {
  const std::string next_step = next_step_of(error);
  tell("glucoledger: " + error.message + (next_step.empty() ? "" : "\n  " + next_step));
}

void warn(std::string_view text) {
  tell("glucoledger: warning: " + std::string(text));
}

std::string count_of(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

std::string counts_of(std::int64_t messages, std::int64_t notes) {
  std::string text;
  if (messages > 0) text = count_of(static_cast<std::size_t>(messages), "message");
  if (notes > 0) text += (text.empty() ? "" : " and ") + count_of(static_cast<std::size_t>(notes), "note");
  return text;
}

base::Progress terminal_progress() {
  return [screen = Screen::the_only()](std::string_view stage, std::uint64_t done, std::uint64_t total) {
    screen->report(stage, done, total);
  };
}

}  // namespace glucoledger::apps
