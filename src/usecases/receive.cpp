#include "usecases/receive.h"

#include "base/child_process.h"
#include "base/limits.h"
#include "keys/qr.h"
#include "usecases/role.h"
#include "usecases/share.h"

namespace glucoledger::usecases {
namespace {

constexpr std::string_view kPngMagic = "\x89PNG";
constexpr std::string_view kJpegMagic = "\xFF\xD8\xFF";

Result<std::string> free_name(home::Home& home) {
  for (std::size_t number = 1;; ++number) {
    std::string name = "patient-" + std::to_string(number);
    GL_TRY(taken, home::contact_named(home, name));
    if (!taken) return name;
  }
}

// Pictures are made by anyone, and some keep a reader busy for as long as they like.
Result<SecretBytes> read_picture(ByteView picture, const base::CancelToken& cancel) {
  const base::ChildBounds bounds{.time_ms = base::limits::kPictureTimeMaxMs,
                                 .memory_size = base::limits::kPictureMemoryMax,
                                 .result_size_max = base::limits::kPictureTextMax};
  const Error refusal{ErrorCode::kInputRefused, "the picture is too much work to read",
                      "take it again: the QR code alone, straight from above, in even light"};
  const auto read = [&]() -> Result<SecretBytes> {
    return keys::read_qr_image(picture).map(
        [](const std::string& found) { return SecretBytes::copy_of(base::as_bytes(found)); });
  };
  return base::run_in_child(read, bounds, refusal, cancel);
}

}  // namespace

Result<Received> receive(home::Home& home, const ports::World& world, std::string_view content,
                         const std::optional<std::string>& name) {
  GL_CHECK(require_role(home, home::Role::kClinic));
  if (name) GL_CHECK(check_name(*name));
  SecretBytes text = SecretBytes::copy_of(base::as_bytes(content));
  if (content.starts_with(kJpegMagic)) {
    return fail(ErrorCode::kInputRefused, "the picture is a JPEG, which this version cannot read",
                "save it as a PNG, or take a screenshot of it");
  }
  if (content.starts_with(kPngMagic)) {
    GL_ASSIGN(text, read_picture(base::as_bytes(content), world.cancel));
  }
  GL_TRY(invitation, keys::decode_uri(text.text()));
  Received received;
  received.design = invitation.design;
  GL_CHECK(home.write([&](home::Transaction& transaction) -> Result<void> {
    GL_TRY(chosen, name ? Result<std::string>(*name) : free_name(home));
    GL_ASSIGN(received.contact, home::add_received_grant(transaction, invitation, chosen));
    return {};
  }));
  return received;
}

}  // namespace glucoledger::usecases
