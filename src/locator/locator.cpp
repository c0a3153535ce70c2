#include "locator/locator.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/limits.h"

namespace glucoledger::locator {
namespace {

using Kind = Locator::Kind;

constexpr std::string_view kSeparator = "://";

struct Word {
  std::string_view text;
  Kind kind;
};
// What stands before the URL of a store.
constexpr std::array<Word, 3> kWords = {
    {{"kubo:", Kind::kKubo}, {"cluster:", Kind::kCluster}, {"agent:", Kind::kAgent}}};

// Of valid UTF-8: C0, DEL, and C1, which some terminals obey too.
bool holds_control_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

Result<void> check_text(std::string_view text) {
  if (text.empty()) return fail(ErrorCode::kUsage, "no place is named", "name a folder, or http://host:port");
  if (text.size() > base::limits::kLocatorLengthMax) {
    return fail(ErrorCode::kUsage,
                "the name of a place is longer than " + std::to_string(base::limits::kLocatorLengthMax) + " bytes");
  }
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return fail(ErrorCode::kUsage, "the name of a place is not UTF-8 text", "choose a folder with another name");
  }
  if (holds_control_characters(text)) {
    return fail(ErrorCode::kUsage, "the name of a place holds control characters", "choose a folder with another name");
  }
  return {};
}

bool is_url(std::string_view text) {
  return !text.starts_with('/') &&
         (text.find(kSeparator) != std::string_view::npos || text.starts_with("http:") || text.starts_with("https:"));
}

bool has_word(std::string_view text) {
  return std::any_of(kWords.begin(), kWords.end(), [&](const Word& word) { return text.starts_with(word.text); });
}

// "localhost:14265": a URL whose scheme was forgotten.
bool looks_like_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  return colon != std::string_view::npos && colon != 0 && colon + 1 != text.size() &&
         text.find('/') == std::string_view::npos &&
         text.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
}

bool is_path_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

// "/a/b" without what could lead elsewhere: no empty part, no "." and no "..".
bool is_plain_path(std::string_view path) {
  if (!std::all_of(path.begin(), path.end(), is_path_character)) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    path.remove_prefix(part.size());
  }
  return true;
}

struct Url {
  Endpoint endpoint;
  std::string path;
};

Result<Url> parse_url(std::string_view text) {
  const auto scheme = text.find(kSeparator);
  const auto host = scheme == std::string_view::npos ? 0 : scheme + kSeparator.size();
  const auto host_end = std::min(text.find('/', host), text.size());
  Url url;
  GL_ASSIGN(url.endpoint, parse_endpoint(text.substr(0, host_end)));
  auto path = text.substr(host_end);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (!is_plain_path(path)) {
    return fail(ErrorCode::kUsage, "the path of a store's URL holds more than names", "write it as http://host:port");
  }
  url.path = path;
  return url;
}

}  // namespace

// All but relative folders; kNewerFormat for what only a later version may know.
Result<Locator> Locator::read(std::string_view text) {
  GL_CHECK(check_text(text));
  for (const auto& word : kWords) {
    if (!text.starts_with(word.text)) continue;
    GL_TRY(url, parse_url(text.substr(word.text.size())));
    return Locator(word.kind, {std::move(url.endpoint)}, std::move(url.path));
  }
  if (text.starts_with('/')) return Locator::of_folder(text);
  const auto scheme = text.substr(0, text.find(kSeparator));
  if (is_url(text) && scheme != "http" && scheme != "https" && scheme != text) {
    return fail(ErrorCode::kNewerFormat, "a place's URL must start with http:// or https://",
                "write it as https://host:port, or as http://host:port for a node of this machine; several with commas "
                "and without spaces");
  }
  if (is_url(text)) {
    GL_TRY(endpoints, parse_endpoints(text));
    return Locator(Kind::kNodes, std::move(endpoints), {});
  }
  return fail(ErrorCode::kNewerFormat, "this is neither an absolute folder nor a URL");
}

Locator::Locator(const std::filesystem::path& folder) : folder_(folder), text_(folder.string()) {}

Locator::Locator(Kind kind, std::vector<Endpoint> endpoints, std::string path)
    : kind_(kind), endpoints_(std::move(endpoints)), path_(std::move(path)) {
  for (const auto& word : kWords) {
    if (word.kind == kind) text_ = word.text;
  }
  text_ += join_urls(endpoints_) + path_;
}

Locator Locator::of_folder(const std::filesystem::path& folder) {
  GL_ASSERT(folder.is_absolute());
  auto normal = folder.lexically_normal();
  return Locator(normal.has_filename() ? normal : normal.parent_path());
}

Locator Locator::of_nodes(const std::vector<Endpoint>& endpoints) {
  GL_ASSERT(!endpoints.empty());
  std::vector<Endpoint> once;
  for (const auto& endpoint : endpoints) {
    if (std::find(once.begin(), once.end(), endpoint) == once.end()) once.push_back(endpoint);
  }
  return Locator(Kind::kNodes, std::move(once), {});
}

bool Locator::is_of_this_machine() const {
  return std::all_of(endpoints_.begin(), endpoints_.end(), [](const Endpoint& one) { return one.is_loopback(); });
}

const std::filesystem::path& Locator::folder() const {
  GL_ASSERT(is_folder());
  return folder_;
}

const std::vector<Endpoint>& Locator::endpoints() const {
  GL_ASSERT(!is_folder());
  return endpoints_;
}

Locator Locator::in_folder(std::string_view name) const {
  return of_folder(folder() / name);
}

std::string_view name_of(Kind kind) {
  constexpr std::array<std::string_view, 5> kNames = {"folder", "nodes", "kubo", "cluster", "agent"};
  return kNames.at(static_cast<std::size_t>(kind));
}

Result<Locator> Locator::decode(std::string_view text) {
  auto locator = read(text);
  if (!locator && locator.error().code != ErrorCode::kNewerFormat) locator.error().code = ErrorCode::kInputRefused;
  return locator;
}

Result<Locator> Locator::parse(std::string_view text) {
  if (text.empty() || is_url(text) || has_word(text)) {
    auto locator = read(text);
    if (!locator) locator.error().code = ErrorCode::kUsage;
    return locator;
  }
  std::error_code error;
  if (looks_like_host_and_port(text) && !std::filesystem::exists(text, error)) {
    return fail(ErrorCode::kUsage, "a place is a folder or a URL", "for a node write http://host:port");
  }
  const auto folder = std::filesystem::weakly_canonical(std::filesystem::absolute(text, error), error);
  if (error) return fail(ErrorCode::kUsage, "the folder cannot be resolved: " + error.message());
  return of_folder(folder);
}

}  // namespace glucoledger::locator
