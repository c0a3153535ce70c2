// What `import --follow` and `publish --follow FOLDER` share.
#pragma once

#include <string>

#include "apps/command.h"
#include "usecases/import.h"

namespace glucoledger::apps {

// What came of one file of a watched folder: a document or a text.
void tell_import(const Context& context, const std::string& file, const Result<usecases::Import>& outcome);

}  // namespace glucoledger::apps
