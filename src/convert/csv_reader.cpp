#include "convert/csv_reader.h"

#include <algorithm>

#include "base/limits.h"

namespace glucoledger::convert {

Result<bool> CsvReader::refill() {
  at_ = 0;
  GL_ASSIGN(piece_, source_->next());
  return !piece_.empty();
}

void CsvReader::end_field() {
  ends_.push_back(text_.size());
  state_ = State::kFieldStart;
}

bool CsvReader::take(char c, CsvRow& row) {
  if (state_ == State::kQuoted) {
    if (c == '"') {
      state_ = State::kQuoteInQuoted;
    } else {
      text_.push_back(c);
    }
    return false;
  }
  if (state_ == State::kQuoteInQuoted) {
    if (c == '"') {
      text_.push_back('"');
      state_ = State::kQuoted;
      return false;
    }
    state_ = State::kAfterQuoted;
  }
  if (c == '\n' || c == '\r') return true;
  if (c == delimiter_) {
    end_field();
  } else if (c == '"' && state_ == State::kFieldStart) {
    state_ = State::kQuoted;
  } else {
    if (state_ == State::kAfterQuoted && c != ' ') row.broken = true;
    if (state_ == State::kFieldStart) state_ = State::kPlain;
    text_.push_back(c);
  }
  return false;
}

// Numbers may well begin alike; names and serial numbers that stand in every row do not.
bool CsvReader::breaks_off(const CsvRow& row) const {
  const std::string_view last = row.fields.back();
  const bool has_letter =
      std::any_of(last.begin(), last.end(), [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
  return row.broken || row.fields.size() < narrowest_ ||
         (has_letter && last.size() < last_field_.size() && std::string_view(last_field_).starts_with(last));
}

void CsvReader::remember(const CsvRow& row) {
  const std::size_t width = row.fields.size();
  narrowest_ = width > widest_ ? width : std::min(narrowest_, width);
  widest_ = std::max(widest_, width);
  last_field_.assign(row.fields.back());
}

bool CsvReader::finish(CsvRow& row) {
  if (state_ == State::kQuoted) row.broken = true;
  const bool empty = ends_.empty() && text_.empty();
  end_field();
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    row.fields.push_back(std::string_view(text_).substr(begin, end - begin));
    begin = end;
  }
  return !empty;
}

Result<bool> CsvReader::next(CsvRow& row) {
  while (true) {
    row = {line_, false, std::move(row.fields)};
    row.fields.clear();
    text_.clear();
    ends_.clear();
    state_ = State::kFieldStart;
    std::size_t size = 0;
    bool complete = false;
    while (!complete) {
      if (at_ == piece_.size()) {
        GL_TRY(more, refill());
        if (!more) break;
      }
      const char c = piece_[at_++];
      if (c == '\n' && last_was_cr_) {  // the second half of CR LF
        last_was_cr_ = false;
        if (state_ == State::kQuoted) text_.push_back(c);
        continue;
      }
      last_was_cr_ = c == '\r';
      if (c == '\n' || c == '\r') ++line_;
      if (++size > base::limits::kLineSizeMax) {
        return fail(ErrorCode::kInputRefused, "line " + std::to_string(row.line) + " is longer than 64 KiB",
                    "no device's export has such lines: check that it is the right file");
      }
      complete = take(c, row);
    }
    const bool filled = finish(row);
    if (filled && !complete && breaks_off(row)) {
      return fail(ErrorCode::kInputRefused, "the file ends in the midst of line " + std::to_string(row.line),
                  "export or download it again");
    }
    if (filled) {
      remember(row);
      return true;
    }
    if (!complete) return false;
  }
}

char guess_delimiter(std::string_view head) {
  constexpr std::string_view kCandidates = ";\t,";
  // In a file with decimal commas the other delimiter appears more regularly, so the widest line of the first decides.
  char best = ',';
  std::size_t best_count = 0;
  for (const char candidate : kCandidates) {
    std::string_view rest = head.substr(0, std::min<std::size_t>(head.size(), 16384));
    std::size_t most = 0;
    for (int line = 0; line < 30 && !rest.empty(); ++line) {
      const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
      most = std::max(most, static_cast<std::size_t>(
                                std::count(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(end), candidate)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (most > best_count) {
      best_count = most;
      best = candidate;
    }
  }
  return best;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kNoBreakSpace = "\xc2\xa0";
  while (true) {
    if (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
      text.remove_prefix(1);
    } else if (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
      text.remove_suffix(1);
    } else if (text.starts_with(kNoBreakSpace)) {
      text.remove_prefix(kNoBreakSpace.size());
    } else if (text.ends_with(kNoBreakSpace)) {
      text.remove_suffix(kNoBreakSpace.size());
    } else {
      return text;
    }
  }
}

}  // namespace glucoledger::convert
