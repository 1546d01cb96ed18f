#include "journal/detail/flight.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/limits.hpp"
#include "journal/detail/frame.hpp"

namespace perigee::journal::detail {

void flight::run() {
  outcome = content.empty() ? result<>{} : write();
  const auto room = disk.space(folder);
  disk_free = room ? room->free_bytes : UINT64_MAX;
}

std::size_t flight::content_bytes() const {
  return seal.cipher == cipher::none ? content.used : sealed_bytes(content.used, sealed_frames());
}

byte_view flight::to_write() {
  if (content.opens_segment) cipher_ = segment_cipher::make(keys, seal, place);
  if (!cipher_) return content.written();
  return cipher_->seal(content.written(), content.opens_segment ? segment_header_bytes : 0, content.first,
                       sealed_frames());
}

result<> flight::write() {
  if (content.opens_segment) return write_new_segment();
  const auto bytes = to_write();
  PG_TRY_VOID(file->write_at(position, bytes));
  keep_ahead_of(position + bytes.size(), bytes.size());
  if (last) cut_ahead();
  return timed_sync();
}

/// Bytes that were written before are made durable in half the time: neither the file's size nor its map of blocks
/// changes with them. Large writes gain little by it. Where there is no room, nothing is written ahead.
void flight::keep_ahead_of(std::uint64_t end, std::uint64_t written) {
  static constexpr std::array<std::uint8_t, limits::journal_write_ahead_bytes_max> zeros{};
  end_ = end;
  if (end <= ahead_) return;
  ahead_ = end;
  const auto bytes = std::min<std::uint64_t>(write_ahead, zeros.size());
  const bool small = written <= bytes / 4;
  const bool has_room = disk_free > 64 * zeros.size();
  if (!sync || !small || !has_room) return;
  if (file->write_at(end, byte_view(zeros).first(bytes))) ahead_ = end + bytes;
}

void flight::cut_ahead() {
  if (file == nullptr || ahead_ <= end_) return;
  if (file->truncate(end_)) ahead_ = end_;
}

/// Written aside and renamed when it is on stable storage: a segment that has its name is whole.
result<> flight::write_new_segment() {
  const auto path = folder + '/' + segment_name(content.first);
  const auto aside = path + ".new";
  if (const auto removed = disk.remove(aside); !removed && !is(removed.error(), errc::not_found)) return removed;
  cut_ahead();
  PG_TRY(file, disk.open(aside, io::open_mode::create_new));
  ahead_ = 0;
  const auto bytes = to_write();
  PG_TRY_VOID(file->write_at(0, bytes));
  keep_ahead_of(bytes.size(), bytes.size());
  PG_TRY_VOID(timed_sync());
  PG_TRY_VOID(disk.rename(aside, path));
  return sync ? disk.sync_folder(folder) : result<>{};
}

result<> flight::timed_sync() {
  if (!sync) return {};
  const auto started = time != nullptr ? time->monotonic() : nanoseconds{};
  PG_TRY_VOID(file->sync());
  if (time != nullptr) sync_seconds = std::chrono::duration<double>(time->monotonic() - started).count();
  return {};
}

}  // namespace perigee::journal::detail
