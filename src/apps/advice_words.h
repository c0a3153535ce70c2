// What a person at the command line is told to do next: the one place that words an Advice, with commands and options.
#pragma once

#include <string>

#include "base/result.h"

namespace glucoledger::apps {

// One line without a full stop; empty where there is nothing to say.
std::string next_step_of(const Error& error);

}  // namespace glucoledger::apps
