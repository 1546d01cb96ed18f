#include "model/detail/sparkplug_payload.hpp"

#include "model/detail/protobuf.hpp"

namespace perigee::model::sparkplug {
namespace {

using model::detail::field;
using model::detail::field_reader;
using model::detail::wire_type;

constexpr std::string_view quality_property = "Quality";

std::unexpected<error> malformed(std::source_location at = std::source_location::current()) {
  return fail(errc::malformed, "the payload is not a Sparkplug B payload", at);
}

/// PropertyValue: 3 int_value, 4 long_value.
result<std::optional<std::uint32_t>> whole_property(byte_view in) {
  std::optional<std::uint32_t> out;
  field_reader fields(in);
  for (field f; fields.next(f);) {
    if (f.is(3, wire_type::varint) || f.is(4, wire_type::varint)) out = static_cast<std::uint32_t>(f.number);
  }
  if (!fields.ok()) return malformed();
  return out;
}

/// PropertySet: 1 keys, 2 values, the n-th of one with the n-th of the other.
result<std::optional<std::uint32_t>> quality_of(byte_view properties) {
  std::size_t keys = 0;
  std::size_t values = 0;
  std::optional<std::size_t> wanted;
  field_reader names(properties);
  for (field f; names.next(f);) {
    if (!f.is(1, wire_type::length)) continue;
    if (f.text() == quality_property) wanted = keys;
    ++keys;
  }
  if (!names.ok()) return malformed();
  field_reader all(properties);
  for (field f; all.next(f);) {
    if (f.is(2, wire_type::length) && values++ == wanted) return whole_property(f.bytes);
  }
  return std::nullopt;
}

result<> take_metric_field(const field& f, metric& out) {
  switch (f.id) {
    case 1: out.name = f.text(); break;
    case 2: out.alias = f.number; break;
    case 3: out.timestamp_ms = f.number; break;
    case 4: out.type = static_cast<data_type>(f.number); break;
    case 7: out.is_null = f.number != 0; break;
    case 9: {
      PG_TRY(out.quality, quality_of(f.bytes));
      break;
    }
    case 10:
    case 11: out.value = f.number; break;
    case 12: out.value = f.as_float(); break;
    case 13: out.value = f.as_double(); break;
    case 14: out.value = f.number != 0; break;
    case 15: out.value = f.text(); break;
    case 16: out.value = f.bytes; break;
    case 17:
    case 18:
    case 19: out.is_composite = true; break;
    default: break;  // historical, transient, metadata, and what later versions add
  }
  return {};
}

/// The fields of Metric by number, so that a value of another wire type is seen and not misread.
wire_type type_of_metric_field(std::uint32_t id) {
  switch (id) {
    case 1:
    case 8:
    case 9:
    case 15:
    case 16:
    case 17:
    case 18:
    case 19: return wire_type::length;
    case 12: return wire_type::fixed32;
    case 13: return wire_type::fixed64;
    default: return wire_type::varint;
  }
}

result<metric> decode_metric(byte_view in) {
  constexpr std::uint32_t last_known_field = 19;
  metric out;
  field_reader fields(in);
  for (field f; fields.next(f);) {
    if (f.id > last_known_field) continue;
    if (f.type != type_of_metric_field(f.id)) return malformed();
    PG_TRY_VOID(take_metric_field(f, out));
  }
  if (!fields.ok()) return malformed();
  return out;
}

template <class Signed>
single_value signed_value(const raw_value& value) {
  if (const auto* x = std::get_if<std::uint64_t>(&value)) return std::int64_t{static_cast<Signed>(*x)};
  return {};
}

template <class As>
single_value just(const raw_value& value) {
  if (const auto* x = std::get_if<As>(&value)) return *x;
  return {};
}

}  // namespace

result<payload_header> decode_header(byte_view payload) {
  payload_header out;
  field_reader fields(payload);
  for (field f; fields.next(f);) {
    if (f.is(1, wire_type::varint)) out.timestamp_ms = f.number;
    if (f.is(3, wire_type::varint)) out.sequence = f.number;
  }
  if (!fields.ok()) return malformed();
  return out;
}

result<> for_each_metric(byte_view payload, function_ref<result<>(const metric&)> each) {
  field_reader fields(payload);
  for (field f; fields.next(f);) {
    if (f.id == 2 && f.type != wire_type::length) return malformed();
    if (f.id != 2) continue;
    PG_TRY(const auto one, decode_metric(f.bytes));
    PG_TRY_VOID(each(one));
  }
  if (!fields.ok()) return malformed();
  return {};
}

single_value value_as(data_type type, const raw_value& value) {
  switch (type) {
    case data_type::int8: return signed_value<std::int8_t>(value);
    case data_type::int16: return signed_value<std::int16_t>(value);
    case data_type::int32: return signed_value<std::int32_t>(value);
    case data_type::int64:
    case data_type::date_time: return signed_value<std::int64_t>(value);
    case data_type::uint8:
    case data_type::uint16:
    case data_type::uint32:
    case data_type::uint64: return just<std::uint64_t>(value);
    case data_type::float32:
      if (const auto* x = std::get_if<float>(&value)) return static_cast<double>(*x);
      return {};
    case data_type::float64: return just<double>(value);
    case data_type::boolean: return just<bool>(value);
    case data_type::string:
    case data_type::text:
    case data_type::uuid: return just<std::string_view>(value);
    case data_type::bytes:
    case data_type::file: return just<byte_view>(value);
    default: return {};
  }
}

}  // namespace perigee::model::sparkplug
