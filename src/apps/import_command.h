// What `import --follow` and `publish --follow FOLDER` share.
#pragma once

#include <string>

#include "apps/device_file_options.h"
#include "apps/folder_watch.h"
#include "apps/session.h"

namespace glucoledger::apps {

// Imports what is new in the folder and tells it, a document or a text a file; no file ends the watch.
void import_changed(const Context& context, const Session& session, const DeviceFileArguments& arguments,
                    const std::string& time_zone, FolderWatch& watch);

}  // namespace glucoledger::apps
