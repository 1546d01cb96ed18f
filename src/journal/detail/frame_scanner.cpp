#include "journal/detail/frame_scanner.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace perigee::journal::detail {
namespace {

bool known(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(frame_kind::record) && kind <= static_cast<std::uint8_t>(frame_kind::mark);
}

}  // namespace

result<std::optional<frame>> frame_scanner::next() {
  for (auto at = position_; at + frame_head_bytes <= limit_; ++at) {
    PG_TRY(auto found, frame_at(at, at - position_));
    if (!found) continue;
    position_ = at + found->whole.size();
    expected_ = found->kind == frame_kind::record ? found->offset.next() : found->offset;
    return found;
  }
  return std::nullopt;
}

result<std::optional<frame>> frame_scanner::frame_at(std::uint64_t position, std::uint64_t skipped) {
  PG_TRY(const bool has_head, load(position, frame_head_bytes));
  if (!has_head) return std::nullopt;
  const auto head = read_head(at(position));
  const auto offset = widen(head.low_offset, expected_);
  // In a search every lost record took at least a frame's head: what claims to be further on is no frame. This keeps
  // the search linear, since few positions get as far as their CRC.
  const bool near = skipped == 0 || offset.value() - expected_.value() <= skipped / frame_head_bytes;
  const bool fits = head.length <= limit_ - position - frame_head_bytes;
  if (!known(head.kind) || !fits || !near) return std::nullopt;

  const auto bytes = frame_head_bytes + head.length;
  PG_TRY(const bool has_body, load(position, bytes));
  if (!has_body) return std::nullopt;
  const byte_view whole(at(position), bytes);
  if (!verifies(whole, head)) return std::nullopt;
  return frame{static_cast<frame_kind>(head.kind), head.sealed, offset, position, skipped, whole};
}

result<std::uint64_t> end_of_data(io::file& in, std::uint64_t from, std::uint64_t to) {
  byte_buffer piece;
  auto end = from;
  for (auto at = from; at < to;) {
    piece.resize(std::min<std::uint64_t>(to - at, limits::journal_window_bytes));
    PG_TRY(const auto got, in.read_at(at, piece));
    if (got == 0) break;
    for (auto i = got; i > 0; --i) {
      if (piece[i - 1] == 0) continue;
      end = at + i;
      break;
    }
    at += got;
  }
  return end;
}

/// False where the file ends first.
result<bool> frame_scanner::load(std::uint64_t position, std::size_t bytes) {
  const bool inside = position >= window_start_ && position + bytes <= window_start_ + window_size_;
  if (inside) return true;
  const auto ahead = std::min<std::uint64_t>(limits::journal_window_bytes, limit_ - position);
  const auto wanted = std::max<std::size_t>(bytes, static_cast<std::size_t>(ahead));
  if (window_.size() < wanted) window_.resize(wanted);
  window_size_ = 0;
  PG_TRY(window_size_, file_.read_at(position, byte_span(window_).first(wanted)));
  window_start_ = position;
  if (window_size_ < wanted) limit_ = std::min(limit_, position + window_size_);
  return window_size_ >= bytes;
}

}  // namespace perigee::journal::detail
