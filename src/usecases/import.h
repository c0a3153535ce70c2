// Importing: a device file's readings into a patient's home, each identity once.
#pragma once

#include <filesystem>
#include <vector>

#include "convert/device_file.h"
#include "home/readings.h"

namespace glucoledger::usecases {

struct Import {
  convert::ImportedFile file;
  home::Added added;
  bool names_another_person = false;  // than the home's patient
};

// A refused file leaves the home as it was. What the file says about its owner fills the gaps of the home's patient.
Result<Import> import_file(home::Home& home, const std::filesystem::path& path, const convert::ImportOptions& options,
                           const base::Progress& progress);

}  // namespace glucoledger::usecases
