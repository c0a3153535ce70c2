#include "convert/json_records.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/limits.h"

namespace glucoledger::convert {
namespace {

constexpr std::size_t kRecordSizeMax = base::limits::kResourceSizeMax;
constexpr std::array<std::string_view, 5> kWrapperKeys{"result", "records", "egvs", "data", "entries"};

bool is_white(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\x1e';
}

tl::unexpected<Error> refused(std::string message) {
  return fail(ErrorCode::kInputRefused, std::move(message), "export or download the file again");
}

// `text` ends with `"key":`, apart from white space.
bool ends_with_wrapper_key(std::string_view text) {
  const auto strip = [&] {
    while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
  };
  strip();
  if (!text.ends_with(':')) return false;
  text.remove_suffix(1);
  strip();
  for (const std::string_view key : kWrapperKeys) {
    if (text.ends_with("\"" + std::string(key) + "\"")) return true;
  }
  return false;
}

}  // namespace

Result<bool> JsonRecords::character(char& c) {
  if (at_ == piece_.size()) {
    at_ = 0;
    GL_ASSIGN(piece_, source_->next());
    if (piece_.empty()) return false;
  }
  c = piece_[at_++];
  return true;
}

Result<bool> JsonRecords::significant(char& c) {
  while (true) {
    GL_TRY(more, character(c));
    if (!more) return false;
    if (!is_white(c)) return true;
  }
}

Result<bool> JsonRecords::find_record() {
  char c = 0;
  GL_TRY(more, significant(c));
  if (shape_ == Shape::kUnknown) {
    if (!more) return false;
    shape_ = c == '[' ? Shape::kArray : Shape::kSequence;
    if (shape_ == Shape::kArray) {
      GL_ASSIGN(more, significant(c));
    }
  }
  if (shape_ == Shape::kSequence) {
    if (!more) return false;
  } else {
    if (!more) return refused("the JSON ends too early");
    if (c == ']') {
      GL_CHECK(skip_rest());
      return false;
    }
    if (!first_) {
      if (c != ',') return refused("the JSON is broken after record " + std::to_string(number_));
      GL_ASSIGN(more, significant(c));
      if (!more) return refused("the JSON ends too early");
    }
  }
  if (c != '{') return refused("the JSON does not hold records");
  first_ = false;
  text_.assign(1, '{');
  return true;
}

Result<void> JsonRecords::skip_rest() {
  // After a wrapper's array its other fields may follow; after an array nothing may.
  int depth = shape_ == Shape::kWrapper ? 1 : 0;
  bool in_string = false, escaped = false;
  shape_ = Shape::kDone;
  char c = 0;
  while (true) {
    GL_TRY(more, character(c));
    if (!more) return depth == 0 && !in_string ? Result<void>() : Result<void>(refused("the JSON ends too early"));
    if (in_string) {
      if (!escaped && c == '"') in_string = false;
      escaped = !escaped && c == '\\';
    } else if (depth == 0 && !is_white(c)) {
      return refused("something follows the end of the JSON");
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
}

Result<bool> JsonRecords::collect() {
  std::size_t depth = 1;
  bool in_string = false, escaped = false;
  char c = 0;
  while (depth > 0) {
    GL_TRY(more, character(c));
    if (!more) return refused("the JSON ends too early");
    if (in_string) {
      if (!escaped && c == '"') in_string = false;
      escaped = !escaped && c == '\\';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' && depth == 1 && number_ == 0 && shape_ == Shape::kSequence && ends_with_wrapper_key(text_)) {
      wrapper_head_ = std::move(text_);
      shape_ = Shape::kWrapper;
      first_ = true;
      return false;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
    text_.push_back(c);
    if (text_.size() > kRecordSizeMax) {
      return refused("record " + std::to_string(number_ + 1) + " is larger than 1 MiB");
    }
  }
  return true;
}

JsonRecords::Step JsonRecords::parse(simdjson::dom::object& record) {
  if (!allocated_) {
    allocated_ = true;
    if (parser_.allocate(kRecordSizeMax, base::limits::kJsonDepthMax) != simdjson::SUCCESS) return Step::kMalformed;
  }
  const std::size_t size = text_.size();
  text_.resize(size + simdjson::SIMDJSON_PADDING);
  simdjson::dom::element element;
  if (parser_.parse(text_.data(), size, false).get(element) != simdjson::SUCCESS) return Step::kMalformed;
  return element.get(record) == simdjson::SUCCESS ? Step::kRecord : Step::kMalformed;
}

Result<JsonRecords::Step> JsonRecords::next(simdjson::dom::object& record) {
  if (shape_ == Shape::kDone) return Step::kEnd;
  while (true) {
    GL_TRY(found, find_record());
    if (!found) return Step::kEnd;
    GL_TRY(complete, collect());
    if (!complete) continue;
    ++number_;
    return parse(record);
  }
}

Result<void> for_each_record(
    JsonRecords& records, Collector& collector,
    const std::function<Result<void>(const simdjson::dom::object& record, std::size_t number)>& read_record) {
  simdjson::dom::object record;
  while (true) {
    GL_TRY(step, records.next(record));
    if (step == JsonRecords::Step::kEnd) return {};
    collector.count_row();
    if (step == JsonRecords::Step::kMalformed) {
      collector.skip(records.number(), SkipReason::kMalformed);
    } else {
      GL_CHECK(read_record(record, records.number()));
    }
  }
}

std::optional<std::string_view> text_field(const simdjson::dom::object& record, std::string_view key) {
  std::string_view text;
  if (record.at_key(key).get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

std::optional<double> number_field(const simdjson::dom::object& record, std::string_view key) {
  simdjson::dom::element element;
  if (record.at_key(key).get(element) != simdjson::SUCCESS) return std::nullopt;
  double number = 0;
  std::string_view text;
  if (element.get(number) != simdjson::SUCCESS) {
    if (element.get(text) != simdjson::SUCCESS || text.empty()) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  }
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace glucoledger::convert
