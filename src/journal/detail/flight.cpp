#include "journal/detail/flight.hpp"

#include <chrono>

#include "journal/detail/frame.hpp"

namespace perigee::journal::detail {

void flight::run() {
  outcome = content.empty() ? result<>{} : write();
  const auto room = disk.free_bytes(folder);
  disk_free = room ? *room : UINT64_MAX;
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
  PG_TRY_VOID(file->write_at(position, to_write()));
  return timed_sync();
}

/// Written aside and renamed when it is on stable storage: a segment that has its name is whole.
result<> flight::write_new_segment() {
  const auto path = folder + '/' + segment_name(content.first);
  const auto aside = path + ".new";
  if (const auto removed = disk.remove(aside); !removed && !is(removed.error(), errc::not_found)) return removed;
  PG_TRY(file, disk.open(aside, io::open_mode::create_new));
  PG_TRY_VOID(file->write_at(0, to_write()));
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
