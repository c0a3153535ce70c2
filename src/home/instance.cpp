#include "home/instance.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/limits.h"

namespace glucoledger::home {
namespace {

constexpr std::string_view kFormat = "glucoledger/instance";
constexpr int kVersion = 1;

std::filesystem::path file_in(const std::filesystem::path& folder) {
  return folder / "instance";
}

std::string machine_hash() {
  const auto id = base::read_file("/etc/machine-id", base::limits::kInstanceSizeMax);
  if (!id) return "";
  Bytes digest(16);
  crypto_generichash(digest.data(), digest.size(), base::as_bytes(*id).data(), id->size(), nullptr, 0);
  return base::hex_encode(digest);
}

std::string identity_of(int folder_or_file, const char* path, int flags) {
  struct statx status {};
  if (::statx(folder_or_file, path, flags, STATX_INO | STATX_BTIME, &status) != 0) return "";
  return std::to_string(status.stx_ino) + ":" + std::to_string(status.stx_btime.tv_sec) + "." +
         std::to_string(status.stx_btime.tv_nsec);
}

// Earlier versions wrote the device's two numbers in front, which may be others whenever the machine starts.
std::string without_device(std::string identity) {
  if (std::count(identity.begin(), identity.end(), ':') != 3) return identity;
  return identity.substr(identity.find(':', identity.find(':') + 1) + 1);
}

std::string identity_of(const std::filesystem::path& file) {
  return identity_of(AT_FDCWD, file.c_str(), 0);
}

}  // namespace

std::optional<Instance> read_instance(const std::filesystem::path& folder) {
  // Opened once: another process may put a newer one in its place meanwhile.
  const base::Descriptor file(::open(file_in(folder).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.value() < 0) return std::nullopt;
  std::string text(base::limits::kInstanceSizeMax + 1, '\0');
  const auto size = ::pread(file.value(), text.data(), text.size(), 0);
  if (size < 0 || static_cast<std::size_t>(size) == text.size()) return std::nullopt;
  text.resize(static_cast<std::size_t>(size));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("format") || json["format"] != kFormat || !json.contains("version") ||
      json["version"] != kVersion) {
    return std::nullopt;
  }
  for (const char* name : {"id", "machine", "files"}) {
    if (!json.contains(name) || !json[name].is_string()) return std::nullopt;
  }
  if (!json.contains("signings") || !json["signings"].is_number_integer()) return std::nullopt;
  const auto self = json.find("self");
  const auto present = identity_of(file.value(), "", AT_EMPTY_PATH);
  const bool is_as_written =
      self == json.end() || (self->is_string() && without_device(self->get<std::string>()) == present);
  return Instance{json["id"], json["machine"], without_device(json["files"]), json["signings"], is_as_written};
}

Result<void> write_instance(const std::filesystem::path& folder, const Instance& instance) {
  const auto content = [&](const std::filesystem::path& made) {
    const nlohmann::ordered_json json = {{"format", kFormat},        {"version", kVersion},
                                         {"id", instance.id},        {"machine", instance.machine},
                                         {"files", instance.files},  {"signings", instance.signings},
                                         {"self", identity_of(made)}};
    return base::to_bytes(json.dump() + "\n");
  };
  return base::write_file_atomic(file_in(folder), content, 0600);
}

Instance present_instance(const std::filesystem::path& database, std::string id, std::int64_t signings) {
  return {std::move(id), machine_hash(), identity_of(database), signings, true};
}

}  // namespace glucoledger::home
