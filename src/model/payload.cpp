#include "model/payload.hpp"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "base/limits.hpp"
#include "model/detail/sparkplug_decoder.hpp"

namespace perigee::model {
namespace {

namespace json = simdjson::ondemand;

constexpr std::string_view spaces = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(spaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

bool names_time(std::string_view key) { return key == "ts" || key == "time" || key == "timestamp"; }

std::unexpected<error> not_json(std::source_location at = std::source_location::current()) {
  return fail(errc::malformed, "the payload is not valid JSON", at);
}

std::optional<value_view> plain_number(std::string_view text) {
  const auto* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto r = std::from_chars(text.data(), end, whole); r.ec == std::errc{} && r.ptr == end) return whole;
  double number = 0;
  if (const auto r = std::from_chars(text.data(), end, number); r.ec == std::errc{} && r.ptr == end) return number;
  return std::nullopt;
}

}  // namespace

struct payload_decoder::state {
  struct found {
    std::size_t name_begin = 0;  // in names
    std::size_t name_size = 0;
    value_view value;
  };

  json::parser parser;
  detail::sparkplug_decoder sparkplug;
  std::vector<char> padded;
  std::vector<found> readings;
  std::string names;
  std::string path;  // "motor." inside the field motor
  std::optional<timestamp> time;

  result<> read_json(std::string_view payload);
  result<> read_object(json::object object, std::size_t depth);
  result<> read_field(json::field field, std::size_t depth);
  result<> read_time(json::value item);
  result<> read_nested(std::string_view key, json::object object, std::size_t depth);
  result<> keep(std::string_view key, const value_view& x);
};

payload_decoder::payload_decoder() : state_(std::make_unique<state>()) {}
payload_decoder::~payload_decoder() = default;
payload_decoder::payload_decoder(payload_decoder&&) noexcept = default;
payload_decoder& payload_decoder::operator=(payload_decoder&&) noexcept = default;

result<> payload_decoder::decode(payload_format format, std::string_view topic, byte_view payload, timestamp arrival,
                                 sink each, std::string_view scope) {
  if (format == payload_format::automatic || format == payload_format::sparkplug_b) {
    if (const auto name = sparkplug::parse_topic(topic)) {
      return state_->sparkplug.decode(*name, payload, arrival, scope, each);
    }
    if (format == payload_format::sparkplug_b) return fail(errc::malformed, "the topic is not one of Sparkplug B");
  }
  const auto text = trimmed(as_text(payload));
  const bool is_json =
      format == payload_format::automatic ? text.starts_with('{') : format == payload_format::flat_json;
  if (is_json) {
    PG_TRY_VOID(state_->read_json(text));
    const std::string_view names = state_->names;
    const auto time = state_->time.value_or(arrival);
    for (const auto& x : state_->readings) {
      const bool null = std::holds_alternative<std::monostate>(x.value);
      each({topic, names.substr(x.name_begin, x.name_size), time, x.value, null ? quality::bad : quality::good,
            null ? "the device sent null" : ""});
    }
    return {};
  }
  const auto number = plain_number(text);
  if (!number && format == payload_format::plain_number) return fail(errc::malformed, "the payload is not a number");
  if (!number) return fail(errc::malformed, "the payload is neither a JSON object nor a number");
  const auto slash = topic.rfind('/');
  const bool levels = slash != std::string_view::npos && slash + 1 < topic.size();
  const auto metric = levels ? topic.substr(slash + 1) : "value";
  if (metric.size() > limits::metric_bytes_max) return fail(errc::too_large, "a metric's name is over 512 bytes");
  each({levels ? topic.substr(0, slash) : topic, metric, arrival, *number, quality::good, ""});
  return {};
}

result<> payload_decoder::state::read_json(std::string_view payload) {
  readings.clear();
  names.clear();
  path.clear();
  time.reset();
  // simdjson reads up to SIMDJSON_PADDING bytes past the end.
  if (padded.size() < payload.size() + simdjson::SIMDJSON_PADDING) {
    padded.resize(payload.size() * 2 + simdjson::SIMDJSON_PADDING);
  }
  payload.copy(padded.data(), payload.size());
  json::document document;
  json::object object;
  if (parser.iterate(padded.data(), payload.size(), padded.size()).get(document) != simdjson::SUCCESS) {
    return not_json();
  }
  if (document.get_object().get(object) != simdjson::SUCCESS) {
    return fail(errc::malformed, "the payload is not one whole JSON object");
  }
  PG_TRY_VOID(read_object(object, 1));
  if (!document.at_end()) return fail(errc::malformed, "something follows the payload's JSON object");
  return {};
}

result<> payload_decoder::state::read_object(json::object object, std::size_t depth) {
  if (depth > limits::payload_depth_max) return fail(errc::too_large, "objects stand in objects more than 16 deep");
  for (auto next : object) {
    json::field field;
    if (std::move(next).get(field) != simdjson::SUCCESS) return not_json();
    PG_TRY_VOID(read_field(std::move(field), depth));
  }
  return {};
}

result<> payload_decoder::state::read_field(json::field field, std::size_t depth) {
  std::string_view key;
  json::json_type type{};
  if (field.unescaped_key().get(key) != simdjson::SUCCESS) return not_json();
  auto item = std::move(field).value();
  if (depth == 1 && !time && names_time(key)) return read_time(item);
  if (item.type().get(type) != simdjson::SUCCESS) return not_json();
  switch (type) {
    case json::json_type::number: {
      json::number number;
      double large = 0;
      if (item.get_number().get(number) == simdjson::SUCCESS) {
        if (number.is_int64()) return keep(key, number.get_int64());
        return keep(key, number.as_double());
      }
      if (item.get_double().get(large) != simdjson::SUCCESS) return fail(errc::malformed, "a number is out of range");
      return keep(key, large);
    }
    case json::json_type::boolean: {
      bool truth = false;
      if (item.get_bool().get(truth) != simdjson::SUCCESS) return not_json();
      return keep(key, truth);
    }
    case json::json_type::string: {
      std::string_view text;
      if (item.get_string().get(text) != simdjson::SUCCESS) return not_json();
      if (text.size() > limits::reading_text_bytes_max) return fail(errc::too_large, "a text is over 64 KiB");
      return keep(key, text);
    }
    case json::json_type::object: {
      json::object object;
      if (item.get_object().get(object) != simdjson::SUCCESS) return not_json();
      return read_nested(key, object, depth);
    }
    case json::json_type::null: {
      bool null = false;
      if (item.is_null().get(null) != simdjson::SUCCESS || !null) return not_json();
      return keep(key, {});
    }
    default: return fail(errc::malformed, "a field is an array; each metric must be a single value");
  }
}

result<> payload_decoder::state::read_time(json::value item) {
  json::json_type type{};
  if (item.type().get(type) != simdjson::SUCCESS) return not_json();
  result<timestamp> read = fail(errc::malformed, "the time is neither a number nor RFC 3339 text");
  if (type == json::json_type::string) {
    std::string_view text;
    if (item.get_string().get(text) != simdjson::SUCCESS) return not_json();
    read = from_iso8601(text);
  } else if (type == json::json_type::number) {
    json::number number;
    if (item.get_number().get(number) != simdjson::SUCCESS) return not_json();
    read = number.is_int64() ? time_from_number(number.get_int64()) : time_from_number(number.as_double());
  }
  if (!read) return std::unexpected(read.error());
  time = *read;
  return {};
}

result<> payload_decoder::state::read_nested(std::string_view key, json::object object, std::size_t depth) {
  const auto outer = path.size();
  path.append(key).push_back('.');
  if (path.size() > limits::metric_bytes_max) return fail(errc::too_large, "a metric's name is over 512 bytes");
  PG_TRY_VOID(read_object(object, depth + 1));
  path.resize(outer);
  return {};
}

result<> payload_decoder::state::keep(std::string_view key, const value_view& x) {
  const auto size = path.size() + key.size();
  if (size > limits::metric_bytes_max) return fail(errc::too_large, "a metric's name is over 512 bytes");
  if (readings.size() == limits::payload_readings_max)
    return fail(errc::too_large, "the payload has over 1,024 readings");
  readings.push_back({names.size(), size, x});
  names.append(path).append(key);
  return {};
}

namespace {

constexpr std::int64_t per_second = 1'000'000'000;

/// Nanoseconds in the unit that a count of this size is of.
std::int64_t unit_of(double count) {
  const auto size = std::fabs(count);
  if (size < 1e11) return per_second;
  if (size < 1e14) return 1'000'000;
  return size < 1e17 ? 1'000 : 1;
}

}  // namespace

result<timestamp> time_from_number(std::int64_t since_1970) {
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(since_1970, unit_of(static_cast<double>(since_1970)), &ns)) {
    return fail(errc::malformed, "the time is outside the years 1677 to 2262");
  }
  return timestamp{ns};
}

result<timestamp> time_from_number(double since_1970) {
  const auto ns = since_1970 * static_cast<double>(unit_of(since_1970));
  if (!(std::fabs(ns) < 9.2e18)) return fail(errc::malformed, "the time is outside the years 1677 to 2262");
  return timestamp{std::llround(ns)};
}

}  // namespace perigee::model
