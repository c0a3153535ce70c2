// node: serves a ledger by the IRI HTTP API, in the foreground, until it is told to stop. SIGHUP reads token and TLS
// files again.
#include <algorithm>
#include <atomic>
#include <csignal>

#include "apps/command.h"
#include "apps/interrupt.h"
#include "base/durations.h"
#include "http/listen_address.h"
#include "node/node.h"
#include "node/service_manager.h"

namespace glucoledger::apps {
namespace {

constexpr std::int64_t kWatchIntervalMs = 1'000;

std::atomic<bool> reload_asked{false};

void ask_for_reload(int) {
  reload_asked = true;
}

struct NodeArguments {
  CLI::App* options = nullptr;
  std::string config;
  std::string listen = "127.0.0.1:14265";
  std::string folder;
  std::optional<int> min_weight_magnitude;
  std::optional<std::int64_t> retention_days;
  std::optional<std::int64_t> duplicate_window_days;
  std::string tls_certificate;
  std::string tls_key;
  std::string token_file;
  bool insecure_plain_http = false;
  std::vector<std::string> names;
  std::vector<std::string> origins;
  std::size_t connections_max = http::ServerOptions().connections_max;
  std::int64_t milestone_interval_ms = node::NodeOptions().milestone_interval_ms;
  std::string log_level = "warning";
};

// The lines of the file are options without their dashes; what the command line gives counts more.
Result<void> read_config(const NodeArguments& arguments) {
  if (arguments.config.empty()) return {};
  std::error_code ignored;
  if (!std::filesystem::exists(arguments.config, ignored)) {
    return fail(ErrorCode::kNotFound, "there is no file " + arguments.config, "check the path");
  }
  const std::string where = "in " + arguments.config;
  try {
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_file(arguments.config)) {
      CLI::Option* option = item.parents.empty() ? arguments.options->get_option_no_throw("--" + item.name) : nullptr;
      if (option == nullptr || item.name == "config") {
        return fail(ErrorCode::kUsage, where + " there is no option " + item.fullname(), "node --help names them");
      }
      if (option->count() > 0) continue;
      option->add_result(item.inputs);
      option->run_callback();
    }
  } catch (const CLI::Error& error) {
    return fail(ErrorCode::kUsage, where + ": " + error.what(),
                "a line is OPTION = VALUE, like listen = \"[::1]:14265\"");
  }
  return {};
}

Result<node::NodeOptions> options_from(const NodeArguments& arguments) {
  node::NodeOptions options;
  if (arguments.folder.empty()) return fail(ErrorCode::kUsage, "--data is required", "the ledger's folder");
  if (arguments.tls_certificate.empty() != arguments.tls_key.empty()) {
    return arguments.tls_key.empty()
               ? fail(ErrorCode::kUsage, "--tls-certificate without its key", "name the key's file: --tls-key FILE")
               : fail(ErrorCode::kUsage, "--tls-key without its certificate",
                      "name the certificate's file: --tls-certificate FILE");
  }
  if (arguments.insecure_plain_http && !arguments.tls_key.empty()) {
    return fail(ErrorCode::kUsage, "--insecure-plain-http is for a node without TLS", "leave one of them out");
  }
  options.folder = arguments.folder;
  options.server.listen = arguments.listen;
  options.server.connections_max = arguments.connections_max;
  options.server.names = arguments.names;
  options.server.origins = arguments.origins;
  if (!arguments.tls_key.empty()) options.server.tls = {arguments.tls_certificate, arguments.tls_key};
  if (!arguments.token_file.empty()) options.token_file = arguments.token_file;
  options.insecure_plain_http = arguments.insecure_plain_http;
  options.min_weight_magnitude = arguments.min_weight_magnitude;
  if (arguments.retention_days) options.retention_ms = *arguments.retention_days * base::kDayMs;
  if (arguments.duplicate_window_days) options.duplicate_window_ms = *arguments.duplicate_window_days * base::kDayMs;
  options.milestone_interval_ms = arguments.milestone_interval_ms;
  GL_ASSIGN(options.log_level, http::parse_log_level(arguments.log_level));
  return options;
}

void run_until_interrupted(node::Node& node) {
  const auto watchdog_ms = node::watchdog_interval_ms();
  while (!sleep_or_interrupted(std::min(watchdog_ms.value_or(kWatchIntervalMs), kWatchIntervalMs))) {
    if (watchdog_ms && node.is_alive()) node::notify_service_manager("WATCHDOG=1");
    if (!reload_asked.exchange(false)) continue;
    const auto reloaded = node.reload();
    if (reloaded) {
      node.log().info("token and TLS files read again");
    } else {
      node.log().error("token or TLS files not read", {{"reason", reloaded.error().message}});
    }
  }
}

Result<ExitCode> serve(const Context& context, const NodeArguments& arguments) {
  GL_CHECK(read_config(arguments));
  GL_TRY(options, options_from(arguments));
  const base::SystemClock clock;
  GL_TRY(node, node::Node::start(options, clock));
  std::signal(SIGHUP, ask_for_reload);

  const auto address = http::ListenAddress::parse(options.server.listen);
  const nlohmann::ordered_json document = {{"url", node->url()},
                                           {"network_id", node->info().network_id},
                                           {"min_weight_magnitude", node->info().min_weight_magnitude},
                                           {"data", node->info().locator}};
  print_result(context, document,
               "listening on " + node->url() +
                   (address && address->means_all() ? " and on all other addresses of this machine" : "") +
                   ", minimum weight magnitude " + std::to_string(node->info().min_weight_magnitude) +
                   "; Ctrl-C stops it");
  node->log().info("started", document);
  node::notify_service_manager("READY=1");
  run_until_interrupted(*node);
  node::notify_service_manager("STOPPING=1");
  node->log().info("stopping");
  node->stop();
  node->log().info("stopped");
  return ExitCode::kDone;
}

}  // namespace

void add_node_commands(CLI::App& app, Context& context) {
  auto* node = app.add_subcommand("node", "Serve a ledger to clients by the IRI HTTP API");
  auto arguments = std::make_shared<NodeArguments>();
  arguments->options = node;
  node->add_option("--config", arguments->config, "A file with more of these options, a line each: listen = \"...\"");
  node->add_option("--listen", arguments->listen,
                   "HOST:PORT; port 0 takes a free one; beyond loopback only with a token and TLS")
      ->capture_default_str();
  node->add_option("--data", arguments->folder, "The ledger's folder; made when absent");
  node->add_option("--mwm", arguments->min_weight_magnitude,
                   "Minimum weight magnitude of a new ledger (default 9); an old one keeps its own");
  node->add_option("--retain", arguments->retention_days,
                   "Days for which a new ledger keeps what was confirmed (0, the default: for ever)")
      ->check(CLI::Range(0, 36'500));
  node->add_option(
          "--duplicate-window", arguments->duplicate_window_days,
          "Days after its attachment for which a new ledger takes a transaction; with --retain it then forgets "
          "what it dropped (0, the default: no limit, and nothing is forgotten)")
      ->check(CLI::Range(0, 36'500));
  node->add_option("--token-file", arguments->token_file,
                   "A file with the token that everything but reading then needs (Authorization: Bearer)");
  node->add_option("--tls-certificate", arguments->tls_certificate, "PEM file: serve HTTPS with this certificate");
  node->add_option("--tls-key", arguments->tls_key, "PEM file: the certificate's key");
  node->add_flag("--insecure-plain-http", arguments->insecure_plain_http,
                 "Listen beyond loopback without TLS: behind a proxy that has it");
  node->add_option("--host-name", arguments->names,
                   "Without TLS and token: also answer under this name (several: again), beside addresses, localhost "
                   "and names without a dot")
      ->allow_extra_args(false);
  node->add_option("--allow-origin", arguments->origins,
                   "Pages of this origin (https://host:port; several: again) may do more than read; all may read")
      ->allow_extra_args(false);
  node->add_option("--max-connections", arguments->connections_max,
                   "Open at once, where memory and open files allow it; one that waits gives way")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  node->add_option("--milestone-interval", arguments->milestone_interval_ms, "Milliseconds between milestones")
      ->check(CLI::Range(10, 3'600'000))
      ->capture_default_str();
  node->add_option("--log-level", arguments->log_level, "debug, info, warning, error or off: JSON on standard error")
      ->capture_default_str();
  run_when_chosen(*node, context, arguments, serve);
}

}  // namespace glucoledger::apps
