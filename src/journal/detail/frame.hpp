#pragma once
// The bytes of a segment: its header and its frames. docs/formats/journal.md.

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "model/record.hpp"

namespace perigee::journal::detail {

inline constexpr std::uint8_t format_version = 1;
inline constexpr std::size_t segment_header_bytes = 96;
inline constexpr std::size_t frame_head_bytes = 12;
inline constexpr std::uint32_t frame_body_bytes_max = (1U << 24) - 1;
inline constexpr log_offset no_segment{UINT64_MAX};

enum class frame_kind : std::uint8_t { record = 1, state = 2, mark = 3 };

enum class cipher : std::uint8_t { none = 0, aes_256_gcm = 1 };

/// How the frames of a segment are sealed: with which master key, and what its own key is derived with.
struct segment_seal {
  detail::cipher cipher = cipher::none;
  std::uint64_t key_id = 0;
  std::array<std::uint8_t, 16> salt{};

  bool operator==(const segment_seal&) const = default;
};

struct segment_header {
  model::lane lane = model::lane::bulk;
  log_offset first{};
  perigee::epoch epoch{};
  timestamp newest_before{};
  log_offset previous = no_segment;
  std::uint32_t synced_bytes = 0;
  std::uint32_t synced_records = 0;
  segment_seal seal{};
  bool repaired = false;  // what it lacks, up to the next segment, is known to be gone
};

void encode_header(const segment_header& h, byte_span out);
/// errc::corrupt, or errc::unsupported for a newer version or an unknown cipher.
[[nodiscard]] result<segment_header> decode_header(byte_view in);

[[nodiscard]] std::string segment_name(log_offset first);
/// errc::malformed where it is not the name of a segment.
[[nodiscard]] result<log_offset> offset_of_segment(std::string_view name);

/// What stands in front of a frame's body.
struct frame_head {
  std::uint32_t crc;
  std::uint32_t length;  // of the body
  std::uint8_t kind;
  bool sealed;  // the body is encrypted
  std::uint32_t low_offset;
};
[[nodiscard]] frame_head read_head(const std::uint8_t* at);

/// Writes the head of a frame whose body already stands behind it.
void finish_frame(byte_span whole, frame_kind kind, log_offset offset);
/// The two halves of that: the body of a sealed frame is made when all of the head but the CRC is known.
void write_head(byte_span whole, frame_kind kind, log_offset offset, bool sealed);
void write_crc(byte_span whole);
[[nodiscard]] bool verifies(byte_view whole, const frame_head& head);
/// The offset nearest at or above `near` whose low 32 bits these are.
[[nodiscard]] log_offset widen(std::uint32_t low, log_offset near);

/// Visits the whole frames (head and body) of kind `record` in bytes that this process framed or verified.
void for_each_record(byte_view frames, function_ref<void(byte_view whole)> visit);

}  // namespace perigee::journal::detail
