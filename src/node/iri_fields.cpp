#include "node/iri_fields.h"

#include <algorithm>

#include "crypto/kerl.h"

namespace glucoledger::node {
namespace {

constexpr std::size_t kExcerptSize = 40;
constexpr std::size_t kChecksumTrytes = 9;

Result<ledger::Hash> address(std::string_view text) {
  if (text.size() == crypto::kHashTrytes + kChecksumTrytes && crypto::is_trytes(text)) {
    GL_TRY(bare, ledger::Hash::from_trytes(text.substr(0, crypto::kHashTrytes)));
    const ledger::Hash digest = crypto::kerl_hash(bare.trits());
    if (!text.ends_with(digest.trytes().substr(crypto::kHashTrytes - kChecksumTrytes))) {
      return refused("invalid address, its checksum is wrong: " + excerpt(text));
    }
    return bare;
  }
  const auto bare = ledger::Hash::from_trytes(text);
  if (!bare) return refused("invalid address hash provided: " + excerpt(text));
  return *bare;
}

// Nothing where the field is absent or null.
std::optional<simdjson::dom::element> find_field(const Fields& fields, std::string_view name) {
  simdjson::dom::element found;
  if (fields.at_key(name).get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  return found;
}

std::string field(std::string_view name) {
  return "field " + std::string(name);
}

}  // namespace

tl::unexpected<Error> refused(std::string reason) {
  return fail(ErrorCode::kInputRefused, std::move(reason));
}

std::string excerpt(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kExcerptSize)) out += c >= ' ' && c <= '~' ? c : '?';
  if (text.size() > kExcerptSize) out += "... (" + std::to_string(text.size()) + " characters)";
  return out;
}

Result<std::vector<std::string_view>> string_list(const Fields& fields, std::string_view name, std::size_t size_max) {
  std::vector<std::string_view> strings;
  const auto found = find_field(fields, name);
  if (!found) return strings;
  simdjson::dom::array list;
  if (found->get_array().get(list) != simdjson::SUCCESS) return refused(field(name) + " must be a list of strings");
  strings.reserve(std::min(list.size(), size_max));
  for (const simdjson::dom::element item : list) {
    if (strings.size() == size_max) {
      return refused("too many entries in " + std::string(name) + ". max. allowed: " + std::to_string(size_max));
    }
    std::string_view text;
    if (item.get_string().get(text) != simdjson::SUCCESS) return refused(field(name) + " must be a list of strings");
    strings.push_back(text);
  }
  return strings;
}

Result<std::optional<std::int64_t>> integer(const Fields& fields, std::string_view name) {
  const auto found = find_field(fields, name);
  if (!found) return std::nullopt;
  std::int64_t value = 0;
  if (found->get_int64().get(value) != simdjson::SUCCESS) return refused(field(name) + " must be an integer");
  return value;
}

Result<std::vector<ledger::Hash>> hash_list(const Fields& fields, std::string_view name, std::size_t size_max) {
  GL_TRY(strings, string_list(fields, name, size_max));
  std::vector<ledger::Hash> hashes;
  hashes.reserve(strings.size());
  for (const std::string_view text : strings) {
    const auto hash = ledger::Hash::from_trytes(text);
    if (!hash) return refused("invalid hash provided in " + std::string(name) + ": " + excerpt(text));
    hashes.push_back(*hash);
  }
  return hashes;
}

Result<std::optional<ledger::Hash>> hash(const Fields& fields, std::string_view name) {
  const auto found = find_field(fields, name);
  if (!found) return std::nullopt;
  std::string_view text;
  if (found->get_string().get(text) != simdjson::SUCCESS) return refused(field(name) + " must be a string");
  const auto hash = ledger::Hash::from_trytes(text);
  if (!hash) return refused("invalid hash supplied as " + std::string(name));
  return *hash;
}

Result<std::vector<ledger::Hash>> address_list(const Fields& fields, std::string_view name, std::size_t size_max) {
  GL_TRY(strings, string_list(fields, name, size_max));
  std::vector<ledger::Hash> addresses;
  addresses.reserve(strings.size());
  for (const std::string_view text : strings) {
    GL_TRY(one, address(text));
    addresses.push_back(one);
  }
  return addresses;
}

Result<std::vector<std::string>> tag_list(const Fields& fields, std::string_view name, std::size_t size_max) {
  GL_TRY(strings, string_list(fields, name, size_max));
  std::vector<std::string> tags;
  for (const std::string_view text : strings) {
    if (text.size() > ledger::kTagTrytes) return refused("invalid tag length: " + excerpt(text));
    if (!crypto::is_trytes(text)) return refused("invalid tag provided: " + excerpt(text));
    tags.emplace_back(text).resize(ledger::kTagTrytes, '9');
  }
  return tags;
}

Result<std::vector<ledger::Transaction>> transaction_list(const Fields& fields, std::string_view name,
                                                          std::size_t size_max) {
  GL_TRY(strings, string_list(fields, name, size_max));
  if (strings.empty()) return refused("No trytes provided");
  std::vector<std::string> trytes;
  trytes.reserve(strings.size());
  for (const std::string_view text : strings) {
    if (text.size() != ledger::kTransactionTrytes) {
      return refused("invalid transaction trytes: a transaction has " + std::to_string(ledger::kTransactionTrytes) +
                     " of them, not " + std::to_string(text.size()));
    }
    if (!crypto::is_trytes(text)) return refused("invalid trytes: only 9 and A-Z are");
    if (text.find_first_not_of('9') == std::string_view::npos) return refused("an empty transaction is none");
    trytes.emplace_back(text);
  }
  return ledger::Transaction::many_from_trytes(std::move(trytes));
}

}  // namespace glucoledger::node
