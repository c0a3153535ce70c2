// What exit codes tell, for the help: the table that holds for every command. A command's own footer says only what a
// code means there beyond it.
#pragma once

#include <string>

namespace glucoledger::apps {

// A line each.
std::string exit_code_table();

}  // namespace glucoledger::apps
