// A patient's and clinics' homes in a folder, with invented readings: what the benches of whole use cases act on.
//
// Each step opens its home and closes it again, as the commands do.
#pragma once

#include <filesystem>
#include <string>

#include "home/home.h"
#include "ports/world.h"
#include "usecases/fetch.h"
#include "usecases/publish.h"

namespace glucoledger::bench {

class Homes {
 public:
  // The patient publishes to `ledger`: a folder or a node's URL. Nothing reports its progress.
  static Result<Homes> make(const std::filesystem::path& folder, const std::string& ledger, ports::World world);
  std::filesystem::path patient() const { return folder_ / "patient"; }
  std::filesystem::path clinic(const std::string& name) const { return folder_ / name; }

  // `count` readings, one each `minutes`, after those before.
  Result<void> add_readings(std::size_t count, int minutes);
  Result<usecases::OutboxReport> publish(const usecases::PublishOptions& options);
  // Everything, to one grant; its notes are sent.
  Result<void> share(keys::Design design);
  // A clinic that was given the invitation and reads through `ledger`.
  Result<void> invite(const std::string& name, const std::string& ledger);
  Result<usecases::FetchReport> fetch(const std::string& name);

  Result<home::Home> open(const std::filesystem::path& home) const;

 private:
  Homes(std::filesystem::path folder, ports::World world);
  Result<void> make_home(const std::filesystem::path& home, home::Role role, const locator::Locator& ledger) const;

  std::filesystem::path folder_;
  ports::World world_;
  std::size_t next_reading_ = 0;
  SecretBytes uri_;
};

}  // namespace glucoledger::bench
