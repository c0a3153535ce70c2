// JSON as FHIR needs it: numbers keep their exact text (8.10 stays 8.10), members keep their order.
//
// Reading is strict and bounded: UTF-8, one document, no member twice, at most limits::kResourceSizeMax bytes,
// limits::kJsonDepthMax levels and limits::kJsonMembersMax members of an object; kInputRefused otherwise, in words that
// hold nothing of the document. Writing gives ASCII alone (other characters as \uXXXX), because a MAM message holds
// nothing else. Source: RFC 8259; FHIR R4 "JSON representation" and "decimal".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace glucoledger::fhir {

class Json {
 public:
  enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };

  Json() = default;
  Json(std::string text) : kind_(Kind::kString), text_(std::move(text)) {}
  Json(std::string_view text) : Json(std::string(text)) {}
  Json(const char* text) : Json(std::string(text)) {}
  static Json boolean(bool value);
  static Json number(std::string lexeme);  // written as it is: must be a JSON number
  static Json array(std::vector<Json> items = {});
  static Json object() { return Json(Kind::kObject); }

  Kind kind() const { return kind_; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_array() const { return kind_ == Kind::kArray; }
  bool is_object() const { return kind_ == Kind::kObject; }
  // The characters of a string, or the text of a number or boolean ("true").
  const std::string& text() const { return text_; }
  // The items of an array or the values of an object; keys() runs beside them in an object.
  const std::vector<Json>& items() const { return items_; }
  const std::vector<std::string>& keys() const { return keys_; }
  bool empty() const { return items_.empty(); }

  // A member of an object; null where there is none, or this is no object.
  const Json* find(std::string_view key) const;
  // The text of a string member; empty where there is none of that kind.
  std::string_view string_at(std::string_view key) const;
  // Items of an array member; empty where there is none of that kind.
  const std::vector<Json>& array_at(std::string_view key) const;

  // Add to an object or an array. `set` leaves out an empty object or array and returns *this, for building in one go.
  Json& set(std::string_view key, Json value) &;
  Json&& set(std::string_view key, Json value) &&;
  void push(Json value);

 private:
  friend class JsonBuilder;
  explicit Json(Kind kind) : kind_(kind) {}

  Kind kind_ = Kind::kNull;
  std::string text_;
  std::vector<Json> items_;
  std::vector<std::string> keys_;
};

Result<Json> parse_json(std::string_view text);
// One line, or two spaces a level with `pretty`. Bytes that are no UTF-8 become U+FFFD.
std::string write_json(const Json& value, bool pretty = false);

}  // namespace glucoledger::fhir
