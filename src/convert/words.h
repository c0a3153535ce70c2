// Words of device files, in whatever language: compared without case, accents and the several ways in which Unicode
// writes one character.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace glucoledger::convert {

// "Élevé", "ÉLEVÉ" and "eleve" are one. What is no UTF-8 stays as it is.
std::string folded(std::string_view text);

// The end of a sensor's range that a word stands for, as "LO", "Niedrig" and "高" do. In the languages in which Clarity
// and LibreView are sold.
enum class RangeEnd { kLow, kHigh };
std::optional<RangeEnd> range_end(std::string_view word);
// Letters, of which none is a digit; more than one word may be.
bool is_word(std::string_view text);

}  // namespace glucoledger::convert
