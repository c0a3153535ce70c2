// node: serves a ledger by the IRI HTTP API, in the foreground, until it is told to stop.
#include <cstdio>

#include "apps/command.h"
#include "base/interrupt.h"
#include "node/node.h"

namespace glucoledger::apps {
namespace {

constexpr std::int64_t kWatchIntervalMs = 1'000;

struct NodeArguments {
  std::string listen = "127.0.0.1:14265";
  std::string folder;
  std::optional<int> min_weight_magnitude;
};

Result<ExitCode> serve(const Context& context, const NodeArguments& arguments) {
  const base::SystemClock clock;
  node::NodeOptions options;
  options.folder = arguments.folder;
  options.server.listen = arguments.listen;
  options.min_weight_magnitude = arguments.min_weight_magnitude;
  GL_TRY(node, node::Node::start(options, clock));

  const nlohmann::ordered_json document = {{"url", node->url()},
                                           {"network_id", node->info().network_id},
                                           {"min_weight_magnitude", node->info().min_weight_magnitude},
                                           {"data", node->info().locator}};
  print_result(context, document,
               "listening on " + node->url() + ", minimum weight magnitude " +
                   std::to_string(node->info().min_weight_magnitude) + "; Ctrl-C stops it");
  std::string told;
  while (!base::sleep_or_interrupted(kWatchIntervalMs)) {
    const auto trouble = node->trouble();
    const std::string now = trouble ? trouble->message : std::string();
    if (now != told && trouble) {
      std::fprintf(stderr, "glucoledger: no milestones: %s\n  %s\n", now.c_str(), trouble->next_step.c_str());
    }
    told = now;
  }
  node->stop();
  return ExitCode::kDone;
}

}  // namespace

void add_node_commands(CLI::App& app, Context& context) {
  auto* node = app.add_subcommand("node", "Serve a ledger to clients by the IRI HTTP API");
  auto arguments = std::make_shared<NodeArguments>();
  node->add_option("--listen", arguments->listen, "HOST:PORT on loopback; port 0 takes a free one")
      ->capture_default_str();
  node->add_option("--data", arguments->folder, "The ledger's folder; made when absent")->required();
  node->add_option("--mwm", arguments->min_weight_magnitude,
                   "Minimum weight magnitude of a new ledger (default 9); an old one keeps its own");
  node->callback([&context, arguments] { context.run = [&context, arguments] { return serve(context, *arguments); }; });
}

}  // namespace glucoledger::apps
