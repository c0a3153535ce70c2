// share and revoke: whom a patient lets in, and no more.
#include <array>
#include <cstdio>
#include <memory>
#include <set>
#include <vector>

#include "apps/advice_words.h"
#include "apps/day_options.h"
#include "apps/file_stream.h"
#include "apps/session.h"
#include "base/advice.h"
#include "keys/qr.h"
#include "usecases/revoke.h"
#include "usecases/share.h"

namespace glucoledger::apps {
namespace {

using home::Home;

struct ShareArguments {
  std::string name;
  std::string design = "tangle";
  std::string since;
  std::string until;
  std::string uri_file;
  std::string png_file;
  std::string svg_file;
  std::string proof_of_work = "local";
};

// A file that the code goes into, begun before there is a code, so that one that cannot be written lets nobody in.
struct CodeFile {
  using Draw = Result<SecretBytes> (*)(std::string_view uri);
  std::filesystem::path path;
  OutputFile file;
  Draw draw;
};

Result<SecretBytes> uri_line(std::string_view uri) {
  return SecretBytes(base::to_bytes(std::string(uri) + "\n"));
}
Result<SecretBytes> png_of(std::string_view uri) {
  return keys::qr_png(uri).map([](Bytes png) { return SecretBytes(std::move(png)); });
}
Result<SecretBytes> svg_of(std::string_view uri) {
  return keys::qr_svg(uri).map([](const std::string& svg) { return SecretBytes(base::to_bytes(svg)); });
}

Result<std::vector<CodeFile>> begin_code_files(const ShareArguments& arguments) {
  constexpr unsigned kOwnerOnly = 0600;
  const std::array<std::pair<const std::string&, CodeFile::Draw>, 3> wanted = {
      {{arguments.uri_file, uri_line}, {arguments.png_file, png_of}, {arguments.svg_file, svg_of}}};
  std::vector<CodeFile> files;
  std::set<std::filesystem::path> paths;
  for (const auto& [path, draw] : wanted) {
    if (path.empty()) continue;
    if (path == "-") {
      return fail(ErrorCode::kUsage, "the code goes into files of its own, not to standard output",
                  "without --uri-file, --png and --svg it is printed");
    }
    if (!paths.insert(std::filesystem::absolute(path).lexically_normal()).second) {
      return fail(ErrorCode::kUsage, "two of --uri-file, --png and --svg name the same file", "name one for each");
    }
    GL_TRY(file, OutputFile::create(path, kOwnerOnly));
    files.push_back({path, std::move(file), draw});
  }
  return files;
}

// All of them, or none: what one file holds would open nothing once the share is taken back for another one's sake.
Result<void> finish_code_files(std::vector<CodeFile>& files, const SecretBytes& uri) {
  for (auto& code : files) {
    GL_TRY(content, code.draw(uri.text()));
    GL_CHECK(code.file.write(content.view()));
  }
  for (auto code = files.begin(); code != files.end(); ++code) {
    auto finished = code->file.finish();
    if (finished) continue;
    std::error_code ignored;
    for (auto before = files.begin(); before != code; ++before) std::filesystem::remove(before->path, ignored);
    return finished;
  }
  return {};
}

Result<std::string> share_text(const ShareArguments& arguments, const usecases::Share& share) {
  std::string text;
  if (arguments.uri_file.empty() && arguments.png_file.empty() && arguments.svg_file.empty()) {
    GL_TRY(code, keys::qr_terminal(share.uri.text()));
    text += code + "\n" + std::string(share.uri.text()) + "\n\n";
  }
  const auto& until = share.grant.days.until;
  text += "Whoever has this code can read " + count_of(share.epochs, "epoch") +
          (until ? ", and what comes of days until " + *until : " and what comes after") + "; show it to " +
          arguments.name + " alone.\n";
  if (share.grant.name != share.grant.recipient) {
    text +=
        "It is a further grant of " + share.grant.recipient + "'s, by the name " + share.grant.name + ": each of " +
        share.grant.recipient + "'s codes reads what all of them open" +
        (share.grant.design == keys::Design::kTangleIpfs ? ", once this one was received, which names the store" : "") +
        ".\n";
  }
  for (const auto& days : share.left_out) {
    text += "Not included: the file of " + days + " reaches over the window's edge.\n";
  }
  if (share.this_machine_only) {
    text += "It names places of this machine: only homes here can use it. ";
    text += share.grant.design == keys::Design::kTangleIpfs
                ? "In this version the store is a folder: use design tangle, with a node's URL, for others.\n"
                : "For others the ledger is a node, by a URL that they reach too: not one on loopback.\n";
  }
  return text;
}

// What was recorded holds, whatever became of the notes. This decides the exit code.
Result<ExitCode> exit_of(const usecases::Carried& carried) {
  const std::string holds = "what was done holds; what the other side must learn goes with the next publish";
  if (auto shortfall = carried.shortfall()) {
    const auto own_words = next_step_of(*shortfall);
    base::advise(*shortfall, Advice::kNone, own_words.empty() ? holds : own_words + "; " + holds);
    return tl::unexpected(std::move(*shortfall));
  }
  if (carried.notes_untold == 0) return ExitCode::kDone;
  if (carried.by != usecases::Carried::By::kAnotherProcess) {
    return fail(ErrorCode::kUnreachable, "notes wait for the ledger", holds);
  }
  return fail(ErrorCode::kUnreachable, "the process that publishes for this home has not told the other side yet",
              "what was done holds; that process takes along what the other side must learn");
}

// Text is printed once it is so; the one document with --json at the end, with what became of the notes.
class Answer {
 public:
  explicit Answer(const Context& context) : context_(context) {}
  void is_so(nlohmann::ordered_json document, std::string_view text) {
    document_ = std::move(document);
    if (!context_.json) print_result(context_, document_, text, Text::kOwn);
  }
  Result<ExitCode> conclude(const Result<usecases::Carried>& carried) {
    auto exit_code = carried ? exit_of(*carried) : Result<ExitCode>(tl::unexpected(carried.error()));
    if (document_.empty() || !context_.json) return exit_code;
    if (carried) document_["notes_waiting"] = carried->notes_untold;
    document_["error"] = exit_code ? nlohmann::ordered_json() : nlohmann::ordered_json(exit_code.error().message);
    document_["next_step"] =
        exit_code ? nlohmann::ordered_json() : nlohmann::ordered_json(next_step_of(exit_code.error()));
    print_result(context_, document_, "");
    return exit_code;
  }

 private:
  const Context& context_;
  nlohmann::ordered_json document_;
};

Result<ExitCode> share(const Context& context, const ShareArguments& arguments) {
  usecases::ShareOptions options;
  options.name = arguments.name;
  GL_ASSIGN(options.design, keys::design_named(arguments.design));
  GL_ASSIGN(options.days, day_range(arguments.since, arguments.until));
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(Home::Use::kWrite));
  GL_CHECK(session.choose_proof_of_work(arguments.proof_of_work, home));
  std::vector<CodeFile> files;
  Answer answer(context);
  usecases::HandOver hand_over;
  hand_over.prepare = [&]() -> Result<void> {
    GL_ASSIGN(files, begin_code_files(arguments));
    return {};
  };
  hand_over.give = [&](const usecases::Share& share) -> Result<void> {
    GL_CHECK(finish_code_files(files, share.uri));
    GL_TRY(text, share_text(arguments, share));
    answer.is_so({{"to", arguments.name},
                  {"grant", share.grant.name},
                  {"design", arguments.design},
                  {"uri", share.uri.text()},
                  {"epochs", share.epochs},
                  {"left_out", share.left_out},
                  {"this_machine_only", share.this_machine_only}},
                 text);
    if (std::ferror(stdout) == 0 || !files.empty()) return {};  // else it is in a file
    return fail(ErrorCode::kFailed, "the code could not be shown: standard output cannot be written");
  };
  auto share = usecases::share(home, session.world(), options, hand_over);
  return answer.conclude(std::move(share).map([](usecases::Share&& done) { return std::move(done.carried); }));
}

struct RevokeArguments {
  std::string name;
  std::string proof_of_work = "local";
};

Result<ExitCode> revoke(const Context& context, const RevokeArguments& arguments) {
  const std::string& name = arguments.name;
  GL_TRY(session, Session::start(context));
  GL_TRY(home, session.open(Home::Use::kWrite));
  GL_CHECK(session.choose_proof_of_work(arguments.proof_of_work, home));
  Answer answer(context);
  const auto committed = [&](const usecases::Revocation& revocation) {
    std::string text = name + " can read nothing that is published from now on\n";
    if (revocation.others_open)
      text = name + " ends: its days bring nothing new, but for what other grants of the same person cover\n";
    if (revocation.may_still_arrive) {
      text += "A ledger had been sent messages before that it has not confirmed: they may still arrive there.\n";
    }
    answer.is_so({{"revoked", name},
                  {"grants_closed", revocation.grants_closed},
                  {"epochs_ended", revocation.epochs_ended},
                  {"epochs_opened", revocation.epochs_opened},
                  {"may_still_arrive", revocation.may_still_arrive}},
                 text);
  };
  auto revocation = usecases::revoke(home, session.world(), name, committed);
  return answer.conclude(
      std::move(revocation).map([](usecases::Revocation&& done) { return std::move(done.carried); }));
}

}  // namespace

void add_share_commands(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("share", "Let someone read: a QR code and URI to show in person");
  auto arguments = std::make_shared<ShareArguments>();
  command->add_option("--to", arguments->name, "Your own name for the recipient")->required();
  command->add_option("--design", arguments->design, "tangle or tangle-ipfs: which publications it opens")
      ->check(CLI::IsMember({"tangle", "tangle-ipfs"}))
      ->capture_default_str();
  command->add_option("--since", arguments->since, "Only days from this one on (YYYY-MM-DD)");
  command->add_option("--until", arguments->until, "Only days up to this one");
  command->add_option("--uri-file", arguments->uri_file, "Write the URI to a file (readable by you alone)");
  command->add_option("--png", arguments->png_file, "Write the QR code as PNG");
  command->add_option("--svg", arguments->svg_file, "Write the QR code as SVG");
  add_pow_option(*command, arguments->proof_of_work);
  command->footer(
      "Exit 6: the code holds, and what it cannot carry follows with the next publish; where no code appeared, the "
      "ledger\n"
      "was never reached and nobody was let in. A file that cannot be written lets nobody in either.\n"
      "Examples:\n"
      "  glucoledger share --to 'Dr. Smith'\n"
      "  glucoledger share --to 'Dr. Smith' --since 2026-01-01 --png code.png\n");
  run_when_chosen(*command, context, arguments, share);

  auto* taking_back = app.add_subcommand("revoke", "Take a recipient's access back");
  auto revoking = std::make_shared<RevokeArguments>();
  taking_back->add_option("NAME", revoking->name, "A recipient as in `share --to`, or a grant")->required();
  add_pow_option(*taking_back, revoking->proof_of_work);
  taking_back->footer(
      "What was released before stays readable; nothing published from now on is. Holds at once, also without a "
      "ledger\n"
      "(exit 6 while the closing note waits) and while another process publishes. Exit 4: there is no open grant of "
      "NAME.\n"
      "NAME is a recipient's, for all that they may read, or one grant's, as `status` lists them; NAME/1 is the first\n"
      "of several.\n");
  run_when_chosen(*taking_back, context, revoking, revoke);
}

}  // namespace glucoledger::apps
