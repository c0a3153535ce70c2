#include "keys/epoch_release.h"

#include <sodium.h>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/wall_time.h"
#include "cgm/local_day.h"

namespace glucoledger::keys {
namespace {

using crypto::kPackedHashSize;
constexpr std::size_t kFileSecretSize = 32;

nlohmann::json packed(std::string_view trytes) {
  return nlohmann::json::binary(crypto::pack_trits(crypto::trits_from_trytes(trytes)));
}

Result<std::string> unpacked(const nlohmann::json& object, const char* name) {
  GL_TRY(bytes, binary_field(object, name, kPackedHashSize));
  GL_TRY(trits, crypto::unpack_trits(bytes, crypto::kHashTrits));
  return crypto::trytes_from_trits(trits);
}

// Days since 1970-01-01; only years of four digits have a text of their own.
Result<std::string> day_field(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer() || found->get<std::int64_t>() < base::limits::kDayMin ||
      found->get<std::int64_t>() > base::limits::kDayMax) {
    return fail(ErrorCode::kCorrupt, std::string("the field ") + name + " is no day");
  }
  return base::day_text(found->get<std::int64_t>());
}

// Reads without building anything: nlohmann's reader recurses, so the depth must be known before.
class DepthCheck : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= base::limits::kCborDepthMax; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return --depth_ >= 0; }
  bool start_array(std::size_t) override { return ++depth_ <= base::limits::kCborDepthMax; }
  bool end_array() override { return --depth_ >= 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  int depth_ = 0;
};

}  // namespace

std::string_view name_of(Design design) {
  return design == Design::kTangle ? "tangle" : "tangle-ipfs";
}

Result<Design> design_named(std::string_view name) {
  if (name == name_of(Design::kTangle)) return Design::kTangle;
  if (name == name_of(Design::kTangleIpfs)) return Design::kTangleIpfs;
  return fail(ErrorCode::kUsage, "unknown design", "choose tangle or tangle-ipfs");
}

Result<Bytes> binary_field(const nlohmann::json& object, const char* name, std::size_t size) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_binary() || found->get_binary().size() != size) {
    return fail(ErrorCode::kCorrupt, std::string("the field ") + name + " is missing or has another size");
  }
  return Bytes(found->get_binary().begin(), found->get_binary().end());
}

unsigned encode_design(Design design) {
  return static_cast<unsigned>(design);
}

Result<Design> decode_design(const nlohmann::json& object) {
  const auto found = object.find("d");
  if (found == object.end() || !found->is_number_unsigned()) return fail(ErrorCode::kCorrupt, "the design is missing");
  const auto number = found->get<std::uint64_t>();
  if (number > static_cast<std::uint64_t>(Design::kTangleIpfs)) {
    return fail(ErrorCode::kNewerFormat, "a design that this version does not know", "install a newer glucoledger");
  }
  return static_cast<Design>(number);
}

Result<nlohmann::json> decode_cbor(ByteView bytes) {
  DepthCheck check;
  if (!nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &check, nlohmann::json::input_format_t::cbor)) {
    return fail(ErrorCode::kCorrupt, "not CBOR, or nested too deep");
  }
  auto decoded = nlohmann::json::from_cbor(bytes.begin(), bytes.end(), true, false);
  if (!decoded.is_object()) return fail(ErrorCode::kCorrupt, "not a CBOR map");
  return decoded;
}

nlohmann::json encode_release(const EpochRelease& release) {
  const auto first_day = cgm::days_since_epoch(release.first_day);
  const auto last_day = cgm::days_since_epoch(release.last_day);
  GL_ASSERT(first_day && last_day);
  nlohmann::json encoded = {{"d", encode_design(release.design)},
                            {"r", packed(release.root.trytes())},
                            {"k", packed(release.side_key.text())},
                            {"f", *first_day},
                            {"t", *last_day}};
  if (release.file_secret) {
    const auto view = release.file_secret->view();
    encoded["s"] = nlohmann::json::binary(Bytes(view.begin(), view.end()));
  }
  return encoded;
}

Result<EpochRelease> decode_release(const nlohmann::json& encoded) {
  if (!encoded.is_object()) return fail(ErrorCode::kCorrupt, "an epoch's release is no map");
  EpochRelease release;
  GL_ASSIGN(release.design, decode_design(encoded));
  GL_TRY(root, unpacked(encoded, "r"));
  GL_ASSIGN(release.root, crypto::Hash::from_trytes(root));
  GL_TRY(side_key, unpacked(encoded, "k"));
  release.side_key = SecretBytes::copy_of(base::as_bytes(side_key));
  sodium_memzero(side_key.data(), side_key.size());
  GL_ASSIGN(release.first_day, day_field(encoded, "f"));
  GL_ASSIGN(release.last_day, day_field(encoded, "t"));
  if (release.design == Design::kTangleIpfs) {
    GL_TRY(secret, binary_field(encoded, "s", kFileSecretSize));
    release.file_secret = SecretBytes(std::move(secret));
  }
  return release;
}

}  // namespace glucoledger::keys
