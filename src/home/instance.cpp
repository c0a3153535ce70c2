#include "home/instance.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

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

std::string identity_of(const std::filesystem::path& file) {
  struct statx status {};
  if (::statx(AT_FDCWD, file.c_str(), 0, STATX_INO | STATX_BTIME, &status) != 0) return "";
  return std::to_string(status.stx_dev_major) + ":" + std::to_string(status.stx_dev_minor) + ":" +
         std::to_string(status.stx_ino) + ":" + std::to_string(status.stx_btime.tv_sec) + "." +
         std::to_string(status.stx_btime.tv_nsec);
}

}  // namespace

std::optional<Instance> read_instance(const std::filesystem::path& folder) {
  const auto text = base::read_file(file_in(folder), base::limits::kInstanceSizeMax);
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("format") || json["format"] != kFormat || !json.contains("version") ||
      json["version"] != kVersion) {
    return std::nullopt;
  }
  for (const char* name : {"id", "machine", "files"}) {
    if (!json.contains(name) || !json[name].is_string()) return std::nullopt;
  }
  if (!json.contains("signings") || !json["signings"].is_number_integer()) return std::nullopt;
  return Instance{json["id"], json["machine"], json["files"], json["signings"]};
}

Result<void> write_instance(const std::filesystem::path& folder, const Instance& instance) {
  const nlohmann::ordered_json json = {{"format", kFormat},       {"version", kVersion},
                                       {"id", instance.id},       {"machine", instance.machine},
                                       {"files", instance.files}, {"signings", instance.signings}};
  return base::write_file_atomic(file_in(folder), base::as_bytes(json.dump() + "\n"), 0600);
}

Instance present_instance(const std::filesystem::path& database, std::string id, std::int64_t signings) {
  return {std::move(id), machine_hash(), identity_of(database), signings};
}

}  // namespace glucoledger::home
