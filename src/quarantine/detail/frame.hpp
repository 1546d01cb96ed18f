#pragma once
// The bytes of the quarantine's file: docs/formats/quarantine.md.

#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "quarantine/entry.hpp"

namespace perigee::quarantine::detail {

inline constexpr std::uint8_t format_version = 1;
inline constexpr std::size_t header_bytes = 36;
inline constexpr std::size_t frame_head_bytes = 9;

struct file_header {
  perigee::epoch epoch;  // of the stamps of gap records
  std::uint64_t next_number = 1;
  std::uint64_t next_gap = 1;
};
void encode(const file_header& h, byte_buffer& out);
/// errc::corrupt, or errc::unsupported for a newer version.
[[nodiscard]] result<file_header> decode_header(byte_view in);

enum class frame_kind : std::uint8_t { set_aside = 1, kept = 2, taken = 3, lost = 4, told = 5 };

struct frame_head {
  std::uint32_t crc = 0;
  std::uint32_t length = 0;  // of the body
  std::uint8_t kind = 0;
};
[[nodiscard]] frame_head read_head(byte_view in);
[[nodiscard]] bool verifies(byte_view whole);
/// The largest body that a frame of ours has.
[[nodiscard]] std::uint32_t body_bytes_max();

/// A retry that did not work.
struct kept_frame {
  std::uint64_t number = 0;
  std::uint64_t retries = 0;
  std::string_view reason;
};
/// Records that are given up, and the gap record that has to say so; the same gap again replaces the one before.
struct lost_frame {
  std::uint64_t gap = 0;
  timestamp time;
  byte_view payload;  // docs/formats/gap.md
  std::vector<std::uint64_t> numbers;
};

/// Each appends a whole frame.
void encode_set_aside(std::uint64_t number, timestamp now, const poison& what, byte_buffer& out);
void encode(const kept_frame& f, byte_buffer& out);
void encode(const lost_frame& f, byte_buffer& out);
void encode_taken(std::uint64_t number, byte_buffer& out);
void encode_told(std::uint64_t gap, byte_buffer& out);

/// Bodies, as views into `body`. errc::malformed.
struct set_aside_frame {
  entry what;
  byte_view record;
};
[[nodiscard]] result<set_aside_frame> decode_set_aside(byte_view body);
[[nodiscard]] result<kept_frame> decode_kept(byte_view body);
[[nodiscard]] result<lost_frame> decode_lost(byte_view body);
/// Of `taken` and `told`.
[[nodiscard]] result<std::uint64_t> decode_number(byte_view body);

}  // namespace perigee::quarantine::detail
