#include "wiring/ledger_opener.h"

#include <utility>

#include "base/advice.h"
#include "wiring/open_ledger.h"
#include "wiring/open_store.h"

namespace glucoledger::wiring {
namespace {

constexpr std::int64_t kProofOfWorkWaitMs = 120'000;  // of one bundle

bool is_same(const http::ClientOptions& a, const http::ClientOptions& b) {
  const bool same_token = (a.token ? a.token->text() : "") == (b.token ? b.token->text() : "");
  return a.ca_file == b.ca_file && same_token;
}

}  // namespace

void LedgerOpener::set_access(NodeAccess access) {
  const base::MutexLock lock(mutex_);
  access_ = std::move(access);
}

http::ClientOptions LedgerOpener::options_for(const locator::Locator& nodes, http::ClientOptions otherwise) {
  const base::MutexLock lock(mutex_);
  return access_ && access_->ledger == nodes ? access_->http : std::move(otherwise);
}

std::shared_ptr<ports::Ledger> LedgerOpener::client_at(const locator::Locator& nodes, const http::ClientOptions& http) {
  const base::MutexLock lock(mutex_);
  auto& kept = kept_[nodes.text()];
  if (kept.client && is_same(kept.http, http)) {
    kept.client->forget_facts();
  } else {
    kept = {http, std::make_shared<ledger_client::IriClient>(nodes.endpoints(), clock_, http)};
  }
  return kept.client;
}

Result<std::shared_ptr<ports::Ledger>> LedgerOpener::open_ledger(const locator::Locator& place, ports::Use use,
                                                                 const base::CancelToken& cancel) {
  OpenLedgerOptions options;
  options.read_only = use == ports::Use::kRead;
  options.http.token_advice = Advice::kNameTokenForHome;
  options.http.trust_advice = Advice::kKeepToTrustedLedger;
  options.http = options_for(place, std::move(options.http));
  if (place.kind() == locator::Locator::Kind::kNodes) return client_at(place, options.http);
  auto ledger = wiring::open_ledger(place, options, clock_, cancel);
  // To be read, one that another process holds does not answer now. (Who writes and has recorded what is to be written
  // says so: usecases/carry.cpp.)
  if (!ledger && options.read_only && ledger.error().code == ErrorCode::kBusy) {
    ledger.error().code = ErrorCode::kUnreachable;
  }
  return ledger;
}

Result<ports::Attach> LedgerOpener::attach_at(const std::string& where, const locator::Locator& ledger) {
  if (where == "local") return ports::Attach(ledger::attach);
  GL_TRY(named, where == "node" ? Result<locator::Locator>(ledger) : locator::Locator::parse(where));
  if (named.kind() != locator::Locator::Kind::kNodes) {
    return where == "node" ? fail(ErrorCode::kUsage, "this home's ledger is a folder, not a node",
                                  "do the proofs of work here, or name a node's URL")
                           : fail(ErrorCode::kUsage, "proofs of work are done here or by a node", "name a node's URL");
  }
  http::ClientOptions http;
  http.token_advice = Advice::kChooseServiceWithoutToken;
  http.trust_advice = Advice::kChooseTrustedService;
  http = options_for(named, std::move(http));
  http.request_ms = kProofOfWorkWaitMs;
  const auto service = std::make_shared<ledger_client::IriClient>(named.endpoints(), clock_, http);
  return [service](const auto& bundle, const auto& attachment, const auto& options) {
    return service->attach(bundle, attachment, options);
  };
}

ports::World make_world(std::shared_ptr<LedgerOpener> opener, const base::Clock& clock, base::Progress progress,
                        base::CancelToken cancel) {
  return {
      .clock = clock,
      .open_ledger = [opener = std::move(opener)](
                         const locator::Locator& place, ports::Use use,
                         const base::CancelToken& asked) { return opener->open_ledger(place, use, asked); },
      .open_store = [](const locator::Locator& place, ports::Use use,
                       const base::CancelToken& asked) { return open_store(place, use == ports::Use::kRead, asked); },
      .progress = std::move(progress),
      .cancel = std::move(cancel)};
}

}  // namespace glucoledger::wiring
