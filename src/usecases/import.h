// Importing: the readings of a device file that was read, into a patient's home, each identity once.
#pragma once

#include "convert/device_file.h"
#include "home/readings.h"

namespace glucoledger::usecases {

struct Import {
  convert::ImportedFile file;
  home::Added added;
  bool names_another_person = false;  // than the home's patient
};

// All of the file's readings or, on an error, none. What the file says about its owner fills the gaps of the home's
// patient.
Result<Import> import_readings(home::Home& home, convert::ImportedFile file);

// Whom a device file names, as far as it does.
fhir::Patient patient_named_in(const convert::PatientDetails& details);

}  // namespace glucoledger::usecases
