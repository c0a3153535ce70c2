// fhir convert, fhir strip: device files to FHIR records and these to what design A publishes, without a home.
#include <cerrno>
#include <cstdio>
#include <memory>

#include "apps/device_file_options.h"
#include "apps/interrupt.h"
#include "base/file.h"
#include "base/limits.h"
#include "convert/device_file.h"
#include "fhir/observation.h"
#include "privacy/strip.h"
#include "usecases/import.h"

namespace glucoledger::apps {
namespace {

constexpr std::string_view kConvertExamples =
    "Examples:\n"
    "  glucoledger fhir convert clarity.csv > records.ndjson\n"
    "  glucoledger fhir convert cgm.csv --subject 2 --unit mg/dL --time-zone Europe/Berlin\n"
    "  glucoledger fhir convert clarity.csv --patient patient.json --paper-record --pretty\n"
    "Rows that are left out are reported on standard error, by reason and line.\n";
constexpr std::string_view kStripExamples =
    "Examples:\n"
    "  glucoledger fhir convert clarity.csv | glucoledger fhir strip > stripped.ndjson\n"
    "  glucoledger fhir strip records.ndjson --root ROOT   (81 trytes: the pseudonym is its first 64)\n"
    "What survives: docs/formats/stripped-record.md. Exit 3, with the line, where a record is no glucose "
    "Observation.\n";

Result<void> write_out(const Context& context, std::string text) {
  text += '\n';
  context.printed = true;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return {};
  return tl::unexpected<Error>(base::system_error("standard output cannot be written"));
}

Result<void> flush_out() {
  if (std::fflush(stdout) == 0) return {};
  return tl::unexpected<Error>(base::system_error("standard output cannot be written"));
}

struct ConvertArguments {
  std::string file;
  DeviceFileArguments device;
  std::string patient_file;
  bool paper_record = false;
  bool pretty = false;
};

// What --patient says, its gaps filled with what the device file says of its owner.
Result<fhir::ObservationContext> observation_context(const ConvertArguments& arguments,
                                                     const convert::PatientDetails& details) {
  fhir::ObservationContext context;
  context.paper_record = arguments.paper_record;
  if (!arguments.patient_file.empty()) {
    GL_TRY(text, base::read_file(arguments.patient_file, base::limits::kResourceSizeMax));
    GL_ASSIGN(context.patient, fhir::parse_patient(text));
  }
  if (!details.empty()) {
    context.patient = fhir::merge(context.patient.value_or(fhir::Patient{}), usecases::patient_named_in(details));
  }
  return context;
}

Result<ExitCode> convert_file(const Context& context, const ConvertArguments& arguments) {
  const base::Progress progress = terminal_progress();
  GL_TRY(imported, convert::read_device_file(arguments.file, import_options(arguments.device), progress));
  GL_TRY(observation_context, observation_context(arguments, imported.patient));
  std::size_t done = 0;
  for (const cgm::Reading& reading : imported.readings) {
    if (interrupted()) return fail(ErrorCode::kInterrupted, "stopped before all readings were written");
    std::string record = fhir::full_observation(reading, observation_context);
    if (arguments.pretty) {
      GL_TRY(json, fhir::parse_json(record));
      record = fhir::write_json(json, true);
    }
    GL_CHECK(write_out(context, std::move(record)));
    base::report(progress, "converting", ++done, imported.readings.size());
  }
  GL_CHECK(flush_out());
  tell(import_text(imported));
  return ExitCode::kDone;
}

// Takes one JSON object after the other from a stream, each on a line of its own or pretty-printed over many.
class ObjectReader {
 public:
  explicit ObjectReader(std::FILE* stream) : stream_(stream) {}

  // The next object as text, empty at the end of the stream. What is no object is handed out too, up to its line's end.
  Result<std::string> next() {
    std::string text;
    int depth = 0;
    bool in_string = false;
    bool escaped = false;
    for (int c = std::getc(stream_); c != EOF; c = std::getc(stream_)) {
      if (c == '\n') ++line_;
      const bool blank = c == '\n' || c == '\r' || c == ' ' || c == '\t';
      if (text.empty() && blank) continue;
      if (text.empty()) start_line_ = line_;
      text += static_cast<char>(c);
      if (text.size() > base::limits::kResourceSizeMax) {
        return fail(ErrorCode::kInputRefused, at_line() + "a FHIR resource is larger than 1 MiB",
                    "check that the file holds one FHIR Observation after the other");
      }
      if (in_string) {
        in_string = escaped || c != '"';
        escaped = !escaped && c == '\\';
        continue;
      }
      in_string = c == '"';
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (depth <= 0 && (c == '}' || c == ']' || c == '\n')) break;
    }
    if (std::ferror(stream_) != 0) return tl::unexpected<Error>(base::system_error("the input cannot be read"));
    return text;
  }
  std::string at_line() const { return "line " + std::to_string(start_line_) + ": "; }

 private:
  std::FILE* stream_;
  std::size_t line_ = 1;
  std::size_t start_line_ = 1;
};

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

struct StripArguments {
  std::string file = "-";
  std::string root;
};

Result<ExitCode> strip_records(const Context& context, const StripArguments& arguments) {
  std::optional<privacy::Pseudonym> pseudonym;
  if (!arguments.root.empty()) {
    const auto root = crypto::Hash::from_trytes(arguments.root);
    if (!root) return fail(ErrorCode::kUsage, "--root is not 81 trytes", "give the root of an epoch: 9 and A to Z");
    pseudonym = privacy::Pseudonym{std::nullopt, *root, {}};
  }
  const bool standard_input = arguments.file == "-";
  const std::unique_ptr<std::FILE, CloseFile> stream(standard_input ? stdin : std::fopen(arguments.file.c_str(), "rb"));
  if (!stream) return tl::unexpected(base::system_error("cannot open " + arguments.file));
  ObjectReader reader(stream.get());
  while (true) {
    if (interrupted()) return fail(ErrorCode::kInterrupted, "stopped before all records were read");
    GL_TRY(record, reader.next());
    if (record.empty()) break;
    auto stripped = privacy::strip_observation(record, pseudonym);
    if (!stripped) {
      GL_CHECK(flush_out());
      Error error = std::move(stripped).error();
      error.message = reader.at_line() + error.message;
      return tl::unexpected<Error>(std::move(error));
    }
    GL_CHECK(write_out(context, std::move(*stripped)));
  }
  GL_CHECK(flush_out());
  return ExitCode::kDone;
}

void add_convert(CLI::App& fhir, Context& context) {
  auto* command = fhir.add_subcommand("convert", "Turn a device file into FHIR Observations, one a line");
  auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("FILE", arguments->file, "An export of Clarity, LibreView, Nightscout... (-: standard input)")
      ->required();
  add_device_file_options(*command, arguments->device);
  command->add_option("--patient", arguments->patient_file, "A FHIR Patient as JSON: whose readings these are");
  command->add_flag("--paper-record", arguments->paper_record, "The paper's record: mmol/L and LOINC 15074-8 as well");
  command->add_flag("--pretty", arguments->pretty, "Each record indented over several lines");
  command->footer(std::string(kConvertExamples));
  run_when_chosen(*command, context, arguments, convert_file);
}

void add_strip(CLI::App& fhir, Context& context) {
  auto* command = fhir.add_subcommand("strip", "Take everything personal out of FHIR Observations, as design A does");
  auto arguments = std::make_shared<StripArguments>();
  command->add_option("FILE", arguments->file, "Observations, one after the other (default: standard input)");
  command->add_option("--root", arguments->root, "An epoch's root, for the pseudonym (default: the subject is masked)");
  command->footer(std::string(kStripExamples));
  run_when_chosen(*command, context, arguments, strip_records);
}

}  // namespace

void add_fhir_commands(CLI::App& app, Context& context) {
  auto* fhir = app.add_subcommand("fhir", "FHIR records: convert device files, strip records");
  fhir->require_subcommand(1);
  add_convert(*fhir, context);
  add_strip(*fhir, context);
}

}  // namespace glucoledger::apps
