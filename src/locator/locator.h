// Where a ledger or a content store is, read once from its text:
//
//   FOLDER                  a folder of this machine: the ledger or the store itself
//   URL[,URL...]            nodes of one ledger
//   kubo:URL                a Kubo node's RPC API: a store
//   cluster:URL             an IPFS Cluster's REST API: a store
//   agent:URL               an agent in front of stores: a store
//
// URL = "http[s]://host[:port]"; with a word before it also a path. No user, no password, no token stands in it. (A
// folder whose name begins with such a word is written "./kubo:".) The canonical text names one place in one way: a
// folder's absolute path, hosts in lower case, ports written, no node twice.
//
// Texts from others are UTF-8 without control characters and at most limits::kLocatorLengthMax long: they go into JSON
// and terminals. An error's words never hold the text itself, which may hold a password.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "locator/endpoint.h"

namespace glucoledger::locator {

class Locator {
 public:
  enum class Kind { kFolder, kNodes, kKubo, kCluster, kAgent };

  // What a person of this machine names: relative folders and links are resolved; the folder need not exist and may
  // have any name. kUsage.
  static Result<Locator> parse(std::string_view text);
  // What was stored or came from others: nothing is looked up on this machine, and folders are absolute. kNewerFormat:
  // a kind that this version does not know; kInputRefused: anything else.
  static Result<Locator> decode(std::string_view text);
  // An absolute folder (asserted); at least one endpoint (asserted), and who is named twice counts once.
  static Locator of_folder(const std::filesystem::path& folder);
  static Locator of_nodes(const std::vector<Endpoint>& endpoints);

  Kind kind() const { return kind_; }
  bool is_folder() const { return kind_ == Kind::kFolder; }
  bool may_be_ledger() const { return is_folder() || kind_ == Kind::kNodes; }
  bool may_be_store() const { return kind_ != Kind::kNodes; }
  // Certainly of no use to another machine.
  bool is_of_this_machine() const;

  const std::string& text() const { return text_; }      // canonical
  const std::filesystem::path& folder() const;           // of kFolder (asserted)
  const std::vector<Endpoint>& endpoints() const;        // of all others (asserted): one, or several of kNodes
  const std::string& url_path() const { return path_; }  // behind the host: "" or "/a/b"; "" of kFolder and kNodes
  // Of kFolder (asserted): what lies in it. A home's folder holds "ledger" and "store".
  Locator in_folder(std::string_view name) const;
  bool operator==(const Locator& other) const { return text_ == other.text_; }

 private:
  static Result<Locator> read(std::string_view text);
  Locator(Kind kind, std::vector<Endpoint> endpoints, std::string path);
  explicit Locator(const std::filesystem::path& folder);

  Kind kind_ = Kind::kFolder;
  std::filesystem::path folder_;
  std::vector<Endpoint> endpoints_;
  std::string path_;
  std::string text_;
};

// "folder", "nodes", "kubo", "cluster", "agent".
std::string_view name_of(Locator::Kind kind);

}  // namespace glucoledger::locator
