// Importing: a device file's readings into a patient's home, each identity once.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "convert/device_file.h"
#include "home/readings.h"
#include "ports/world.h"
#include "usecases/inbox.h"

namespace glucoledger::usecases {

using ports::World;

struct Import {
  convert::ImportedFile file;
  home::Added added;
  bool names_another_person = false;  // than the home's: only where that was confirmed
};

// A home is one person's. A file that names another one than the home's patient, or labels its rows otherwise than the
// files before it, is kInputRefused, unless somebody says that it is the same person. The names of the home's stay.
enum class Person { kMustBeSame, kIsConfirmed };

// Reads the file ("-": standard input) without holding the home, which gives the time zone that neither file nor
// options name. What is refused changes nothing.
Result<Import> import_file(home::Home& home, const World& world, const std::filesystem::path& file,
                           convert::ImportOptions options, Person person = Person::kMustBeSame);
// Readings that were read, some thousands in a transaction: cut short, it is repeated. What the file says about its
// owner fills the gaps of the home's patient.
Result<Import> import_readings(home::Home& home, convert::ImportedFile file, Person person = Person::kMustBeSame);

using TellImport = std::function<void(const std::string& file, const Result<Import>& outcome)>;
// One after the other; `tell` gets what came of each, and no file ends it. kInterrupted: cancelled before the last one.
Result<void> import_files(home::Home& home, const World& world, std::span<const std::string> files,
                          const convert::ImportOptions& options, const TellImport& tell,
                          Person person = Person::kMustBeSame);

// What is new in the inbox, likewise; another person's is never taken.
void import_new_files(home::Home& home, const World& world, Inbox& inbox, const convert::ImportOptions& options,
                      const TellImport& tell);
// Until cancelled: that is how it ends well. `begun`: what is wrong from the start was told by then; may be absent.
Result<void> follow_imports(home::Home& home, const World& world, Inbox& inbox, const convert::ImportOptions& options,
                            const TellImport& tell, const std::function<void()>& begun = {});

// Whom a device file names, as far as it does.
fhir::Patient patient_named_in(const convert::PatientDetails& details);

}  // namespace glucoledger::usecases
