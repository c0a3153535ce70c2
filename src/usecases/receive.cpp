#include "usecases/receive.h"

#include <sodium.h>

#include "keys/qr.h"
#include "usecases/role.h"
#include "usecases/share.h"

namespace glucoledger::usecases {
namespace {

constexpr std::string_view kPngMagic = "\x89PNG";

Result<std::string> free_name(home::Home& home) {
  for (std::size_t number = 1;; ++number) {
    std::string name = "patient-" + std::to_string(number);
    GL_TRY(taken, home::contact_named(home, name));
    if (!taken) return name;
  }
}

}  // namespace

Result<Received> receive(home::Home& home, std::string_view content, const std::optional<std::string>& name) {
  GL_CHECK(require_role(home, home::Role::kClinic));
  if (name) GL_CHECK(check_name(*name));
  SecretBytes text = SecretBytes::copy_of(base::as_bytes(content));
  if (content.starts_with(kPngMagic)) {
    GL_TRY(read, keys::read_qr_image(base::as_bytes(content)));
    text = SecretBytes::copy_of(base::as_bytes(read));
    sodium_memzero(read.data(), read.size());
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
