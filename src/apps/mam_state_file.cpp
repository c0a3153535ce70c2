#include "apps/mam_state_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/mam_options.h"
#include "base/interrupt.h"
#include "base/limits.h"

namespace glucoledger::apps {
namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "glucoledger/mam-state";
constexpr int kVersion = 1;
constexpr int kDefaultSecurity = 2;
constexpr std::int64_t kLockWaitMs = 60'000;

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::kCorrupt, "the state file is damaged: " + what,
              "do not repair it by hand: a wrong index signs twice; begin a new channel with a new --state file");
}

bool has_string(const json& object, const char* name) {
  return object.contains(name) && object[name].is_string();
}
bool has_natural(const json& object, const char* name) {
  return object.contains(name) && object[name].is_number_unsigned();
}

Result<MamPending> parse_pending(const json& document) {
  const bool shaped = document.is_object() && has_natural(document, "index") && has_string(document, "message") &&
                      document.contains("bundle") && document["bundle"].is_array();
  if (!shaped) return damaged("the message under way has another shape");
  MamPending pending;
  pending.index = document["index"].get<std::uint64_t>();
  pending.message_trytes = document["message"].get<std::string>();
  for (const json& one : document["bundle"]) {
    if (!one.is_string()) return damaged("the bundle under way is no list of trytes");
    pending.bundle.push_back(one.get<std::string>());
    if (!ledger::Transaction::from_trytes(pending.bundle.back())) return damaged("the bundle under way is not valid");
  }
  const bool sized = !pending.bundle.empty() && pending.bundle.size() <= base::limits::kBundleTransactionsMax;
  if (!sized || !crypto::is_trytes(pending.message_trytes)) return damaged("the message under way is not valid");
  return pending;
}

Result<MamState> parse(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object() || !has_string(document, "format") || document["format"] != std::string(kFormat)) {
    return fail(ErrorCode::kInputRefused, "the --state file is not one of `mam publish`",
                "name a file that does not exist yet: it is made");
  }
  if (!has_natural(document, "version")) return damaged("it has no version");
  if (document["version"].get<std::uint64_t>() > kVersion) {
    return fail(ErrorCode::kNewerFormat, "the state file was made by a newer version of this program", "update it");
  }
  const bool shaped = has_string(document, "mode") && has_natural(document, "security") &&
                      has_string(document, "seed") && has_natural(document, "next_index");
  if (!shaped) return damaged("a field is missing");
  const std::string mode = document["mode"].get<std::string>();
  auto seed = mam::SecretTrytes::from_trytes(document["seed"].get_ref<const std::string&>());
  const std::uint64_t security = document["security"].get<std::uint64_t>();
  const bool valid = seed && document["seed"].get_ref<const std::string&>().size() == crypto::kHashTrytes &&
                     security >= 1 && security <= 3 && mam_mode_name(mam_mode_of(mode)) == mode;
  if (!valid) return damaged("a field has a wrong value");
  MamState state{std::move(*seed), mam_mode_of(mode), static_cast<int>(security),
                 document["next_index"].get<std::uint64_t>(), std::nullopt};
  if (document.contains("pending") && !document["pending"].is_null()) {
    GL_ASSIGN(state.pending, parse_pending(document["pending"]));
    if (state.pending->index >= state.next_index) return damaged("the message under way has an index not used up");
  }
  return state;
}

}  // namespace

Result<MamStateFile> MamStateFile::open(const std::filesystem::path& path, mam::Mode mode,
                                        std::optional<int> security) {
  GL_TRY(lock, base::FileLock::acquire(path.string() + ".lock", kLockWaitMs, base::interrupt_token()));
  auto content = base::read_file(path, base::limits::kMamStateSizeMax);
  if (!content && content.error().code != ErrorCode::kNotFound) return tl::unexpected(content.error());
  if (!content) {
    MamStateFile made(path, std::move(lock),
                      MamState{mam::SecretTrytes::random(), mode, security.value_or(kDefaultSecurity), 0, {}});
    GL_CHECK(made.save());
    return made;
  }
  std::string& text = *content;
  auto state = parse(text);
  sodium_memzero(text.data(), text.size());
  if (!state) return tl::unexpected(state.error());
  if (state->mode != mode || (security && state->security != *security)) {
    return fail(ErrorCode::kUsage,
                "this state file's channel is " + std::string(mam_mode_name(state->mode)) + " with security " +
                    std::to_string(state->security),
                "give its --mode, or another --state file for a new channel");
  }
  return MamStateFile(path, std::move(lock), std::move(*state));
}

Result<void> MamStateFile::save() {
  nlohmann::ordered_json document = {
      {"format", kFormat},           {"version", kVersion},          {"mode", mam_mode_name(state_.mode)},
      {"security", state_.security}, {"seed", state_.seed.trytes()}, {"next_index", state_.next_index},
      {"pending", nullptr}};
  if (state_.pending) {
    document["pending"] = {{"index", state_.pending->index},
                           {"message", state_.pending->message_trytes},
                           {"bundle", state_.pending->bundle}};
  }
  std::string text = document.dump(1) + "\n";
  auto written = base::write_file_atomic(path_, base::as_bytes(text), 0600);
  sodium_memzero(text.data(), text.size());
  return written;
}

}  // namespace glucoledger::apps
