#include "quarantine/detail/log_file.hpp"

#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"

namespace perigee::quarantine::detail {

result<> log_file::load(book& into, perigee::epoch fresh) {
  PG_TRY_VOID(disk_.make_folder(folder()));
  auto opened = disk_.open(path_, io::open_mode::write);
  if (!opened && is(opened.error(), errc::not_found)) return start_anew(fresh, into);
  PG_TRY(file_, std::move(opened));
  byte_buffer head(header_bytes);
  PG_TRY(const auto got, file_->read_at(0, head));
  const auto header = decode_header(byte_view(head).first(got));
  if (header) {
    into.head = *header;
    return load_frames(into);
  }
  if (!is(header.error(), errc::corrupt)) return std::unexpected(header.error());
  const auto damaged = path_ + ".damaged";
  log::fault("quarantine", "{}: {}; it is now {}, and nothing counts as set aside", path_, header.error().what,
             damaged);
  file_.reset();
  PG_TRY_VOID(disk_.rename(path_, damaged));
  return start_anew(fresh, into);
}

result<> log_file::start_anew(perigee::epoch fresh, book& into) {
  into.head = {.epoch = fresh};
  byte_buffer head;
  encode(into.head, head);
  PG_TRY_VOID(rewrite(head, {}, {}));
  return {};
}

result<> log_file::load_frames(book& into) {
  PG_TRY(const auto size, file_->size());
  std::uint64_t damaged = 0;
  std::uint64_t doubtful = 0;  // damaged, or torn by a crash if nothing sound follows
  end_ = header_bytes;
  for (auto at = end_; at + frame_head_bytes <= size;) {
    byte_buffer head(frame_head_bytes);
    PG_TRY_VOID(file_->read_at(at, head));
    const auto length = read_head(head).length;
    const place where{at, static_cast<std::uint32_t>(frame_head_bytes + length)};
    if (length > body_bytes_max() || at + where.length > size) break;
    const auto whole = read_whole_frame(where);
    if (!whole && !is(whole.error(), errc::corrupt)) return std::unexpected(whole.error());
    at += where.length;
    if (whole && into.apply(read_head(*whole).kind, byte_view(*whole).subspan(frame_head_bytes), where, true)) {
      end_ = at;
      damaged += std::exchange(doubtful, 0);
    } else {
      ++doubtful;
    }
  }
  if (damaged != 0) log::fault("quarantine", "{}: {} entries are damaged and left out", path_, damaged);
  if (end_ == size) return {};
  PG_TRY_VOID(file_->truncate(end_));  // what a crash tore is no part of it, and must not look like one later
  return file_->sync();
}

result<> log_file::append(byte_view frames) {
  PG_CHECK(!replaced_, "the file was replaced: rewrite it");
  PG_TRY_VOID(file_->write_at(end_, frames));
  PG_TRY_VOID(file_->sync());
  end_ += frames.size();
  return {};
}

result<std::vector<place>> log_file::rewrite(byte_view head, const std::vector<place>& keep, byte_view more) {
  const auto aside = path_ + ".new";
  PG_TRY(auto file, disk_.open(aside, io::open_mode::create));
  PG_TRY_VOID(file->truncate(0));
  PG_TRY_VOID(file->write_at(0, head));
  std::uint64_t end = head.size();
  std::vector<place> out;
  for (const auto& each : keep) {
    const auto whole = read_whole_frame(each);
    if (!whole && !is(whole.error(), errc::corrupt)) return std::unexpected(whole.error());
    out.push_back({end, whole ? each.length : 0});
    if (!whole) continue;
    PG_TRY_VOID(file->write_at(end, *whole));
    end += each.length;
  }
  PG_TRY_VOID(file->write_at(end, more));
  end += more.size();
  PG_TRY_VOID(file->sync());
  PG_TRY_VOID(disk_.rename(aside, path_));
  replaced_ = true;  // until the new name is durable what is read still comes from the old file
  PG_TRY_VOID(disk_.sync_folder(folder()));
  replaced_ = false;
  file_ = std::move(file);
  end_ = end;
  return out;
}

result<byte_buffer> log_file::read(place at) {
  PG_TRY(auto whole, read_whole_frame(at));
  whole.erase(whole.begin(), whole.begin() + frame_head_bytes);
  return whole;
}

result<byte_buffer> log_file::read_whole_frame(place at) {
  byte_buffer whole(at.length);
  PG_TRY(const auto got, file_->read_at(at.offset, whole));
  if (got != at.length || !verifies(whole)) return fail(errc::corrupt, "a record set aside fails its check");
  return whole;
}

}  // namespace perigee::quarantine::detail
