#include "control/registry/thing.hpp"

#include <algorithm>
#include <format>

#include "base/identity_limits.hpp"
#include "base/printable.hpp"

namespace perigee::control::registry {
namespace {

/// Of somebody else's making: UTF-8, without what would write a terminal's lines anew.
bool is_text(std::string_view text, std::size_t most) { return text.size() <= most && printable(text) == text; }

refusal wrong(std::string field, std::string detail, std::string right) {
  return {errc::malformed, "A field of the thing is wrong.", std::move(field), std::move(detail), std::move(right)};
}

std::string text_rule(std::size_t most) {
  return std::format("at most {} bytes of UTF-8 without control characters", most);
}

}  // namespace

std::string name_rule() {
  return std::format("1 to {} letters, digits, '.', '_' or '-'", limits::identity_name_bytes_max);
}

std::string_view name_of(kind k) { return k == kind::node ? "node" : "device"; }

std::optional<kind> kind_of(std::string_view name) {
  if (name == "device") return kind::device;
  if (name == "node") return kind::node;
  return std::nullopt;
}

std::optional<refusal> fault_of(const groups& all) {
  if (all.size() > limits::registry_groups_max) {
    return wrong("groups", std::format("it has {} groups", all.size()),
                 std::format("at most {}", limits::registry_groups_max));
  }
  for (auto one = all.begin(); one != all.end(); ++one) {
    if (!is_name(*one)) return wrong("groups", std::format("'{}' is no group's name", printable(*one)), name_rule());
    if (std::find(all.begin(), one, *one) != one) {
      return wrong("groups", std::format("'{}' is there twice", *one), "each group once");
    }
  }
  return std::nullopt;
}

std::optional<refusal> fault_of(const attributes& all) {
  if (all.size() > limits::registry_attributes_max) {
    return wrong("attributes", std::format("it has {} attributes", all.size()),
                 std::format("at most {}", limits::registry_attributes_max));
  }
  for (const auto& [name, value] : all) {
    if (name.empty() || !is_text(name, limits::registry_attribute_name_bytes_max)) {
      return wrong("attributes", "an attribute has no name that can be used",
                   "1 byte or more, " + text_rule(limits::registry_attribute_name_bytes_max));
    }
    if (!is_text(value, limits::registry_attribute_value_bytes_max)) {
      return wrong("attributes", std::format("the value of '{}' cannot be used", name),
                   text_rule(limits::registry_attribute_value_bytes_max));
    }
  }
  return std::nullopt;
}

std::optional<refusal> fault_of(const new_thing& made) {
  if (!is_name(made.name)) {
    return wrong("name", std::format("'{}' is no name of a thing", printable(made.name)), name_rule());
  }
  if (!is_text(made.serial_number, limits::registry_serial_number_bytes_max)) {
    return wrong("serial_number", "the serial number cannot be used",
                 text_rule(limits::registry_serial_number_bytes_max));
  }
  if (!made.gateway.empty() && !is_name(made.gateway)) {
    return wrong("gateway", std::format("'{}' is no name of a node", printable(made.gateway)), name_rule());
  }
  if (auto fault = fault_of(made.groups)) return fault;
  return fault_of(made.attributes);
}

}  // namespace perigee::control::registry
