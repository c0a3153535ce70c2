#include "convert/words.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace glucoledger::convert {
namespace {

// A line a language or two.
constexpr std::string_view kLowWords =
    "low|lo|too low|"
    "niedrig|tief|zu niedrig|"
    "bas|basse|faible|"
    "bajo|baja|baixo|baixa|basso|bassa|baix|"
    "laag|"
    "låg|lågt|lav|lavt|lág|lágt|"
    "matala|alhainen|madal|"
    "nízká|nízký|nízke|niski|niska|niskie|"
    "nizka|nizko|nizek|nisko|nizak|"
    "alacsony|"
    "scăzut|scăzută|"
    "žemas|žema|zems|zema|"
    "χαμηλό|χαμηλή|χαμηλά|"
    "ниско|ниска|нисък|низкий|низкая|низкое|низко|низький|низька|"
    "düşük|"
    "נמוך|נמוכה|"
    "منخفض|"
    "低|低い|低値|偏低|낮음";
constexpr std::string_view kHighWords =
    "high|hi|too high|"
    "hoch|zu hoch|"
    "haut|haute|élevé|élevée|"
    "alto|alta|elevado|elevada|elevato|elevata|alt|"
    "hoog|"
    "hög|högt|høy|høyt|høj|højt|hár|hátt|"
    "korkea|kõrge|"
    "vysoká|vysoký|vysoké|wysoki|wysoka|wysokie|"
    "visoka|visoko|visok|"
    "magas|"
    "ridicat|ridicată|crescut|"
    "aukštas|aukšta|augsts|augsta|"
    "υψηλό|υψηλή|υψηλά|"
    "високо|висока|висок|високий|высокий|высокая|высокое|высоко|"
    "yüksek|"
    "גבוה|גבוהה|"
    "مرتفع|"
    "高|高い|高値|偏高|높음";

bool is_one_of(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const auto end = std::min(words.find('|'), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

}  // namespace

std::string folded(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                                      UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (size < 0) return std::string(text);
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
}

std::optional<RangeEnd> range_end(std::string_view word) {
  static const std::string low_words = folded(kLowWords);
  static const std::string high_words = folded(kHighWords);
  const std::string same = folded(word);
  if (is_one_of(low_words, same)) return RangeEnd::kLow;
  if (is_one_of(high_words, same)) return RangeEnd::kHigh;
  return std::nullopt;
}

bool is_word(std::string_view text) {
  bool has_letter = false;
  while (!text.empty()) {
    utf8proc_int32_t character = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &character);
    if (size <= 0) return false;
    const auto category = utf8proc_category(character);
    if (category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NO) return false;
    has_letter = has_letter || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return has_letter;
}

}  // namespace glucoledger::convert
