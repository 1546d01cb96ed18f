#include "rules/detail/value.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace perigee::rules::detail {
namespace {

constexpr double exact_integer_max = 9007199254740992.0;  // 2^53

void put_number(scratch& out, double x) {
  std::array<char, 32> digits{};
  // to_chars would write a million as 1e+06.
  const bool whole = std::trunc(x) == x && std::abs(x) < exact_integer_max;
  const auto end = whole ? std::to_chars(digits.begin(), digits.end(), static_cast<std::int64_t>(x)).ptr
                         : std::to_chars(digits.begin(), digits.end(), x).ptr;
  out.put(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

void put_escape(scratch& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"': return out.put("\\\"");
    case '\\': return out.put("\\\\");
    case '\n': return out.put("\\n");
    case '\r': return out.put("\\r");
    case '\t': return out.put("\\t");
    default:
      out.put("\\u00");
      out.put(hex[static_cast<unsigned char>(c) >> 4]);
      out.put(hex[static_cast<unsigned char>(c) & 15]);
  }
}

}  // namespace

std::string_view name_of(value_type t) {
  switch (t) {
    case value_type::number: return "a number";
    case value_type::boolean: return "true or false";
    case value_type::text: return "a text";
    case value_type::any: break;
  }
  return "any value";
}

bool fits(const value& v, value_type t) {
  switch (t) {
    case value_type::number: return v.kind == value_kind::number || v.is_null();
    case value_type::boolean: return v.kind == value_kind::boolean || v.is_null();
    case value_type::text: return v.kind == value_kind::text || v.is_null();
    case value_type::any: break;
  }
  return true;
}

void scratch::put(std::string_view text) {
  if (text.size() > max_ - used_) {
    overflowed_ = true;
    return;
  }
  if (!text.empty()) std::memcpy(text_.get() + used_, text.data(), text.size());
  used_ += text.size();
}

std::optional<std::string_view> scratch::take() {
  if (overflowed_) {
    used_ = start_;
    return std::nullopt;
  }
  return std::string_view(text_.get() + start_, used_ - start_);
}

void put_escaped(scratch& out, std::string_view text) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    out.put(text.substr(plain, i - plain));
    put_escape(out, text[i]);
    plain = i + 1;
  }
  out.put(text.substr(plain));
}

void put_json_text(scratch& out, std::string_view text) {
  out.put('"');
  put_escaped(out, text);
  out.put('"');
}

void put_in_text(scratch& out, const value& v) {
  if (v.kind == value_kind::text || v.kind == value_kind::json) return put_escaped(out, v.text);
  put_plain(out, v);
}

void put_json(scratch& out, const value& v) {
  if (v.kind == value_kind::text) return put_json_text(out, v.text);
  put_plain(out, v);
}

void put_plain(scratch& out, const value& v) {
  switch (v.kind) {
    case value_kind::null: return out.put("null");
    case value_kind::boolean: return out.put(v.flag ? "true" : "false");
    case value_kind::number: return v.text.empty() ? put_number(out, v.number) : out.put(v.text);
    case value_kind::text:
    case value_kind::json: return out.put(v.text);
  }
}

}  // namespace perigee::rules::detail
