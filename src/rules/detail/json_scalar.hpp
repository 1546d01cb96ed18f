#pragma once
// From simdjson's values to ours. Only for .cpp files.

#include <simdjson.h>

#include "base/bytes.hpp"
#include "rules/detail/value.hpp"

namespace perigee::rules::detail::json {

namespace ondemand = simdjson::ondemand;

/// simdjson's raw texts reach up to the next token.
[[nodiscard]] inline std::string_view without_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

/// The text of an object or array. False where it is no JSON.
[[nodiscard]] inline bool whole(simdjson::simdjson_result<std::string_view> from, value& out) {
  std::string_view text;
  if (std::move(from).get(text) != simdjson::SUCCESS) return false;
  out.text = without_end(text);
  out.kind = value_kind::json;
  return true;
}

[[nodiscard]] bool inline number(auto& in, value& out) {
  std::string_view digits;
  if (simdjson::simdjson_result<std::string_view>(in.raw_json_token()).get(digits) != simdjson::SUCCESS) return false;
  if (in.get_double().get(out.number) != simdjson::SUCCESS) return false;
  out.text = without_end(digits);
  out.kind = value_kind::number;
  return true;
}

/// Of a document or a value within one. Texts lie in the parser's memory.
[[nodiscard]] inline bool scalar(auto& in, ondemand::json_type type, value& out) {
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

/// The parser, and a copy of what it reads with the bytes behind it that simdjson may look at.
class padded_parser {
 public:
  bool iterate(std::string_view text, ondemand::document& out) {
    if (padded_.size() < text.size() + simdjson::SIMDJSON_PADDING) {
      padded_.resize(text.size() + simdjson::SIMDJSON_PADDING);
    }
    if (!text.empty()) std::memcpy(padded_.data(), text.data(), text.size());
    std::memset(padded_.data() + text.size(), 0, simdjson::SIMDJSON_PADDING);
    return json_.iterate(padded_.data(), text.size(), padded_.size()).get(out) == simdjson::SUCCESS;
  }
  /// Where in `text`, of which this is the copy, a view into the copy lies.
  [[nodiscard]] std::string_view in(std::string_view text, std::string_view copy) const {
    return text.substr(static_cast<std::size_t>(copy.data() - reinterpret_cast<const char*>(padded_.data())),
                       copy.size());
  }

 private:
  ondemand::parser json_;
  byte_buffer padded_;
};

}  // namespace perigee::rules::detail::json
