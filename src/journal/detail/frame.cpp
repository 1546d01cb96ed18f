#include "journal/detail/frame.hpp"

#include <array>
#include <charconv>
#include <format>

#include "base/check.hpp"
#include "base/crc32c.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::array<std::uint8_t, 8> segment_magic{'P', 'G', 'S', 'E', 'G', '\r', '\n', 0};
constexpr std::size_t header_crc_at = segment_header_bytes - 4;
constexpr std::size_t salt_at = 64;
constexpr std::uint32_t sealed_flag = 0x80;  // in a frame's kind
constexpr std::size_t name_digits = 20;
constexpr std::string_view name_suffix = ".seg";

template <class T>
void put(byte_span out, std::size_t at, T x) {
  std::memcpy(out.data() + at, &x, sizeof x);
}
template <class T>
T get(const std::uint8_t* at) {
  T x;
  std::memcpy(&x, at, sizeof x);
  return x;
}

}  // namespace

void encode_header(const segment_header& h, byte_span out) {
  PG_CHECK(out.size() >= segment_header_bytes, "a segment header takes 96 bytes");
  std::ranges::fill(out.first(segment_header_bytes), std::uint8_t{0});
  std::ranges::copy(segment_magic, out.begin());
  put(out, 8, format_version);
  put(out, 9, static_cast<std::uint8_t>(h.lane));
  put(out, 10, static_cast<std::uint8_t>(h.seal.cipher));
  put(out, 11, static_cast<std::uint8_t>(h.repaired ? 1 : 0));
  put(out, 16, h.first.value());
  put(out, 24, h.epoch.value());
  put(out, 32, h.newest_before.ns);
  put(out, 40, h.previous.value());
  put(out, 48, h.synced_bytes);
  put(out, 52, h.synced_records);
  put(out, 56, h.seal.key_id);
  put(out, salt_at, h.seal.salt);
  put(out, header_crc_at, crc32c(out.first(header_crc_at)));
}

result<segment_header> decode_header(byte_view in) {
  if (in.size() < segment_header_bytes) return fail(errc::corrupt, "the segment ends within its header");
  const auto* at = in.data();
  if (!std::ranges::equal(in.first(segment_magic.size()), segment_magic)) {
    return fail(errc::corrupt, "the file does not start like a segment");
  }
  if (crc32c(in.first(header_crc_at)) != get<std::uint32_t>(at + header_crc_at)) {
    return fail(errc::corrupt, "the segment's header does not match its CRC");
  }
  if (at[8] > format_version) return fail(errc::unsupported, "the segment was written by a newer version of Perigee");
  if (at[9] >= model::lane_count) return fail(errc::corrupt, "the segment names a lane that does not exist");
  if (at[10] > static_cast<std::uint8_t>(cipher::aes_256_gcm)) {
    return fail(errc::unsupported, "the segment is encrypted in a way that this version does not know");
  }
  return segment_header{.lane = static_cast<model::lane>(at[9]),
                        .first = log_offset(get<std::uint64_t>(at + 16)),
                        .epoch = perigee::epoch(get<std::uint64_t>(at + 24)),
                        .newest_before = {get<std::int64_t>(at + 32)},
                        .previous = log_offset(get<std::uint64_t>(at + 40)),
                        .synced_bytes = get<std::uint32_t>(at + 48),
                        .synced_records = get<std::uint32_t>(at + 52),
                        .seal = {.cipher = static_cast<cipher>(at[10]),
                                 .key_id = get<std::uint64_t>(at + 56),
                                 .salt = get<std::array<std::uint8_t, 16>>(at + salt_at)},
                        .repaired = at[11] != 0};
}

std::string segment_name(log_offset first) { return std::format("{:020}{}", first.value(), name_suffix); }

result<log_offset> offset_of_segment(std::string_view name) {
  std::uint64_t first = 0;
  const bool shaped = name.size() == name_digits + name_suffix.size() && name.ends_with(name_suffix);
  if (!shaped) return fail(errc::malformed, "a segment is called by 20 digits and .seg");
  const auto* end = name.data() + name_digits;
  const auto [stop, error] = std::from_chars(name.data(), end, first);
  if (error != std::errc{} || stop != end) return fail(errc::malformed, "a segment is called by 20 digits and .seg");
  return log_offset(first);
}

frame_head read_head(const std::uint8_t* at) {
  const auto sized = get<std::uint32_t>(at + 4);
  return {.crc = get<std::uint32_t>(at),
          .length = sized & frame_body_bytes_max,
          .kind = static_cast<std::uint8_t>(sized >> 24 & ~sealed_flag),
          .sealed = (sized >> 24 & sealed_flag) != 0,
          .low_offset = get<std::uint32_t>(at + 8)};
}

void write_head(byte_span whole, frame_kind kind, log_offset offset, bool sealed) {
  const auto length = whole.size() - frame_head_bytes;
  PG_CHECK(length <= frame_body_bytes_max, "a frame's body has at most 16 MiB");
  const auto marked = static_cast<std::uint32_t>(kind) | (sealed ? sealed_flag : 0);
  put(whole, 4, static_cast<std::uint32_t>(length) | marked << 24);
  put(whole, 8, static_cast<std::uint32_t>(offset.value()));
}

void write_crc(byte_span whole) { put(whole, 0, crc32c(whole.subspan(4))); }

void finish_frame(byte_span whole, frame_kind kind, log_offset offset) {
  write_head(whole, kind, offset, false);
  write_crc(whole);
}

bool verifies(byte_view whole, const frame_head& head) { return crc32c(whole.subspan(4)) == head.crc; }

log_offset widen(std::uint32_t low, log_offset near) {
  return near.next(low - static_cast<std::uint32_t>(near.value()));
}

void for_each_record(byte_view frames, function_ref<void(byte_view whole)> visit) {
  while (!frames.empty()) {
    const auto head = read_head(frames.data());
    const auto whole = frames.first(frame_head_bytes + head.length);
    if (head.kind == static_cast<std::uint8_t>(frame_kind::record)) visit(whole);
    frames = frames.subspan(whole.size());
  }
}

}  // namespace perigee::journal::detail
