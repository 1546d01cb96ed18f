#include "doors/mqtt/detail/state.hpp"

#include <algorithm>

#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::doors::mqtt::detail {

namespace wire = perigee::wire::mqtt;

namespace {

constexpr std::string_view magic = "PGMS";
constexpr std::uint8_t version = 1;
enum option : std::uint8_t { option_qos_1 = 1, option_no_local = 2, option_retain_as_published = 4, options_known = 7 };

void put(byte_writer& out, const offsets& all) {
  for (const auto one : all) out.varint(one.value());
}
void put(byte_writer& out, const place& p) {
  out.varint(p.offset.value());
  out.varint(p.inner);
}

void put(byte_writer& out, const std::pair<std::string, subscription_entry>& s) {
  const auto& [filter, entry] = s;
  out.sized(filter);
  out.u8(static_cast<std::uint8_t>((entry.qos == wire::qos::at_least_once ? option_qos_1 : 0) |
                                   (entry.no_local ? option_no_local : 0) |
                                   (entry.retain_as_published ? option_retain_as_published : 0)));
  out.varint(entry.identifier);
  put(out, entry.since);
}

void put(byte_writer& out, const saved_session& s) {
  out.sized(s.client_id);
  out.sized(s.name);
  out.varint(s.number);
  out.varint(s.expiry_s);
  out.u64(static_cast<std::uint64_t>(s.expires.ns));
  for (const auto& p : s.places) put(out, p);
  out.varint(s.subscriptions.size());
  for (const auto& one : s.subscriptions) put(out, one);
  out.varint(s.receipts.size());
  for (const auto& one : s.receipts) {
    out.varint(one.id);
    out.u8(static_cast<std::uint8_t>(one.lane));
  }
}

void put(byte_writer& out, const std::string& topic, const retained_message& m) {
  out.sized(topic);
  out.sized(m.payload);
  out.sized(m.properties);
  out.u8(static_cast<std::uint8_t>(m.qos));
  out.u64(static_cast<std::uint64_t>(m.arrival.ns));
  out.u8(static_cast<std::uint8_t>(m.stored->lane));
  put(out, m.stored->at);
}

offsets take_offsets(byte_reader& in) {
  offsets out;
  for (auto& one : out) one = log_offset(in.varint());
  return out;
}
place take_place(byte_reader& in) {
  const auto offset = log_offset(in.varint());
  return {offset, static_cast<std::uint32_t>(in.varint())};
}

std::pair<std::string, subscription_entry> take_subscription(byte_reader& in) {
  std::pair<std::string, subscription_entry> out;
  auto& [filter, entry] = out;
  filter = in.sized_text();
  const auto options = in.u8();
  entry.qos = (options & option_qos_1) != 0 ? wire::qos::at_least_once : wire::qos::at_most_once;
  entry.no_local = (options & option_no_local) != 0;
  entry.retain_as_published = (options & option_retain_as_published) != 0;
  entry.identifier = static_cast<std::uint32_t>(in.varint());
  entry.since = take_offsets(in);
  if (options > options_known || !wire::is_topic_filter(filter)) in.fail();
  return out;
}

receipt take_receipt(byte_reader& in) {
  const auto id = in.varint();
  const auto lane = in.u8();
  if (id == 0 || id > UINT16_MAX || lane >= model::lane_count) in.fail();
  return {.id = static_cast<wire::packet_id>(id), .lane = static_cast<model::lane>(lane)};
}

saved_session take_session(byte_reader& in) {
  saved_session out;
  out.client_id = in.sized_text();
  out.name = in.sized_text();
  out.number = in.varint();
  out.expiry_s = static_cast<std::uint32_t>(in.varint());
  out.expires.ns = static_cast<std::int64_t>(in.u64());
  for (auto& p : out.places) p = take_place(in);
  for (auto left = in.varint(); in.ok() && left > 0; --left) out.subscriptions.push_back(take_subscription(in));
  for (auto left = in.varint(); in.ok() && left > 0; --left) out.receipts.push_back(take_receipt(in));
  const bool bounded = out.subscriptions.size() <= limits::mqtt_subscriptions_per_session_max &&
                       out.receipts.size() <= limits::mqtt_inflight_in_max;
  if (!bounded) in.fail();
  return out;
}

std::pair<std::string, retained_message> take_retained(byte_reader& in) {
  std::pair<std::string, retained_message> out;
  auto& [topic, m] = out;
  topic = in.sized_text();
  m.payload = to_buffer(in.sized());
  m.properties = to_buffer(in.sized());
  const auto qos = in.u8();
  m.qos = static_cast<wire::qos>(qos);
  m.arrival.ns = static_cast<std::int64_t>(in.u64());
  const auto lane = in.u8();
  m.stored = journal_place{static_cast<model::lane>(lane), take_place(in)};
  const bool properties_hold =
      wire::check_properties(m.properties, wire::place_of(wire::packet_type::publish)).has_value();
  if (qos > 1 || lane >= model::lane_count || !wire::is_topic_name(topic) || !properties_hold) in.fail();
  return out;
}

}  // namespace

void encode(const saved_state& state, byte_buffer& to) {
  const auto start = to.size();
  byte_writer out(to);
  out.bytes(as_bytes(magic));
  out.u8(version);
  state.lives.encode(out);
  put(out, state.routed);
  out.varint(state.sessions.size());
  for (const auto& one : state.sessions) put(out, one);
  out.varint(static_cast<std::size_t>(
      std::ranges::count_if(state.retained, [](const auto& one) { return one.second.stored.has_value(); })));
  for (const auto& [topic, m] : state.retained) {
    if (m.stored) put(out, topic, m);
  }
  out.u32(crc32c(byte_view(to).subspan(start)));
}

result<saved_state> decode_state(byte_view bytes) {
  constexpr std::size_t least = 4 + 1 + 4;
  if (bytes.size() < least || as_text(bytes.first(4)) != magic) {
    return fail(errc::malformed, "this is not a file of MQTT state");
  }
  if (bytes[4] > version) return fail(errc::unsupported, "a newer version of Perigee wrote this MQTT state");
  byte_reader trailer(bytes.last(4));
  if (trailer.u32() != crc32c(bytes.first(bytes.size() - 4))) {
    return fail(errc::corrupt, "the MQTT state does not match its checksum");
  }
  byte_reader in(bytes.subspan(5, bytes.size() - least));
  saved_state out;
  out.lives = journal::lineage::decode(in);
  out.routed = take_offsets(in);
  for (auto left = in.varint(); in.ok() && left > 0; --left) out.sessions.push_back(take_session(in));
  for (auto left = in.varint(); in.ok() && left > 0; --left) out.retained.push_back(take_retained(in));
  if (!in.ok() || !in.done()) return fail(errc::malformed, "the MQTT state does not parse");
  return out;
}

}  // namespace perigee::doors::mqtt::detail
