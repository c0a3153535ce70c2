#include "apps/session.h"

#include <cstdio>
#include <cstdlib>

#include "content_store/embedded_store.h"
#include "ledger_client/open_ledger.h"

namespace glucoledger::apps {
namespace {

const base::SystemClock kClock;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::filesystem::path home_folder(const Context& context) {
  if (!context.home.empty()) return context.home;
  if (const auto home = environment("GLUCOLEDGER_HOME"); !home.empty()) return home;
  if (const auto data = environment("XDG_DATA_HOME"); !data.empty()) return std::filesystem::path(data) / "glucoledger";
  return std::filesystem::path(environment("HOME")) / ".local/share/glucoledger";
}

home::KeySource key_source(const Context& context) {
  return {context.key_file, context.passphrase_file};
}

usecases::World make_world() {
  return {.clock = kClock,
          .open_ledger =
              [](const std::string& spec, usecases::Use use) {
                ledger_client::OpenLedgerOptions options;
                options.read_only = use == usecases::Use::kRead;
                return ledger_client::open_ledger(spec, options, kClock);
              },
          .open_store =
              [](const std::string& spec, usecases::Use use) {
                return content_store::open_content_store(spec, use == usecases::Use::kRead);
              },
          .locator_of = ledger_client::canonical_locator,
          .progress = terminal_progress()};
}

Session::Session(std::filesystem::path folder, SecretBytes key)
    : folder_(std::move(folder)), key_(std::move(key)), world_(make_world()) {}

Result<Session> Session::start(const Context& context) {
  auto folder = home_folder(context);
  GL_TRY(key, home::unlock_home(folder, key_source(context)));
  return Session(std::move(folder), std::move(key));
}

Result<home::Home> Session::open(home::Home::Access access) const {
  GL_TRY(home, home::Home::open(folder_, key_, access));
  warn_if_doubled(home);
  return home;
}

Result<home::Home> Session::open_as(home::Role role, home::Home::Access access) const {
  GL_TRY(home, open(access));
  if (home.settings().role != role) {
    return fail(ErrorCode::kUsage,
                std::string("this is a ") + std::string(home::name_of(home.settings().role)) + "'s home",
                std::string("name a ") + std::string(home::name_of(role)) + "'s with --home");
  }
  return home;
}

void warn_if_doubled(const home::Home& home) {
  if (!home.was_doubled()) return;
  std::fputs(
      "glucoledger: this home is a copy, was restored, or lost its last changes: what it publishes goes on in new "
      "epochs, so that no one-time key signs twice\n",
      stderr);
}

}  // namespace glucoledger::apps
