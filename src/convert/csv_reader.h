// CSV as devices write it: RFC 4180 quotes, rows that end with CR LF, LF or CR, a delimiter of , ; or tab.
//
// A row longer than limits::kLineSizeMax refuses the whole file at once, and so does a last row that breaks off:
// without a line's end, and inside quotes, with fewer fields than any row since the header, or with the beginning only
// of what the row before ends with. A row with text after a closing quote is marked broken. Source: RFC 4180.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "convert/text_source.h"

namespace glucoledger::convert {

struct CsvRow {
  std::size_t line = 0;  // where it begins, 1-based
  bool broken = false;
  std::vector<std::string_view> fields;  // valid until the next row

  // Empty where the row has no such field.
  std::string_view field(std::size_t index) const { return index < fields.size() ? fields[index] : std::string_view(); }
};

class CsvReader {
 public:
  CsvReader(TextSource& source, char delimiter) : source_(&source), delimiter_(delimiter) {}
  // False at the end. Empty lines are passed over.
  Result<bool> next(CsvRow& row);

 private:
  enum class State { kFieldStart, kPlain, kQuoted, kQuoteInQuoted, kAfterQuoted };

  Result<bool> refill();
  bool take(char c, CsvRow& row);  // true: the row is complete
  void end_field();
  bool finish(CsvRow& row);  // false: the line was empty
  bool breaks_off(const CsvRow& row) const;
  void remember(const CsvRow& row);

  TextSource* source_;
  char delimiter_;
  std::string_view piece_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  bool last_was_cr_ = false;
  State state_ = State::kFieldStart;
  std::string text_;               // the row's fields, one after the other
  std::vector<std::size_t> ends_;  // where each field ends in text_
  // The rows so far, from the widest (the header) on.
  std::size_t widest_ = 0;
  std::size_t narrowest_ = 0;
  std::string last_field_;  // of the row before
};

// The delimiter that the first lines agree on; ',' where there is none.
char guess_delimiter(std::string_view head);

// Lower case ASCII letters; other characters stay.
std::string lower(std::string_view text);
// Without blanks (also the no-break space) at both ends.
std::string_view trim(std::string_view text);

}  // namespace glucoledger::convert
