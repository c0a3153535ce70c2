#include "apps/session.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "base/bytes.h"
#include "base/file.h"
#include "base/limits.h"
#include "content_store/embedded_store.h"
#include "ledger_client/iri_client.h"
#include "ledger_client/open_ledger.h"

namespace glucoledger::apps {
namespace {

const base::SystemClock kClock;
constexpr std::string_view kCaFile = "ledger-ca";
constexpr std::string_view kToken = "ledger-token";
constexpr std::int64_t kProofOfWorkWaitMs = 600'000;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<SecretBytes> read_token(const std::string& file) {
  GL_TRY(text, base::read_file(file, base::limits::kTokenSizeMax + 2));
  const auto line = text.substr(0, text.find_first_of("\r\n"));
  const bool is_plain = std::all_of(line.begin(), line.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (line.empty() || !is_plain) {
    return fail(ErrorCode::kInputRefused, "the token's file holds no line of printable characters without spaces");
  }
  return SecretBytes(base::to_bytes(line));
}

// Clients of nodes, by their URLs: connections, and what is known of nodes that fail, outlast the round of a command
// that follows. (A folder is opened anew each time: others have their turn.)
class KeptNodes {
 public:
  Result<std::shared_ptr<ports::Ledger>> at(const std::string& urls, const http::ClientOptions& http) {
    auto& kept = kept_[urls];
    if (kept.client && is_same(kept.http, http)) {
      kept.client->forget_facts();
      return std::static_pointer_cast<ports::Ledger>(kept.client);
    }
    GL_TRY(endpoints, http::parse_endpoints(urls));
    kept = {http, std::make_shared<ledger_client::IriClient>(endpoints, http)};
    return std::static_pointer_cast<ports::Ledger>(kept.client);
  }

 private:
  struct Kept {
    http::ClientOptions http;
    std::shared_ptr<ledger_client::IriClient> client;
  };
  static bool is_same(const http::ClientOptions& a, const http::ClientOptions& b) {
    const bool same_token = (a.token ? a.token->text() : "") == (b.token ? b.token->text() : "");
    return a.ca_file == b.ca_file && same_token;
  }
  std::map<std::string, Kept> kept_;
};

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

usecases::World make_world(std::shared_ptr<const LedgerAccess> access) {
  return {.clock = kClock,
          .open_ledger = [access = std::move(access), nodes = std::make_shared<KeptNodes>()](
                             const std::string& spec, usecases::Use use) -> Result<std::shared_ptr<ports::Ledger>> {
            GL_TRY(locator, ledger_client::canonical_locator(spec));
            ledger_client::OpenLedgerOptions options;
            options.read_only = use == usecases::Use::kRead;
            options.http.trust_hint = "certificates of one's own are trusted only for the ledger of `init --ledger`";
            if (access && locator == access->locator) options.http = access->http;
            if (usecases::is_url(locator)) return nodes->at(locator, options.http);
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
    : folder_(std::move(folder)),
      key_(std::move(key)),
      access_(std::make_shared<LedgerAccess>()),
      world_(make_world(access_)) {}

Result<Session> Session::start(const Context& context) {
  auto folder = home_folder(context);
  GL_TRY(key, home::unlock_home(folder, key_source(context)));
  return Session(std::move(folder), std::move(key));
}

Result<home::Home> Session::open(home::Home::Access access) const {
  GL_TRY(home, home::Home::open(folder_, key_, access));
  GL_ASSIGN(*access_, load_access(home));
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

Result<void> Session::choose_proof_of_work(const std::string& where, home::Home& home) {
  if (where == "local") return {};
  http::ClientOptions http;
  http.token_hint = "the token of a home goes to its own ledger alone: name another service, or leave --pow away";
  http.trust_hint = "name a service whose certificate this machine trusts, or leave --pow away";
  GL_TRY(urls, ledger_client::canonical_locator(where == "node" ? home.ledger_spec() : where));
  if (where == "node" && !usecases::is_url(urls)) {
    return fail(ErrorCode::kUsage, "--pow node: this home's ledger is a folder, not a node",
                "leave --pow away, or name a node's URL");
  }
  if (urls == access_->locator) http = access_->http;
  http.request_ms = kProofOfWorkWaitMs;
  GL_TRY(endpoints, http::parse_endpoints(urls));
  const auto service = std::make_shared<ledger_client::IriClient>(endpoints, http);
  world_.attach = [service](const auto& bundle, const auto& attachment, const auto& options) {
    return service->attach(bundle, attachment, options);
  };
  return {};
}

void add_pow_option(CLI::App& command, std::string& where) {
  command
      .add_option("--pow", where,
                  "Who does the proof of work: local; node (the ledger's own); or the URL of any node as a service.\n"
                  "What it gives back is checked; it sees nothing but what goes onto the ledger")
      ->capture_default_str();
}

void add_access_options(CLI::App& command, AccessFiles& files) {
  command.add_option("--ledger-ca", files.ca_file,
                     "Certificates (PEM) by which https:// nodes are trusted (default: the system's)");
  command.add_option("--ledger-token-file", files.token_file, "A file with the token that the nodes ask for");
}

Result<http::ClientOptions> read_access(const AccessFiles& files) {
  http::ClientOptions http;
  if (!files.ca_file.empty()) {
    http.ca_file = std::filesystem::absolute(files.ca_file).string();
    GL_CHECK(http::check_certificates(http.ca_file));
  }
  if (!files.token_file.empty()) {
    GL_TRY(token, read_token(files.token_file));
    http.token = std::make_shared<const SecretBytes>(std::move(token));
  }
  return http;
}

Result<void> store_access(home::Home& home, const http::ClientOptions& http) {
  return home.database().transaction([&]() -> Result<void> {
    if (!http.ca_file.empty()) GL_CHECK(home.set_meta(kCaFile, http.ca_file));
    if (!http.token) return {};
    return home.set_meta(kToken, base::hex_encode(home.seal(kToken, base::as_bytes(http.token->text()))));
  });
}

Result<LedgerAccess> load_access(home::Home& home) {
  LedgerAccess access;
  GL_ASSIGN(access.locator, ledger_client::canonical_locator(home.ledger_spec()));
  GL_TRY(ca_file, home.meta(kCaFile));
  access.http.ca_file = ca_file.value_or("");
  GL_TRY(sealed, home.meta(kToken));
  if (!sealed) return access;
  GL_TRY(bytes, base::hex_decode(*sealed));
  GL_TRY(token, home.unseal(kToken, bytes));
  access.http.token = std::make_shared<const SecretBytes>(std::move(token));
  return access;
}

void warn_if_doubled(const home::Home& home) {
  if (!home.was_doubled()) return;
  std::fputs(
      "glucoledger: this home is a copy, was restored, or lost its last changes: what it publishes goes on in new "
      "epochs, so that no one-time key signs twice\n",
      stderr);
}

}  // namespace glucoledger::apps
