#include "rules/infer.hpp"

#include <simdjson.h>

#include <algorithm>
#include <format>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/rules_limits.hpp"

namespace perigee::rules {
namespace {

namespace dom = simdjson::dom;

struct seen_field {
  std::string path;
  std::uint64_t numbers = 0;
  std::uint64_t booleans = 0;
  std::uint64_t texts = 0;
  std::uint64_t opaque = 0;  // arrays, and objects that are not looked into
  std::uint64_t objects = 0;
  std::uint64_t last = 0;  // the message that it was counted of last, from 1
  double least = 0;
  double most = 0;

  [[nodiscard]] std::uint64_t present() const { return numbers + booleans + texts + opaque + objects; }
  [[nodiscard]] std::string_view type() const {
    const auto all = present();
    if (all == 0) return "any";
    if (numbers == all) return "number";
    if (booleans == all) return "boolean";
    return texts == all ? "text" : "any";
  }
  /// An object is told by its members.
  [[nodiscard]] bool is_object() const { return objects != 0 && objects == present(); }
};

bool is_bare_key(std::string_view key) {
  return std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// A bare key or a basic string of TOML.
std::string toml_key(std::string_view key) {
  if (!key.empty() && is_bare_key(key)) return std::string(key);
  std::string out = "\"";
  for (const char c : key) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += std::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

struct field_survey::state {
  dom::parser parser;
  std::vector<seen_field> fields;
  std::unordered_map<std::string, std::size_t> by_path;
  std::uint64_t messages = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t passed_over = 0;
  std::string path;

  void look_at(dom::element whole) {
    path.clear();
    if (whole.is_object()) return members(whole.get_object().value_unsafe(), 0);
    path = "value";
    value_of(whole, 0);
  }

  void members(dom::object in, std::uint32_t depth) {
    const auto length = path.size();
    for (const auto& [name, value] : in) {
      if (length != 0) path += '.';
      path += name;
      value_of(value, depth + 1);
      path.resize(length);
    }
  }

  void value_of(dom::element in, std::uint32_t depth) {
    const bool within = in.is_object() && depth < limits::rule_survey_depth_max;
    if (auto* to = place()) count(*to, in, within);
    if (within) members(in.get_object().value_unsafe(), depth);
  }

  /// A member that stands twice in one object counts once.
  void count(seen_field& to, dom::element in, bool with_members) {
    if (std::exchange(to.last, messages) == messages) return;
    if (in.is_bool()) ++to.booleans;
    if (in.is_string()) ++to.texts;
    if (in.is_array() || in.is_object()) ++(with_members ? to.objects : to.opaque);
    if (!in.is_number()) return;
    const double x = in.get_double().value_unsafe();
    to.least = to.numbers == 0 ? x : std::min(to.least, x);
    to.most = to.numbers == 0 ? x : std::max(to.most, x);
    ++to.numbers;
  }

  seen_field* place() {
    if (const auto found = by_path.find(path); found != by_path.end()) return &fields[found->second];
    if (fields.size() == limits::rule_survey_fields_max || path.size() > limits::rule_survey_path_bytes_max) {
      ++passed_over;
      return nullptr;
    }
    by_path.emplace(path, fields.size());
    return &fields.emplace_back(path);
  }

  /// Whether an object that the field lies in is one only now and then: then that is `any`, and what is in it too.
  [[nodiscard]] bool within_any(const seen_field& field) const {
    for (auto dot = field.path.find('.'); dot != std::string::npos; dot = field.path.find('.', dot + 1)) {
      const auto outer = by_path.find(field.path.substr(0, dot));
      if (outer != by_path.end() && !fields[outer->second].is_object()) return true;
    }
    return false;
  }

  [[nodiscard]] std::string line(const seen_field& of) const {
    const bool always = of.present() == messages;
    auto out = std::format("{} = \"{}{}\"", toml_key(of.path), of.type(), always ? "" : "?");
    std::string note;
    if (!always) {
      note = std::format("in {:.3g} %", 100.0 * static_cast<double>(of.present()) / static_cast<double>(messages));
    }
    if (of.type() == "number") note += std::format("{}{} to {}", note.empty() ? "" : ", ", of.least, of.most);
    return out + (note.empty() ? "\n" : std::format("  # {}\n", note));
  }
};

field_survey::field_survey() : state_(std::make_unique<state>()) {}
field_survey::~field_survey() = default;
field_survey::field_survey(field_survey&&) noexcept = default;
field_survey& field_survey::operator=(field_survey&&) noexcept = default;

bool field_survey::add(byte_view payload) {
  dom::element whole;
  const auto text = as_text(payload);
  if (text.empty() || text.size() > limits::message_payload_bytes_max ||
      state_->parser.parse(text.data(), text.size()).get(whole) != simdjson::SUCCESS) {
    ++state_->unreadable;
    return false;
  }
  ++state_->messages;
  state_->look_at(whole);
  return true;
}

std::uint64_t field_survey::messages() const { return state_->messages; }
std::uint64_t field_survey::unreadable() const { return state_->unreadable; }
std::uint64_t field_survey::passed_over() const { return state_->passed_over; }
std::size_t field_survey::fields() const { return state_->fields.size(); }

std::string field_survey::header() const {
  std::string out = "[fields]\n";
  for (const auto& one : state_->fields) {
    if (!one.is_object() && !state_->within_any(one)) out += state_->line(one);
  }
  return out;
}

}  // namespace perigee::rules
