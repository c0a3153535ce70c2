// Receiving an invitation: what a patient showed becomes a contact of the physician's home.
#pragma once

#include <optional>
#include <string_view>

#include "home/contacts.h"
#include "usecases/world.h"

namespace glucoledger::usecases {

// `content`: the URI as text, or a PNG image of its QR code. `name`: an alias for the patient ("patient-1" by default).
// An invitation received before gives its contact again.
Result<home::Contact> receive(home::Home& home, std::string_view content, const std::optional<std::string>& name);

}  // namespace glucoledger::usecases
