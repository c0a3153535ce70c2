#include "apps/session.h"

#include <cstdlib>

#include "apps/interrupt.h"

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

ports::World make_world() {
  return wiring::make_world(std::make_shared<wiring::LedgerOpener>(kClock), kClock, terminal_progress(),
                            interrupt_token());
}

Session::Session(std::filesystem::path folder, SecretBytes key)
    : folder_(std::move(folder)),
      key_(std::move(key)),
      opener_(std::make_shared<wiring::LedgerOpener>(kClock)),
      world_(wiring::make_world(opener_, kClock, terminal_progress(), interrupt_token())) {}

Result<Session> Session::start(const Context& context) {
  auto folder = home_folder(context);
  GL_TRY(key, home::unlock_home(folder, key_source(context)));
  return Session(std::move(folder), std::move(key));
}

Result<home::Home> Session::open(home::Home::Use use) const {
  GL_TRY(home, home::Home::open(folder_, key_, use, home::Home::kOlderWaitMs, world_.cancel));
  GL_TRY(access, wiring::load_access(home));
  opener_->set_access(std::move(access));
  warn_if_doubled(home);
  return home;
}

Result<void> Session::choose_proof_of_work(const std::string& where, home::Home& home) {
  GL_ASSIGN(world_.attach, opener_->attach_at(where, home.ledger_place()));
  return {};
}

void add_pow_option(CLI::App& command, std::string& where) {
  command
      .add_option("--pow", where,
                  "Who does the proof of work: local; node (the ledger's own); or the URL of any node as a service.\n"
                  "What it gives back is checked; it sees nothing but what goes onto the ledger")
      ->capture_default_str();
}

void add_access_options(CLI::App& command, wiring::AccessFiles& files) {
  command.add_option("--ledger-ca", files.ca_file,
                     "Certificates (PEM) by which https:// nodes are trusted (default: the system's)");
  command.add_option("--ledger-token-file", files.token_file, "A file with the token that the nodes ask for");
}

void warn_if_doubled(const home::Home& home) {
  if (!home.was_doubled()) return;
  tell(
      "glucoledger: this home is a copy, was restored, or lost its last changes: what it publishes goes on in new "
      "epochs, so that no one-time key signs twice");
}

}  // namespace glucoledger::apps
