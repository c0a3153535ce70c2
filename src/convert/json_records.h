// The records of a JSON export, one after the other, without holding the whole file.
//
// Read are an array of objects, an object that holds such an array (Nightscout v3 {"result": [..]}, Dexcom
// {"records": [..]}), and objects one after the other (NDJSON). A record is at most limits::kResourceSizeMax long and
// limits::kJsonDepthMax levels deep. A file that ends too early, or is none of these, is kInputRefused. Source: RFC
// 8259.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "convert/collector.h"
#include "convert/text_source.h"

namespace glucoledger::convert {

class JsonRecords {
 public:
  enum class Step { kRecord, kMalformed, kEnd };  // kMalformed: this one cannot be parsed, the next may

  explicit JsonRecords(TextSource& source) : source_(&source) {}
  // `record` is valid until the next call.
  Result<Step> next(simdjson::dom::object& record);
  // Of the record that `next` gave, 1-based.
  std::size_t number() const { return number_; }
  // What stands before the array in an object that wraps it, as the beginning of a JSON object; empty otherwise.
  const std::string& wrapper_head() const { return wrapper_head_; }

 private:
  enum class Shape { kUnknown, kArray, kWrapper, kSequence, kDone };

  Result<bool> character(char& c);    // false: the end
  Result<bool> significant(char& c);  // skips white space
  Result<bool> find_record();         // true: its '{' is in text_
  Result<bool> collect();             // up to its '}'; false: it turned out to wrap the records
  Result<void> skip_rest();
  Step parse(simdjson::dom::object& record);

  TextSource* source_;
  std::string_view piece_;
  std::size_t at_ = 0;
  Shape shape_ = Shape::kUnknown;
  bool first_ = true;
  std::size_t number_ = 0;
  std::string text_;
  std::string wrapper_head_;
  simdjson::dom::parser parser_;
  bool allocated_ = false;
};

// Reads all records: counts each, skips what is malformed, hands the others to `read_record`.
Result<void> for_each_record(
    JsonRecords& records, Collector& collector,
    const std::function<Result<void>(const simdjson::dom::object& record, std::size_t number)>& read_record);

// Fields of a record; absent when missing or of another type. Numbers may stand in quotes.
std::optional<std::string_view> text_field(const simdjson::dom::object& record, std::string_view key);
std::optional<double> number_field(const simdjson::dom::object& record, std::string_view key);

}  // namespace glucoledger::convert
