// What the message itself is: where it came from, and when.

#include <format>

#include "crypto/digest.hpp"
#include "rules/detail/functions.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::rules::detail {
namespace {

using namespace types;
using arguments = function::arguments;

constexpr std::int64_t ns_per_ms = 1'000'000;

value topic(const evaluation& with, arguments args) {
  if (args.empty()) return of_text(with.what.topic);
  if (args[0].number < 1) return {};
  wire::mqtt::topic_levels levels(with.what.topic);
  std::string_view level;
  for (double n = 1; levels.next(level); ++n) {
    if (n == args[0].number) return of_text(level);
  }
  return {};
}

value client(const evaluation& with, arguments) {
  return with.what.client.empty() ? value{} : of_text(with.what.client);
}

value timestamp_ms(const evaluation& with, arguments) {
  return of_number(static_cast<double>(with.what.arrival.ns / ns_per_ms));
}

value offset_in_lane(const evaluation& with, arguments) {
  return of_number(static_cast<double>(with.what.offset.value()));
}

/// Of version 8 (RFC 9562 5.8): a function of the record, so that deciding on it again gives the same one.
value record_uuid(const evaluation& with, arguments) {
  const auto& e = with.what;
  byte_buffer of;
  byte_writer to(of);
  to.sized(e.topic);
  to.sized(e.client);
  to.u64(static_cast<std::uint64_t>(e.arrival.ns));
  to.u64(e.offset.value());
  to.bytes(e.payload);
  auto d = crypto::digest(crypto::digest_kind::sha256, of);
  d.resize(16);
  d[6] = static_cast<std::uint8_t>((d[6] & 0x0f) | 0x80);
  d[8] = static_cast<std::uint8_t>((d[8] & 0x3f) | 0x80);
  const auto hex = crypto::to_hex(d);
  const std::string_view h = hex;
  with.texts.begin();
  with.texts.put(
      std::format("{}-{}-{}-{}-{}", h.substr(0, 8), h.substr(8, 4), h.substr(12, 4), h.substr(16, 4), h.substr(20)));
  return with.made();
}

value window_start(const evaluation& with, arguments) {
  return of_number(static_cast<double>(with.window->start.ns / ns_per_ms));
}
value window_end(const evaluation& with, arguments) {
  return of_number(static_cast<double>(with.window->end.ns / ns_per_ms));
}

constexpr function of_message(function f) {
  f.scope = function_scope::message;
  return f;
}
constexpr function of_window(function f) {
  f.scope = function_scope::window;
  return f;
}

constexpr auto table = std::to_array<function>({
    of_message({"topic", "topic() or topic(level)", "the topic, or its n-th level from 1", 0, 1, numbers, text, topic}),
    of_message({"clientid", "clientid()", "the identity that the sender proved; NULL where it has none", 0, 0, anything,
                text, client}),
    of_message({"timestamp", "timestamp()", "when the message reached the first journal, ms since 1970", 0, 0, anything,
                number, timestamp_ms}),
    of_message({"offset", "offset()", "its offset in its lane", 0, 0, anything, number, offset_in_lane}),
    of_message({"newuuid", "newuuid()", "a UUID that is a function of the message: one message, one UUID", 0, 0,
                anything, text, record_uuid}),
    of_window({"window_start", "window_start()", "of a rule with a window: where it begins, ms since 1970", 0, 0,
               anything, number, window_start}),
    of_window(
        {"window_end", "window_end()", "where it ends; that is no part of it", 0, 0, anything, number, window_end}),
});

}  // namespace

std::span<const function> record_functions() { return table; }

}  // namespace perigee::rules::detail
