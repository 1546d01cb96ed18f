#include "readers/uplink/protocol.hpp"

#include <algorithm>
#include <format>

#include "base/limits.hpp"

namespace perigee::readers::uplink {
namespace {

constexpr std::uint8_t protocol_version = 1;
enum note : std::uint8_t { note_forked = 1, note_no_common = 2 };

result<byte_reader> open(byte_view in) {
  byte_reader r(in);
  const auto version = r.u8();
  if (!r.ok() || version == 0) return fail(errc::malformed, "an uplink message starts with its version");
  if (version > protocol_version) return fail(errc::unsupported, "the peer speaks a newer uplink protocol");
  return r;
}

/// Printable ASCII, as shown to people.
bool is_label(std::string_view text) {
  return text.size() <= limits::node_label_bytes_max &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::optional<up_topic> parse_up_topic(std::string_view topic) {
  if (!topic.starts_with(up_prefix)) return std::nullopt;
  topic.remove_prefix(up_prefix.size());
  const auto slash = topic.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  up_topic out;
  out.node = topic.substr(0, slash);
  const auto what = topic.substr(slash + 1);
  if (what == "hello") return out;
  if (what == "newest") {
    out.subject = subject::newest;
    return out;
  }
  const auto lane = model::lane_from(what);
  if (!lane) return std::nullopt;
  out.subject = subject::lane;
  out.lane = *lane;
  return out;
}

std::string hello_topic(std::string_view node) { return std::format("{}{}/hello", up_prefix, node); }
std::string lane_topic(std::string_view node, model::lane l) {
  return std::format("{}{}/{}", up_prefix, node, model::name_of(l));
}
std::string newest_topic(std::string_view node) { return std::format("{}{}/newest", up_prefix, node); }
std::string downlink_topic(std::string_view node, std::string_view subject) {
  return std::format("{}{}/{}", down_prefix, node, subject);
}
std::string welcome_topic(std::string_view node) { return downlink_topic(node, "welcome"); }
std::string downlink_filter(std::string_view node) { return downlink_topic(node, "#"); }

byte_buffer encode(const hello& h) {
  byte_buffer out;
  byte_writer w(out);
  w.u8(protocol_version);
  h.lives.encode(w);
  w.sized(h.version);
  w.sized(h.tier);
  return out;
}

byte_buffer encode(const welcome& m) {
  byte_buffer out;
  byte_writer w(out);
  w.u8(protocol_version);
  w.u64(m.life.value());
  for (const auto& each : m.lanes) {
    w.varint(each.next.value());
    w.u8(static_cast<std::uint8_t>((each.forked ? note_forked : 0) | (each.no_common ? note_no_common : 0)));
  }
  return out;
}

result<hello> decode_hello(byte_view in) {
  PG_TRY(auto r, open(in));
  hello out{journal::lineage::decode(r)};
  out.version = r.sized_text();
  out.tier = r.sized_text();
  if (!r.ok()) return fail(errc::malformed, "a hello names its journal, the lives in it, a version and a tier");
  if (!is_label(out.version) || !is_label(out.tier)) return fail(errc::malformed, "a version or a tier is no label");
  return out;
}

result<welcome> decode_welcome(byte_view in) {
  PG_TRY(auto r, open(in));
  welcome out{perigee::epoch(r.u64()), {}};
  for (auto& each : out.lanes) {
    each.next = log_offset(r.varint());
    const auto notes = r.u8();
    each.forked = (notes & note_forked) != 0;
    each.no_common = (notes & note_no_common) != 0;
  }
  if (!r.ok()) return fail(errc::malformed, "a welcome names the next offset of each lane");
  return out;
}

bool welcome::forked() const { return std::ranges::any_of(lanes, &lane_welcome::forked); }

std::string source_of(std::string_view child) { return std::format("uplink/{}", child); }
std::string fork_source_of(std::string_view child) { return std::format("uplink/{}#forks", child); }

}  // namespace perigee::readers::uplink
