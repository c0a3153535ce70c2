// A child of the same program, for benches that need real processes: its standard output is read line by line.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"

namespace glucoledger::bench {

class Process {
 public:
  // Its standard error goes where ours goes, with `quiet` nowhere.
  static Result<Process> start(const std::vector<std::string>& arguments, bool quiet);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();  // asks it to stop, and waits until it has
  // The next line of its output; nothing when none came in time, it ended, or it was cancelled.
  std::optional<std::string> line(int wait_ms, const base::CancelToken& cancel);

 private:
  Process(pid_t process, int output) : process_(process), output_(output) {}
  pid_t process_;
  int output_;
  std::string text_;  // read and not yet handed out
};

// The URL that a `node --json` tells once it serves.
Result<std::string> node_url(Process& node, int wait_ms, const base::CancelToken& cancel);

}  // namespace glucoledger::bench
