// Receiving an invitation: what a patient showed becomes a contact of the physician's home.
#pragma once

#include <optional>
#include <string_view>

#include "home/contacts.h"
#include "ports/world.h"

namespace glucoledger::usecases {

// `content`: the URI as text, or a PNG image of its QR code. `name`: an alias for the patient ("patient-1" by default).
// An invitation received before, or a further one of its thread, gives its contact again. The picture is read before
// the home is touched, in a process of its own: one that takes too long, or too much memory, is kInputRefused.
struct Received {
  home::Contact contact;
  keys::Design design = keys::Design::kTangle;  // of the invitation
};
Result<Received> receive(home::Home& home, const ports::World& world, std::string_view content,
                         const std::optional<std::string>& name);

}  // namespace glucoledger::usecases
