// cid, pack, unpack: the file of design B by itself, without a home.
#include <filesystem>
#include <limits>
#include <memory>

#include "apps/command.h"
#include "apps/file_stream.h"
#include "base/file.h"
#include "base/limits.h"
#include "content_store/unixfs.h"
#include "privacy/sealed_file.h"

namespace glucoledger::apps {
namespace {

struct FileOptions {
  std::string input;
  std::string output;
  std::string key_file;
  std::string transform = "compress";
  int cid_version = 0;
  bool stream = false;
};

Result<SecretBytes> read_file_key(const FileOptions& options, const Context& context) {
  // Before the command's name --key-file is the global option; people mean the same by it.
  const std::string& path = options.key_file.empty() ? context.key_file : options.key_file;
  const std::string how = "make one with: head -c 32 /dev/urandom > KEY, and keep it secret";
  if (path.empty()) return fail(ErrorCode::kUsage, "the file's key is missing: --key-file KEY", how);
  if (path == "-" && options.input == "-") {
    return fail(ErrorCode::kUsage, "key and content cannot both come from standard input",
                "name a file for one of them");
  }
  std::error_code ignored;
  if (std::filesystem::equivalent(options.output, path, ignored)) {
    return fail(ErrorCode::kUsage, "-o names the key's own file, which would be lost", "name another file");
  }
  GL_TRY(text, base::read_file(path, privacy::kFileSecretSize + 1));
  SecretBytes key = SecretBytes::copy_of(base::as_bytes(text));
  sodium_memzero(text.data(), text.size());
  if (key.size() == privacy::kFileSecretSize) return key;
  return fail(ErrorCode::kInputRefused, "a key file holds exactly 32 bytes", how);
}

base::ByteReader counting_reader(InputFile& input, std::string_view stage) {
  return [&input, stage, progress = terminal_progress(),
          done = std::uint64_t{0}](std::span<std::uint8_t> buffer) mutable -> Result<std::size_t> {
    GL_TRY(count, input.read(buffer));
    done += count;
    base::report(progress, stage, done, input.size().value_or(0));
    return count;
  };
}

Result<ExitCode> run_cid(const Context& context, const FileOptions& options) {
  GL_TRY(input, InputFile::open(options.input));
  const auto read = counting_reader(input, "hashing (bytes)");
  const auto layout = options.cid_version == 0 ? content_store::Layout::kCidV0 : content_store::Layout::kCidV1RawLeaves;
  constexpr auto kSizeMax = std::numeric_limits<std::uint64_t>::max();  // nothing is stored
  GL_TRY(file, content_store::measure_file(read, layout, kSizeMax));
  const std::string cid = content_store::encode_cid(file.root);
  print_result(context, {{"cid", cid}, {"size", file.size}, {"blocks", file.blocks}, {"blocks_size", file.blocks_size}},
               cid);
  return ExitCode::kDone;
}

// A pipe's length must be known before its first byte is sealed.
Result<Bytes> read_pipe(const base::ByteReader& read) {
  Bytes content;
  Bytes buffer(1 << 20);
  for (std::size_t count = buffer.size(); count == buffer.size();) {
    GL_ASSIGN(count, read(buffer));
    content.insert(content.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    if (content.size() > base::limits::kContentSizeMax) {
      return fail(ErrorCode::kInputRefused, "the content is larger than a sealed file may be",
                  "divide it over several files");
    }
  }
  return content;
}

void print_written(const Context& context, const FileOptions& options, const char* verb, std::uint64_t size) {
  if (options.output == "-") return;
  print_result(context, {{"file", options.output}, {"size", size}},
               std::string(verb) + " into " + options.output + " (" + std::to_string(size) + " bytes)");
}

Result<ExitCode> run_pack(const Context& context, const FileOptions& options) {
  if (options.output == "-" && context.json) {
    return fail(ErrorCode::kUsage, "--json and the sealed file cannot both use standard output", "use -o FILE");
  }
  GL_TRY(transform, privacy::transform_named(options.transform));
  GL_TRY(key, read_file_key(options, context));
  GL_TRY(input, InputFile::open(options.input));
  GL_TRY(output, OutputFile::create(options.output, 0644));
  const auto write = [&output](ByteView bytes) { return output.write(bytes); };
  const auto read = counting_reader(input, "sealing (bytes)");
  if (const auto size = input.size()) {
    GL_CHECK(privacy::seal_stream(read, *size, write, key, transform));
  } else {
    GL_TRY(content, read_pipe(read));
    GL_TRY(sealed, privacy::seal_file(content, key, transform));
    GL_CHECK(output.write(sealed));
  }
  GL_CHECK(output.finish());
  print_written(context, options, "sealed", output.size());
  return ExitCode::kDone;
}

Result<ExitCode> run_unpack(const Context& context, FileOptions options) {
  if (options.stream == (!options.output.empty() && options.output != "-")) {
    return fail(ErrorCode::kUsage, "unpack needs either -o FILE or --stream",
                "-o FILE appears only when all of it is verified; --stream writes each verified part at once");
  }
  if (options.stream && context.json) {
    return fail(ErrorCode::kUsage, "--json and --stream cannot both use standard output", "use -o FILE");
  }
  if (options.stream) options.output = "-";
  GL_TRY(key, read_file_key(options, context));
  GL_TRY(input, InputFile::open(options.input));
  GL_TRY(output, OutputFile::create(options.output, 0600));
  const auto write = [&output](ByteView bytes) { return output.write(bytes); };
  GL_CHECK(privacy::open_stream(counting_reader(input, "opening (bytes)"), write, key, base::limits::kContentSizeMax));
  GL_CHECK(output.finish());
  print_written(context, options, "opened", output.size());
  return ExitCode::kDone;
}

CLI::App* add_command(CLI::App& app, Context& context, const std::shared_ptr<FileOptions>& options, const char* name,
                      const char* description, auto run) {
  CLI::App* command = app.add_subcommand(name, description);
  command->add_option("FILE", options->input, "The file; - is standard input")->required();
  run_when_chosen(*command, context, options, run);
  return command;
}

void add_key_option(CLI::App& command, FileOptions& options) {
  command.add_option("--key-file", options.key_file, "A file of exactly 32 bytes: this file's key (not a home's)");
}

}  // namespace

void add_file_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<FileOptions>();
  auto* cid =
      add_command(app, context, options, "cid", "The name (CID) that IPFS gives a file; nothing is stored", run_cid);
  cid->add_option("--cid-version", options->cid_version,
                  "0: Qm..., as the content store names files. 1: bafy... or bafk..., as ipfs add --cid-version 1")
      ->check(CLI::IsMember({0, 1}))
      ->capture_default_str();

  auto* pack =
      add_command(app, context, options, "pack", "Compress and encrypt a file for storage among strangers", run_pack);
  pack->add_option("-o,--output", options->output, "Where to write; - is standard output")->required();
  add_key_option(*pack, *options);
  pack->add_option("--transform", options->transform, "What happens before encryption")
      ->check(CLI::IsMember(privacy::transform_names()))
      ->capture_default_str();
  pack->footer(
      "Example:\n  head -c 32 /dev/urandom > file.key\n  glucoledger pack records.json -o records.sealed --key-file "
      "file.key\nWho has the key can open the file with `unpack`, and knows that nobody changed it.");

  auto* unpack = add_command(app, context, options, "unpack", "Verify and decrypt a file that pack made", run_unpack);
  unpack->add_option("-o,--output", options->output, "Where to write; appears only when all of it is verified");
  add_key_option(*unpack, *options);
  unpack->add_flag(
      "--stream", options->stream,
      "To standard output at once: each part is verified, but the end may still be missing (see the exit code)");
  unpack->footer(
      "Exit 3: the file was changed or cut off; 5: the key is another one's. With --stream, what came out before is "
      "genuine.");
}

}  // namespace glucoledger::apps
