// What the mam commands have in common: the mode by its name, and keys read from files.
#pragma once

#include <string>
#include <string_view>

#include "mam/mam.h"

namespace glucoledger::apps {

mam::Mode mam_mode_of(const std::string& name);  // one of those that the options offer
std::string_view without_line_end(std::string_view text);
// Restricted mode needs a side key's file, the others must have none: kUsage otherwise.
Result<mam::SecretTrytes> read_side_key(mam::Mode mode, const std::string& path);

inline constexpr std::string_view kForgeableWarning =
    "a message is signed at security 1, which can be forged with some effort";

}  // namespace glucoledger::apps
