#include "rules/detail/payload_reader.hpp"

#include <algorithm>

#include "rules/detail/json_scalar.hpp"

namespace perigee::rules::detail {

namespace ondemand = simdjson::ondemand;

struct payload_reader::parser : json::padded_parser {};

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
    const field_tree::node unasked;
    const auto* whole = wanted.member("value");
    if (whole == nullptr) whole = &unasked;
    if (type == ondemand::json_type::array) return array(in.get_array(), *whole);
    value passed_over;
    return json::scalar(in, type, whole->slot ? slots_[*whole->slot] : passed_over);
  }

 private:
  bool members(ondemand::object& in, const field_tree::node& wanted) {
    for (auto member : in) {
      ondemand::field field;
      std::string_view name;
      if (std::move(member).get(field) != simdjson::SUCCESS) return false;
      if (field.unescaped_key().get(name) != simdjson::SUCCESS) return false;
      const auto* child = wanted.member(name);
      if (child != nullptr && !value_of(field.value(), *child)) return false;
    }
    return true;
  }

  bool elements(ondemand::array& in, const field_tree::node& wanted) {
    std::uint32_t at = 0;
    for (auto one : in) {
      ondemand::value element;
      if (std::move(one).get(element) != simdjson::SUCCESS) return false;
      const auto* child = wanted.element(at++);
      if (child != nullptr && !value_of(element, *child)) return false;
    }
    return true;
  }

  bool value_of(ondemand::value in, const field_tree::node& wanted) {
    ondemand::json_type type{};
    if (in.type().get(type) != simdjson::SUCCESS) return false;
    if (type == ondemand::json_type::object) return object(in.get_object(), wanted);
    if (type == ondemand::json_type::array) return array(in.get_array(), wanted);
    return !wanted.slot || json::scalar(in, type, slots_[*wanted.slot]);
  }

  bool object(simdjson::simdjson_result<ondemand::object> in, const field_tree::node& wanted) {
    ondemand::object object;
    if (std::move(in).get(object) != simdjson::SUCCESS || !whole(object, wanted)) return false;
    return wanted.members.empty() || members(object, wanted);
  }

  bool array(simdjson::simdjson_result<ondemand::array> in, const field_tree::node& wanted) {
    ondemand::array array;
    if (std::move(in).get(array) != simdjson::SUCCESS || !whole(array, wanted)) return false;
    return wanted.elements.empty() || elements(array, wanted);
  }

  /// The text of an object or array where someone asks for it, and back to its beginning.
  bool whole(auto& container, const field_tree::node& wanted) {
    if (!wanted.slot) return true;
    if (!json::whole(container.raw_json(), slots_[*wanted.slot])) return false;
    return container.reset().error() == simdjson::SUCCESS;
  }

  std::span<value> slots_;
};

payload_reader::payload_reader() : parser_(std::make_unique<parser>()) {}
payload_reader::~payload_reader() = default;

bool payload_reader::read(byte_view payload, const field_tree& wanted, std::span<value> slots) {
  std::ranges::fill(slots, value{});
  ondemand::document document;
  if (!parser_->iterate(as_text(payload), document)) return false;
  if (walk(slots).document(document, wanted.root())) return true;
  std::ranges::fill(slots, value{});
  return false;
}

}  // namespace perigee::rules::detail
