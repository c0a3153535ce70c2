#include "fhir/patient.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "fhir/text.h"

namespace glucoledger::fhir {
namespace {

constexpr std::array<std::string_view, 4> kGenders{"male", "female", "other", "unknown"};
constexpr std::array<std::string_view, 5> kAddressUses{"home", "work", "temp", "old", "billing"};
constexpr std::array<std::string_view, 7> kTelecomSystems{"phone", "fax", "email", "pager", "url", "sms", "other"};
constexpr std::array<std::string_view, 5> kTelecomUses{"home", "work", "temp", "old", "mobile"};

bool one_of(std::string_view text, const auto& values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

auto refused(std::string_view reason) {
  return fail(ErrorCode::kInputRefused, "the Patient cannot be used: " + std::string(reason),
              "Give a FHIR R4 Patient as JSON, e.g. {\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Doe\"}]}");
}

// Absent, or what the element must be.
bool absent_or(const Json& object, std::string_view key, Json::Kind kind) {
  const Json* member = object.find(key);
  return member == nullptr || member->kind() == kind;
}

bool array_of_objects(const Json& patient, std::string_view key) {
  const auto& items = patient.array_at(key);
  return absent_or(patient, key, Json::Kind::kArray) &&
         std::all_of(items.begin(), items.end(), [](const Json& item) { return item.is_object(); });
}

bool is_birth_date(std::string_view text) {
  const std::string_view shape = "dddd-dd-dd";
  if (text.size() != 4 && text.size() != 7 && text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return false;
  }
  const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  if (text.size() >= 7 && (number(5) < 1 || number(5) > 12)) return false;
  if (text.size() < 10) return true;
  const int year = number(0) * 100 + number(2);
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int days = number(5) == 2 && leap ? 29 : kDays[static_cast<std::size_t>(number(5) - 1)];
  return number(8) >= 1 && number(8) <= days;
}

void copy_text(Json& to, const Json& from, std::string_view key) {
  std::string text = clean_text(from.string_at(key));
  if (!text.empty()) to.set(key, std::move(text));
}

void copy_code(Json& to, const Json& from, std::string_view key, const auto& values) {
  if (one_of(from.string_at(key), values)) to.set(key, from.string_at(key));
}

// The elements of an Address that are plain texts and codes; extensions are left behind.
Json kept_address(const Json& given) {
  Json address = Json::object();
  copy_code(address, given, "use", kAddressUses);
  copy_text(address, given, "text");
  Json lines = Json::array();
  for (const Json& line : given.array_at("line")) {
    std::string text = line.is_string() ? clean_text(line.text()) : std::string();
    if (!text.empty() && lines.items().size() < base::limits::kPatientEntriesMax) lines.push(std::move(text));
  }
  address.set("line", std::move(lines));
  for (const char* key : {"city", "district", "state", "postalCode", "country"}) copy_text(address, given, key);
  return address;
}

Json kept_telecom(const Json& given) {
  Json telecom = Json::object();
  copy_code(telecom, given, "system", kTelecomSystems);
  copy_text(telecom, given, "value");
  copy_code(telecom, given, "use", kTelecomUses);
  // FHIR R4, cpt-2: a value needs its system.
  return telecom.find("value") != nullptr && telecom.find("system") == nullptr ? Json::object() : telecom;
}

Json kept_entries(const Json& patient, std::string_view key, Json (*kept)(const Json&)) {
  Json entries = Json::array();
  for (const Json& item : patient.array_at(key)) {
    Json entry = kept(item);
    if (!entry.empty() && entries.items().size() < base::limits::kPatientEntriesMax) entries.push(std::move(entry));
  }
  return entries.empty() ? Json() : entries;
}

// The official name, else the usual one, else the first.
const Json* chosen_name(const Json& patient) {
  const auto& names = patient.array_at("name");
  for (const std::string_view use : {"official", "usual"}) {
    for (const Json& name : names) {
      if (name.string_at("use") == use) return &name;
    }
  }
  return names.empty() ? nullptr : &names.front();
}

void read_name(const Json& name, Patient& patient) {
  patient.family = clean_text(name.string_at("family"));
  for (const Json& given : name.array_at("given")) {
    if (!given.is_string()) continue;
    const std::string text = clean_text(given.text());
    if (!text.empty()) patient.given += (patient.given.empty() ? "" : " ") + text;
  }
  if (patient.family.empty() && patient.given.empty()) patient.family = clean_text(name.string_at("text"));
}

// FHIR wants an absolute URI there.
bool is_system(std::string_view text) {
  return text.find(' ') == std::string_view::npos && text.find(':') != std::string_view::npos;
}

Json words(std::string_view text) {
  Json list = Json::array();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    list.push(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return list;
}

}  // namespace

Result<Patient> parse_patient(std::string_view text) {
  GL_TRY(json, parse_json(text));
  if (json.string_at("resourceType") != "Patient") return refused("its resourceType is not \"Patient\"");
  for (const char* key : {"identifier", "name", "address", "telecom"}) {
    if (!array_of_objects(json, key)) return refused("\"" + std::string(key) + "\" is not an array of objects");
  }
  Patient patient;
  for (const char* key : {"birthDate", "gender"}) {
    if (!absent_or(json, key, Json::Kind::kString)) return refused("\"" + std::string(key) + "\" is not a text");
  }
  patient.birth_date = json.string_at("birthDate");
  if (!patient.birth_date.empty() && !is_birth_date(patient.birth_date)) {
    return refused("\"birthDate\" is not a date as YYYY-MM-DD");
  }
  patient.gender = json.string_at("gender");
  if (!patient.gender.empty() && !one_of(patient.gender, kGenders)) {
    return refused("\"gender\" is not one of male, female, other, unknown");
  }
  for (const Json& identifier : json.array_at("identifier")) {
    patient.identifier_value = clean_text(identifier.string_at("value"));
    patient.identifier_system = clean_text(identifier.string_at("system"));
    if (!patient.identifier_value.empty()) break;
  }
  if (const Json* name = chosen_name(json)) read_name(*name, patient);
  patient.address = kept_entries(json, "address", kept_address);
  patient.telecom = kept_entries(json, "telecom", kept_telecom);
  return patient;
}

Json patient_identifier(const Patient& patient) {
  Json identifier = Json::object();
  std::string value = clean_text(patient.identifier_value);
  if (value.empty()) return identifier;
  if (is_system(patient.identifier_system)) identifier.set("system", clean_text(patient.identifier_system));
  return std::move(identifier).set("value", std::move(value));
}

Json patient_resource(const Patient& patient) {
  Json json = Json::object().set("resourceType", "Patient");
  if (Json identifier = patient_identifier(patient); !identifier.empty()) {
    json.set("identifier", Json::array({std::move(identifier)}));
  }
  Json name = Json::object();
  if (std::string family = clean_text(patient.family); !family.empty()) name.set("family", std::move(family));
  name.set("given", words(clean_text(patient.given)));
  if (!name.empty()) json.set("name", Json::array({std::move(name)}));
  if (patient.telecom.is_array()) json.set("telecom", patient.telecom);
  if (one_of(patient.gender, kGenders)) json.set("gender", patient.gender);
  if (is_birth_date(patient.birth_date)) json.set("birthDate", patient.birth_date);
  if (patient.address.is_array()) json.set("address", patient.address);
  return json;
}

std::string patient_json(const Patient& patient) {
  return write_json(patient_resource(patient));
}

Patient merge(Patient known, const Patient& other) {
  const auto fill = [](std::string& mine, const std::string& theirs) {
    if (mine.empty()) mine = theirs;
  };
  // Parts of one thing are taken together: a family name of one source never meets a given name of another.
  if (known.family.empty() && known.given.empty()) {
    known.family = other.family;
    known.given = other.given;
  }
  if (known.identifier_value.empty()) {
    known.identifier_system = other.identifier_system;
    known.identifier_value = other.identifier_value;
  }
  fill(known.birth_date, other.birth_date);
  fill(known.gender, other.gender);
  if (!known.address.is_array()) known.address = other.address;
  if (!known.telecom.is_array()) known.telecom = other.telecom;
  return known;
}

std::string display_name(const Patient& patient) {
  return clean_text(patient.given + " " + patient.family);
}

}  // namespace glucoledger::fhir
