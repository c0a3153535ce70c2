#include "exchange/channel_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/advice.h"
#include "base/limits.h"

namespace glucoledger::exchange {
namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "glucoledger/mam-state";
constexpr int kVersion = 1;
constexpr int kDefaultSecurity = 2;
constexpr std::int64_t kLockWaitMs = 60'000;

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::kCorrupt, "the state file is damaged: " + what, Advice::kBeginChannel);
}

bool has_string(const json& object, const char* name) {
  return object.contains(name) && object[name].is_string();
}
bool has_natural(const json& object, const char* name) {
  return object.contains(name) && object[name].is_number_unsigned();
}

Result<PendingMessage> parse_pending(const json& document) {
  const bool shaped = document.is_object() && has_natural(document, "index") && has_string(document, "message") &&
                      document.contains("bundle") && document["bundle"].is_array();
  if (!shaped) return damaged("the message under way has another shape");
  PendingMessage pending;
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

Result<ChannelState> parse(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object() || !has_string(document, "format") || document["format"] != std::string(kFormat)) {
    return fail(ErrorCode::kInputRefused, "the state file is not one of a MAM channel",
                "name a file that does not exist yet: it is made");
  }
  if (!has_natural(document, "version")) return damaged("it has no version");
  if (document["version"].get<std::uint64_t>() > kVersion) {
    return fail(ErrorCode::kNewerFormat, "the state file was made by a newer version of this program", "update it");
  }
  const bool shaped = has_string(document, "mode") && has_natural(document, "security") &&
                      has_string(document, "seed") && has_natural(document, "next_index");
  if (!shaped) return damaged("a field is missing");
  const auto mode = mam::mode_named(document["mode"].get_ref<const std::string&>());
  auto seed = mam::SecretTrytes::from_trytes(document["seed"].get_ref<const std::string&>());
  const std::uint64_t security = document["security"].get<std::uint64_t>();
  const bool valid = seed && document["seed"].get_ref<const std::string&>().size() == crypto::kHashTrytes &&
                     security >= 1 && security <= 3 && mode;
  if (!valid) return damaged("a field has a wrong value");
  ChannelState state{std::move(*seed), *mode, static_cast<int>(security), document["next_index"].get<std::uint64_t>(),
                     std::nullopt};
  if (document.contains("pending") && !document["pending"].is_null()) {
    GL_ASSIGN(state.pending, parse_pending(document["pending"]));
    if (state.pending->index >= state.next_index) return damaged("the message under way has an index not used up");
  }
  return state;
}

}  // namespace

Result<ChannelFile> ChannelFile::open(const std::filesystem::path& named, mam::Mode mode, std::optional<int> security,
                                      const base::CancelToken& cancel) {
  // The rules of one-time keys hold for the file, whatever name leads to it.
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(named, error), error);
  if (error) {
    return fail(ErrorCode::kUsage, "the state file's path cannot be resolved: " + error.message(), "check the path");
  }
  GL_TRY(lock, base::FileLock::acquire(path.string() + ".lock", kLockWaitMs, cancel));
  if (std::filesystem::hard_link_count(path, error) > 1 && !error) {
    return fail(ErrorCode::kNotAllowed,
                "the state file has a second name (a hard link), by which its keys could sign twice",
                "remove the other name");
  }
  auto content = base::read_plain_file(path, base::limits::kMamStateSizeMax);
  if (!content && content.error().code != ErrorCode::kNotFound) return tl::unexpected(content.error());
  if (!content) {
    return ChannelFile(path, std::move(lock),
                       ChannelState{mam::SecretTrytes::random(), mode, security.value_or(kDefaultSecurity), 0, {}});
  }
  std::string& text = *content;
  auto state = parse(text);
  sodium_memzero(text.data(), text.size());
  if (!state) return tl::unexpected(state.error());
  if (state->mode != mode || (security && state->security != *security)) {
    return fail(ErrorCode::kUsage,
                "this state file's channel is " + std::string(mam::name_of(state->mode)) + " with security " +
                    std::to_string(state->security),
                Advice::kChooseModeOrChannel);
  }
  return ChannelFile(path, std::move(lock), std::move(*state));
}

Result<void> ChannelFile::save() {
  nlohmann::ordered_json document = {
      {"format", kFormat},           {"version", kVersion},          {"mode", mam::name_of(state_.mode)},
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

}  // namespace glucoledger::exchange
