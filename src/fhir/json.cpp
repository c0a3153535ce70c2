#include "fhir/json.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace glucoledger::fhir {

Json Json::boolean(bool value) {
  Json json(Kind::kBoolean);
  json.text_ = value ? "true" : "false";
  return json;
}

Json Json::number(std::string lexeme) {
  Json json(Kind::kNumber);
  json.text_ = std::move(lexeme);
  return json;
}

Json Json::array(std::vector<Json> items) {
  Json json(Kind::kArray);
  json.items_ = std::move(items);
  return json;
}

const Json* Json::find(std::string_view key) const {
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  return found == keys_.end() ? nullptr : &items_[static_cast<std::size_t>(found - keys_.begin())];
}

std::string_view Json::string_at(std::string_view key) const {
  const Json* member = find(key);
  return member != nullptr && member->is_string() ? std::string_view(member->text_) : std::string_view();
}

const std::vector<Json>& Json::array_at(std::string_view key) const {
  static const std::vector<Json> kNone;
  const Json* member = find(key);
  return member != nullptr && member->is_array() ? member->items_ : kNone;
}

Json& Json::set(std::string_view key, Json value) & {
  GL_ASSERT(kind_ == Kind::kObject);
  if ((value.is_array() || value.is_object()) && value.empty()) return *this;
  keys_.emplace_back(key);
  items_.push_back(std::move(value));
  return *this;
}

Json&& Json::set(std::string_view key, Json value) && {
  set(key, std::move(value));
  return std::move(*this);
}

void Json::push(Json value) {
  GL_ASSERT(kind_ == Kind::kArray);
  items_.push_back(std::move(value));
}

// Builds the tree from nlohmann's events; its own tree would lose the text of numbers. Returning false stops the
// parser.
class JsonBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Json take() { return std::move(root_); }

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json::boolean(value)); }
  bool number_integer(number_integer_t value) override { return add(Json::number(std::to_string(value))); }
  bool number_unsigned(number_unsigned_t value) override { return add(Json::number(std::to_string(value))); }
  bool number_float(number_float_t, const string_t& lexeme) override { return add(Json::number(lexeme)); }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::Kind::kObject); }
  bool start_array(std::size_t) override { return open(Json::Kind::kArray); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  // Each new name is compared with the ones before it, so their number is bounded.
  bool key(string_t& value) override {
    std::vector<std::string>& keys = open_.back().keys_;
    if (std::find(keys.begin(), keys.end(), value) != keys.end()) return false;
    keys.push_back(std::move(value));
    return keys.size() <= base::limits::kJsonMembersMax;
  }

 private:
  bool open(Json::Kind kind) {
    if (open_.size() >= base::limits::kJsonDepthMax) return false;
    open_.push_back(Json(kind));
    return true;
  }
  bool close() {
    Json done = std::move(open_.back());
    open_.pop_back();
    return add(std::move(done));
  }
  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else {
      open_.back().items_.push_back(std::move(value));
    }
    return true;
  }

  Json root_;
  std::vector<Json> open_;
};

Result<Json> parse_json(std::string_view text) {
  if (text.size() > base::limits::kResourceSizeMax) {
    return fail(ErrorCode::kInputRefused, "a FHIR resource is larger than 1 MiB");
  }
  JsonBuilder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return fail(ErrorCode::kInputRefused,
                "not one well-formed JSON document (UTF-8, no member twice, 64 levels at most)");
  }
  return builder.take();
}

namespace {

void append_string(std::string& out, const std::string& text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
  if (plain) {
    out.append(1, '"').append(text).append(1, '"');
  } else {
    out += nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  }
}

void append_line(std::string& out, bool pretty, std::size_t level) {
  if (pretty) out.append(1, '\n').append(2 * level, ' ');
}

void append(std::string& out, const Json& value, bool pretty, std::size_t level) {
  switch (value.kind()) {
    case Json::Kind::kNull:
      out += "null";
      return;
    case Json::Kind::kBoolean:
    case Json::Kind::kNumber:
      out += value.text();
      return;
    case Json::Kind::kString:
      append_string(out, value.text());
      return;
    case Json::Kind::kArray:
    case Json::Kind::kObject:
      break;
  }
  out += value.is_object() ? '{' : '[';
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    if (i > 0) out += ',';
    append_line(out, pretty, level + 1);
    if (value.is_object()) {
      append_string(out, value.keys()[i]);
      out += pretty ? ": " : ":";
    }
    append(out, value.items()[i], pretty, level + 1);
  }
  if (!value.empty()) append_line(out, pretty, level);
  out += value.is_object() ? '}' : ']';
}

}  // namespace

std::string write_json(const Json& value, bool pretty) {
  std::string out;
  out.reserve(2048);
  append(out, value, pretty, 0);
  return out;
}

}  // namespace glucoledger::fhir
