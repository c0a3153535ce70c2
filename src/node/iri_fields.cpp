#include "node/iri_fields.h"

#include "crypto/kerl.h"

namespace glucoledger::node {
namespace {

constexpr std::size_t kExcerptSize = 40;
constexpr std::size_t kChecksumTrytes = 9;

Result<ledger::Hash> address(const std::string& text) {
  if (text.size() == crypto::kHashTrytes + kChecksumTrytes && crypto::is_trytes(text)) {
    GL_TRY(bare, ledger::Hash::from_trytes(std::string_view(text).substr(0, crypto::kHashTrytes)));
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

Result<std::vector<std::string>> string_list(const nlohmann::json& request, const char* name, std::size_t size_max) {
  std::vector<std::string> strings;
  const auto found = request.find(name);
  if (found == request.end() || found->is_null()) return strings;
  if (!found->is_array()) return refused(std::string("field ") + name + " must be a list of strings");
  if (found->size() > size_max) {
    return refused(std::string("too many entries in ") + name + ". max. allowed: " + std::to_string(size_max));
  }
  strings.reserve(found->size());
  for (const nlohmann::json& item : *found) {
    if (!item.is_string()) return refused(std::string("field ") + name + " must be a list of strings");
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

Result<std::optional<std::int64_t>> integer(const nlohmann::json& request, const char* name) {
  const auto found = request.find(name);
  if (found == request.end() || found->is_null()) return std::nullopt;
  const bool too_large = found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{INT64_MAX};
  if (!found->is_number_integer() || too_large) return refused(std::string("field ") + name + " must be an integer");
  return found->get<std::int64_t>();
}

Result<std::vector<ledger::Hash>> hash_list(const nlohmann::json& request, const char* name, std::size_t size_max) {
  GL_TRY(strings, string_list(request, name, size_max));
  std::vector<ledger::Hash> hashes;
  hashes.reserve(strings.size());
  for (const std::string& text : strings) {
    const auto hash = ledger::Hash::from_trytes(text);
    if (!hash) return refused(std::string("invalid hash provided in ") + name + ": " + excerpt(text));
    hashes.push_back(*hash);
  }
  return hashes;
}

Result<std::optional<ledger::Hash>> hash(const nlohmann::json& request, const char* name) {
  const auto found = request.find(name);
  if (found == request.end() || found->is_null()) return std::nullopt;
  if (!found->is_string()) return refused(std::string("field ") + name + " must be a string");
  const auto hash = ledger::Hash::from_trytes(found->get<std::string>());
  if (!hash) return refused(std::string("invalid hash supplied as ") + name);
  return *hash;
}

Result<std::vector<ledger::Hash>> address_list(const nlohmann::json& request, const char* name, std::size_t size_max) {
  GL_TRY(strings, string_list(request, name, size_max));
  std::vector<ledger::Hash> addresses;
  addresses.reserve(strings.size());
  for (const std::string& text : strings) {
    GL_TRY(one, address(text));
    addresses.push_back(one);
  }
  return addresses;
}

Result<std::vector<std::string>> tag_list(const nlohmann::json& request, const char* name, std::size_t size_max) {
  GL_TRY(tags, string_list(request, name, size_max));
  for (std::string& tag : tags) {
    if (tag.size() > ledger::kTagTrytes) return refused("invalid tag length: " + excerpt(tag));
    if (!crypto::is_trytes(tag)) return refused("invalid tag provided: " + excerpt(tag));
    tag.resize(ledger::kTagTrytes, '9');
  }
  return tags;
}

Result<std::vector<ledger::Transaction>> transaction_list(const nlohmann::json& request, const char* name,
                                                          std::size_t size_max) {
  GL_TRY(strings, string_list(request, name, size_max));
  if (strings.empty()) return refused("No trytes provided");
  std::vector<ledger::Transaction> transactions;
  transactions.reserve(strings.size());
  for (std::string& text : strings) {
    if (text.size() != ledger::kTransactionTrytes) {
      return refused("invalid transaction trytes: a transaction has 2673 of them, not " + std::to_string(text.size()));
    }
    if (!crypto::is_trytes(text)) return refused("invalid trytes: only 9 and A-Z are");
    if (text.find_first_not_of('9') == std::string::npos) return refused("an empty transaction is none");
    GL_TRY(transaction, ledger::Transaction::from_trytes(std::move(text)));
    transactions.push_back(std::move(transaction));
  }
  return transactions;
}

}  // namespace glucoledger::node
