#include "rules/detail/kept_value.hpp"

namespace perigee::rules::detail {

void encode_value(byte_writer& to, const value& v) {
  to.u8(static_cast<std::uint8_t>(v.kind));
  switch (v.kind) {
    case value_kind::null: return;
    case value_kind::boolean: return to.u8(v.flag ? 1 : 0);
    // -0 and 0 are one number.
    case value_kind::number: return to.f64(v.number == 0 ? 0 : v.number);
    case value_kind::text:
    case value_kind::json: return to.sized(v.text);
  }
}

value decode_value(byte_reader& from) {
  const auto kind = from.u8();
  switch (static_cast<value_kind>(kind)) {
    case value_kind::null: return {};
    case value_kind::boolean: return of_boolean(from.u8() != 0);
    case value_kind::number: return of_number(from.f64());
    case value_kind::text: return of_text(from.sized_text());
    case value_kind::json: return {.kind = value_kind::json, .text = from.sized_text()};
  }
  from.fail();
  return {};
}

bool same_value(const value& a, const value& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case value_kind::null: return true;
    case value_kind::boolean: return a.flag == b.flag;
    case value_kind::number: return a.number == b.number;
    case value_kind::text:
    case value_kind::json: return a.text == b.text;
  }
  return false;
}

}  // namespace perigee::rules::detail
