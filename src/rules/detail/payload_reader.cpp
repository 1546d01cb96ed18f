#include "rules/detail/payload_reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace perigee::rules::detail {

namespace ondemand = simdjson::ondemand;

struct payload_reader::parser {
  ondemand::parser json;
  byte_buffer padded;  // the payload, and the bytes behind it that simdjson may look at
};

/// One descent along the wanted fields. Recursion goes as deep as the deepest path of a rule, whatever the payload.
class payload_reader::walk {
 public:
  explicit walk(std::span<value> slots) : slots_(slots) {}

  bool document(ondemand::document& in, const field_tree::node& wanted) {
    ondemand::json_type type{};
    if (in.type().get(type) != simdjson::SUCCESS) return false;
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      return in.get_object().get(object) == simdjson::SUCCESS && members(object, wanted);
    }
    const auto* whole = wanted.child("value");
    value unasked;
    auto& out = whole != nullptr && whole->slot ? slots_[*whole->slot] : unasked;
    if (type == ondemand::json_type::array) return json_text(in.raw_json(), out);
    return scalar(in, type, out);
  }

 private:
  bool members(ondemand::object& in, const field_tree::node& wanted) {
    for (auto member : in) {
      ondemand::field field;
      std::string_view name;
      if (std::move(member).get(field) != simdjson::SUCCESS) return false;
      if (field.unescaped_key().get(name) != simdjson::SUCCESS) return false;
      const auto* child = wanted.child(name);
      if (child != nullptr && !member_value(field.value(), *child)) return false;
    }
    return true;
  }

  bool member_value(ondemand::value in, const field_tree::node& wanted) {
    ondemand::json_type type{};
    if (in.type().get(type) != simdjson::SUCCESS) return false;
    if (type == ondemand::json_type::object) return inner_object(in, wanted);
    if (!wanted.slot) return true;
    if (type == ondemand::json_type::array) return json_text(in.raw_json(), slots_[*wanted.slot]);
    return scalar(in, type, slots_[*wanted.slot]);
  }

  bool inner_object(ondemand::value in, const field_tree::node& wanted) {
    ondemand::object object;
    if (in.get_object().get(object) != simdjson::SUCCESS) return false;
    if (wanted.slot) {
      if (!json_text(object.raw_json(), slots_[*wanted.slot])) return false;
      if (object.reset().error() != simdjson::SUCCESS) return false;
    }
    return wanted.children.empty() || members(object, wanted);
  }

  static bool json_text(simdjson::simdjson_result<std::string_view> from, value& out) {
    std::string_view text;
    if (std::move(from).get(text) != simdjson::SUCCESS) return false;
    out.text = without_end(text);
    out.kind = value_kind::json;
    return true;
  }

  static bool scalar(auto& in, ondemand::json_type type, value& out) {
    switch (type) {
      case ondemand::json_type::null: return in.is_null().get(out.flag) == simdjson::SUCCESS && out.flag;
      case ondemand::json_type::boolean:
        out.kind = value_kind::boolean;
        return in.get_bool().get(out.flag) == simdjson::SUCCESS;
      case ondemand::json_type::string:
        out.kind = value_kind::text;
        return in.get_string().get(out.text) == simdjson::SUCCESS;
      default: return number(in, out);
    }
  }

  static bool number(auto& in, value& out) {
    std::string_view digits;
    if (simdjson::simdjson_result<std::string_view>(in.raw_json_token()).get(digits) != simdjson::SUCCESS) return false;
    if (in.get_double().get(out.number) != simdjson::SUCCESS) return false;
    out.text = without_end(digits);
    out.kind = value_kind::number;
    return true;
  }

  /// simdjson's raw texts reach up to the next token.
  static std::string_view without_end(std::string_view text) {
    return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  }

  std::span<value> slots_;
};

payload_reader::payload_reader() : parser_(std::make_unique<parser>()) {}
payload_reader::~payload_reader() = default;

bool payload_reader::read(byte_view payload, const field_tree& wanted, std::span<value> slots) {
  std::ranges::fill(slots, value{});
  auto& [json, padded] = *parser_;
  if (padded.size() < payload.size() + simdjson::SIMDJSON_PADDING) {
    padded.resize(payload.size() + simdjson::SIMDJSON_PADDING);
  }
  if (!payload.empty()) std::memcpy(padded.data(), payload.data(), payload.size());
  std::memset(padded.data() + payload.size(), 0, simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  if (json.iterate(padded.data(), payload.size(), padded.size()).get(document) != simdjson::SUCCESS) return false;
  if (walk(slots).document(document, wanted.root())) return true;
  std::ranges::fill(slots, value{});
  return false;
}

}  // namespace perigee::rules::detail
