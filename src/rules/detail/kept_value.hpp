#pragma once
// Values that outlive the event they came with: group keys, first(x), lag(x). And their form at rest.

#include <string>

#include "base/bytes.hpp"
#include "rules/detail/value.hpp"

namespace perigee::rules::detail {

/// A value that owns its text. A number loses the digits it was written with.
class kept_value {
 public:
  kept_value() = default;
  explicit kept_value(const value& of) : value_(of) {
    value_.text = {};
    if (of.kind != value_kind::number) text_ = of.text;
  }
  [[nodiscard]] value view() const {
    auto out = value_;
    if (out.kind != value_kind::number) out.text = text_;
    return out;
  }
  [[nodiscard]] std::size_t heap_bytes() const { return text_.size(); }

 private:
  value value_;
  std::string text_;
};

/// A kind, and what belongs to it: docs/formats/rules-state.md. Equal values give equal bytes.
void encode_value(byte_writer& to, const value& v);
/// Texts view the input. Fails the reader on what is no value.
[[nodiscard]] value decode_value(byte_reader& from);
[[nodiscard]] bool same_value(const value& a, const value& b);

}  // namespace perigee::rules::detail
