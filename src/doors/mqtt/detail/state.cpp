#include "doors/mqtt/detail/state.hpp"

#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::doors::mqtt::detail {

namespace wire = perigee::wire::mqtt;

namespace {

constexpr std::uint8_t qos_mask = 3;
enum option : std::uint8_t { option_no_local = 4, option_retain_as_published = 8, options_known = 15 };
enum flight_flag : std::uint8_t { flight_retained = 4, flight_released = 8, flight_lane_shift = 4, flights_known = 63 };
enum will_flag : std::uint8_t { will_retain = 4, will_is_due = 8, will_is_there = 16, wills_known = 31 };

std::uint8_t bits(wire::qos q) { return static_cast<std::uint8_t>(q); }
std::uint8_t bit(bool set, std::uint8_t which) { return set ? which : std::uint8_t{0}; }

/// The checksum covers the key too, so that no body stands under another's name.
std::uint32_t checksum(byte_view key, byte_view body) { return crc32c(body, crc32c(key)); }

state_entry entry(state_kind kind, std::string_view key) { return {kind, to_buffer(as_bytes(key)), {}}; }

state_entry seal(state_entry of) {
  const auto sum = checksum(of.key, of.body);
  byte_writer(of.body).u32(sum);
  return of;
}

std::string key_of(std::string_view client_id, std::string_view filter) {
  std::string out(client_id);  // neither may hold U+0000 (MQTT5 1.5.4)
  out += '\0';
  return out += filter;
}

void put(byte_writer& out, const offsets& all) {
  for (const auto one : all) out.varint(one.value());
}
void put(byte_writer& out, const place& p) {
  out.varint(p.offset.value());
  out.varint(p.inner);
}
using places = std::array<std::optional<place>, model::lane_count>;

void put(byte_writer& out, const places& all) {
  for (const auto& p : all) {
    out.u8(p ? 1 : 0);
    if (p) put(out, *p);
  }
}
void put_time(byte_writer& out, timestamp t) { out.u64(static_cast<std::uint64_t>(t.ns)); }

void put(byte_writer& out, const saved_flight& one) {
  out.varint(one.id);
  out.u8(static_cast<std::uint8_t>(bits(one.qos) | bit(one.retained, flight_retained) |
                                   bit(one.released, flight_released) |
                                   static_cast<std::uint8_t>(one.where.lane) << flight_lane_shift));
  put(out, one.where.at);
  out.varint(one.share);
}

void put_will(byte_writer& out, const saved_session& s) {
  if (!s.will) return out.u8(0);
  const auto& w = *s.will;
  out.u8(static_cast<std::uint8_t>(will_is_there | bits(w.qos) | bit(w.retain, will_retain) |
                                   bit(s.will_due.has_value(), will_is_due)));
  out.sized(w.topic);
  out.sized(w.payload);
  out.sized(w.properties);
  out.varint(w.delay_s);
  if (s.will_due) put_time(out, *s.will_due);
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
void take_places(byte_reader& in, places& into) {
  for (auto& p : into) {
    const auto there = in.u8();
    if (there > 1) in.fail();
    if (there == 1) p = take_place(in);
  }
}
timestamp take_time(byte_reader& in) { return {static_cast<std::int64_t>(in.u64())}; }

wire::qos take_qos(byte_reader& in, std::uint8_t flags) {
  if ((flags & qos_mask) > bits(wire::qos::exactly_once)) in.fail();
  return static_cast<wire::qos>(flags & qos_mask);
}

byte_view take_properties(byte_reader& in) {
  const auto out = in.sized();
  if (!wire::check_properties(out, wire::place_of(wire::packet_type::publish))) in.fail();
  return out;
}

receipt take_receipt(byte_reader& in) {
  const auto id = in.varint();
  const auto lane = in.u8();
  if (id == 0 || id > UINT16_MAX || lane >= model::lane_count) in.fail();
  return {.id = static_cast<wire::packet_id>(id), .lane = static_cast<model::lane>(lane)};
}

saved_flight take_flight(byte_reader& in) {
  saved_flight out;
  const auto id = in.varint();
  const auto flags = in.u8();
  const auto lane = flags >> flight_lane_shift;
  out.id = static_cast<wire::packet_id>(id);
  out.qos = take_qos(in, flags);
  out.retained = (flags & flight_retained) != 0;
  out.released = (flags & flight_released) != 0;
  out.where = {static_cast<model::lane>(lane), take_place(in)};
  out.share = static_cast<std::uint32_t>(in.varint());
  const bool known = flags <= flights_known && static_cast<std::size_t>(lane) < model::lane_count;
  if (id == 0 || id > UINT16_MAX || !known || out.qos == wire::qos::at_most_once) in.fail();
  return out;
}

void take_will(byte_reader& in, saved_session& into) {
  const auto flags = in.u8();
  if (flags == 0) return;
  if (flags > wills_known || (flags & will_is_there) == 0) return in.fail();
  stored_will w;
  w.qos = take_qos(in, flags);
  w.retain = (flags & will_retain) != 0;
  w.topic = in.sized_text();
  w.payload = to_buffer(in.sized());
  w.properties = to_buffer(take_properties(in));
  w.delay_s = static_cast<std::uint32_t>(in.varint());
  if ((flags & will_is_due) != 0) into.will_due = take_time(in);
  if (!wire::is_topic_name(w.topic) || w.topic.starts_with('$')) in.fail();
  into.will = std::move(w);
}

/// The body without its checksum, or why not.
result<byte_reader> opened(byte_view key, byte_view body) {
  constexpr std::size_t sum_bytes = 4;
  if (body.size() < sum_bytes) return fail(errc::malformed, "an entry of the MQTT state is too short");
  const auto content = body.first(body.size() - sum_bytes);
  byte_reader trailer(body.subspan(content.size()));
  if (trailer.u32() != checksum(key, content)) {
    return fail(errc::corrupt, "an entry of the MQTT state does not match its checksum");
  }
  return byte_reader(content);
}

result<> check_end(const byte_reader& in) {
  if (in.ok() && in.done()) return {};
  return fail(errc::malformed, "an entry of the MQTT state does not parse");
}

}  // namespace

state_entry encode(const saved_broker& state) {
  auto out = entry(state_kind::broker, "");
  byte_writer to(out.body);
  state.lives.encode(to);
  put(to, state.routed);
  return seal(std::move(out));
}

state_entry encode(std::string_view client_id, const saved_session& state) {
  auto out = entry(state_kind::session, client_id);
  byte_writer to(out.body);
  to.sized(state.name);
  to.varint(state.number);
  to.varint(state.expiry_s);
  put_time(to, state.expires.value_or(timestamp{}));
  put(to, state.places);
  put_will(to, state);
  to.varint(state.receipts.size());
  for (const auto& one : state.receipts) {
    to.varint(one.id);
    to.u8(static_cast<std::uint8_t>(one.lane));
  }
  to.varint(state.flights.size());
  for (const auto& one : state.flights) put(to, one);
  return seal(std::move(out));
}

state_entry encode(std::string_view client_id, std::string_view filter, const subscription_entry& state) {
  auto out = no_subscription(client_id, filter);
  byte_writer to(out.body);
  to.u8(static_cast<std::uint8_t>(bits(state.qos) | bit(state.no_local, option_no_local) |
                                  bit(state.retain_as_published, option_retain_as_published)));
  to.varint(state.identifier);
  put(to, state.since);
  return seal(std::move(out));
}

state_entry encode(std::string_view topic, const retained_message& state) {
  auto out = entry(state_kind::retained, topic);
  out.body.reserve(state.payload.size() + state.properties.size() + 40);
  byte_writer to(out.body);
  to.sized(state.payload);
  to.sized(state.properties);
  to.u8(bits(state.qos));
  put_time(to, state.arrival);
  to.u8(static_cast<std::uint8_t>(state.stored->lane));
  put(to, state.stored->at);
  return seal(std::move(out));
}

state_entry encode(std::string_view name, const saved_share& state) {
  auto out = no_share(name);
  byte_writer to(out.body);
  to.varint(state.number);
  put(to, state.places);
  to.varint(state.returned.size());
  for (const auto& one : state.returned) {
    to.u8(static_cast<std::uint8_t>(one.lane));
    put(to, one.at);
  }
  return seal(std::move(out));
}

state_entry no_session(std::string_view client_id) { return entry(state_kind::session, client_id); }
state_entry no_subscription(std::string_view client_id, std::string_view filter) {
  return entry(state_kind::subscription, key_of(client_id, filter));
}
state_entry no_share(std::string_view name) { return entry(state_kind::share, name); }
state_entry no_retained(std::string_view topic) { return entry(state_kind::retained, topic); }

result<saved_broker> decode_broker(byte_view key, byte_view body) {
  PG_TRY(auto in, opened(key, body));
  saved_broker out;
  out.lives = journal::lineage::decode(in);
  out.routed = take_offsets(in);
  PG_TRY_VOID(check_end(in));
  return out;
}

result<saved_session> decode_session(byte_view key, byte_view body) {
  PG_TRY(auto in, opened(key, body));
  saved_session out;
  out.name = in.sized_text();
  out.number = in.varint();
  out.expiry_s = static_cast<std::uint32_t>(in.varint());
  if (const auto expires = take_time(in); expires != timestamp{}) out.expires = expires;
  take_places(in, out.places);
  take_will(in, out);
  for (auto left = in.varint(); in.ok() && left > 0; --left) out.receipts.push_back(take_receipt(in));
  for (auto left = in.varint(); in.ok() && left > 0; --left) out.flights.push_back(take_flight(in));
  const bool bounded = out.receipts.size() <= limits::mqtt_inflight_in_max &&
                       out.flights.size() <= limits::mqtt_inflight_out_max && !key.empty() &&
                       key.size() <= limits::mqtt_client_id_bytes_max;
  if (!bounded) in.fail();
  PG_TRY_VOID(check_end(in));
  return out;
}

result<std::pair<subscription_key, subscription_entry>> decode_subscription(byte_view key, byte_view body) {
  PG_TRY(auto in, opened(key, body));
  std::pair<subscription_key, subscription_entry> out;
  auto& [names, state] = out;
  const auto text = as_text(key);
  const auto end = std::min(text.find('\0'), text.size());
  names.client_id = text.substr(0, end);
  names.filter = text.substr(std::min(end + 1, text.size()));
  const auto options = in.u8();
  state.qos = take_qos(in, options);
  state.no_local = (options & option_no_local) != 0;
  state.retain_as_published = (options & option_retain_as_published) != 0;
  state.identifier = static_cast<std::uint32_t>(in.varint());
  state.since = take_offsets(in);
  state.shared = wire::is_shared_filter(names.filter);
  if (state.shared && !wire::parse_shared(names.filter)) in.fail();
  if (options > options_known || !wire::is_topic_filter(names.filter)) in.fail();
  PG_TRY_VOID(check_end(in));
  return out;
}

result<saved_share> decode_share(byte_view key, byte_view body) {
  PG_TRY(auto in, opened(key, body));
  saved_share out;
  const auto number = in.varint();
  out.number = static_cast<std::uint32_t>(number);
  take_places(in, out.places);
  for (auto left = in.varint(); in.ok() && left > 0; --left) {
    const auto lane = in.u8();
    if (lane >= model::lane_count) in.fail();
    out.returned.push_back({static_cast<model::lane>(lane), take_place(in)});
  }
  if (number == 0 || number > UINT32_MAX || !wire::parse_shared(as_text(key))) in.fail();
  PG_TRY_VOID(check_end(in));
  return out;
}

result<retained_message> decode_retained(byte_view key, byte_view body) {
  PG_TRY(auto in, opened(key, body));
  retained_message out;
  out.payload = in.sized();
  out.properties = take_properties(in);
  const auto qos = in.u8();
  out.qos = take_qos(in, qos);
  out.arrival = take_time(in);
  const auto lane = in.u8();
  out.stored = journal_place{static_cast<model::lane>(lane), take_place(in)};
  if (qos > bits(wire::qos::exactly_once) || lane >= model::lane_count || !wire::is_topic_name(as_text(key))) in.fail();
  PG_TRY_VOID(check_end(in));
  return out;
}

}  // namespace perigee::doors::mqtt::detail
