// The state of a channel without a home, as `mam publish` writes to it: its seed, the next index, and the message under
// way.
//
// A one-time key must sign one message only. So before anything of a message leaves, its index is used up and its
// payload and bundle are in the file, synced; a retry sends the same ones. One process at a time holds the file (a lock
// beside it). JSON, mode 0600: whoever reads it can write to the channel. kNewerFormat and kCorrupt for what this
// version cannot read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "ledger/bundle.h"
#include "mam/mam.h"

namespace glucoledger::exchange {

struct PendingMessage {
  std::uint64_t index = 0;
  std::string message_trytes;
  ledger::PreparedBundle bundle;
};

struct ChannelState {
  mam::SecretTrytes seed;
  mam::Mode mode = mam::Mode::kRestricted;
  int security = 2;
  std::uint64_t next_index = 0;
  std::optional<PendingMessage> pending;
};

class ChannelFile {
 public:
  // Waits for its turn; reads the file, or makes it with a fresh seed, `mode` and `security`. An old one of another
  // mode or security: kUsage (`security` absent: whatever it is).
  static Result<ChannelFile> open(const std::filesystem::path& path, mam::Mode mode, std::optional<int> security,
                                  const base::CancelToken& cancel = {});
  ChannelState& state() { return state_; }
  Result<void> save();

 private:
  ChannelFile(std::filesystem::path path, base::FileLock lock, ChannelState state)
      : path_(std::move(path)), lock_(std::move(lock)), state_(std::move(state)) {}
  std::filesystem::path path_;
  base::FileLock lock_;
  ChannelState state_;
};

}  // namespace glucoledger::exchange
