#include "journal/detail/drop_book.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "journal/detail/frame.hpp"
#include "journal/detail/frame_scanner.hpp"
#include "journal/detail/segment_cipher.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::string_view place = "journal";
constexpr std::uint64_t file_bytes_max =
    limits::journal_drops_max * (limits::gap_topics_max * (limits::topic_bytes_max + 16ULL) + 128) + 64;

std::string path_in(const std::string& folder) { return folder + "/drops"; }

}  // namespace

drop_book::drop_book(const lane_site& site)
    : disk_(site.disk), folder_(site.folder), lane_(site.lane), epoch_(site.epoch), keys_(site.keys) {}

result<drop_list> read_drops(io::disk& disk, const std::string& folder, perigee::epoch journal) {
  const auto bytes = io::read_whole(disk, path_in(folder), file_bytes_max);
  if (!bytes && is(bytes.error(), errc::not_found)) return drop_list();
  if (!bytes) return std::unexpected(bytes.error());
  return drop_list::decode(*bytes, journal);
}

result<> drop_book::load() {
  auto read = read_drops(disk_, folder_, epoch_);
  if (!read && !is(read.error(), errc::corrupt)) return std::unexpected(read.error());
  if (read) {
    list_ = *std::move(read);
  } else {
    log::fault(place, "{}: {}; what was dropped is told without details", path_in(folder_), read.error().what);
  }
  return {};
}

drop_list drop_book::drop(const doomed_segment& what) {
  if (what.needed < what.end) write_down(what);
  remove(what.first);
  return list_;
}

drop_list drop_book::prune(log_offset passed) {
  if (list_.prune(passed)) save();
  return list_;
}

/// On stable storage before the segment goes: a crash in between is made good when the lane is opened.
void drop_book::write_down(const doomed_segment& what) {
  const auto from = std::max(what.first, what.needed);
  model::gap gone{.lane = lane_,
                  .first = from,
                  .last = log_offset(what.end.value() - 1),
                  .count = what.end.value() - from.value(),
                  .reason = what.reason};
  model::gap_tally in_it;
  if (const auto read = tally(what, from, in_it); !read) {
    log::warn(place, "{}/{}: not read before it is dropped: {}", folder_, segment_name(what.first),
              read.error().text());
  }
  in_it.describe_in(gone);
  log::warn(place, "{}: {}", folder_, model::describe(gone));
  list_.add(std::move(gone));
  save();
}

/// Counts the records from `from` on. What cannot be read counts among those that nothing is known of.
result<> drop_book::tally(const doomed_segment& what, log_offset from, model::gap_tally& into) {
  auto unread = what.end.value() - from.value();
  const auto scan = [&]() -> result<> {
    PG_TRY(const auto file, disk_.open(folder_ + '/' + segment_name(what.first), io::open_mode::read));
    PG_TRY(const auto bytes, file->size());
    auto cipher = segment_cipher::make(keys_, what.seal, {lane_, epoch_, what.first});
    frame_scanner scanner(*file, segment_header_bytes, bytes, what.first);
    for (;;) {
      PG_TRY(const auto next, scanner.next());
      if (!next || next->offset >= what.end) return {};
      if (next->kind != frame_kind::record || next->offset < from) continue;
      const auto body = body_of(*next, cipher);
      const auto record = body ? model::decode_record(*body, lane_) : std::unexpected(body.error());
      if (!record) continue;
      into.add(*record);
      --unread;
    }
  };
  const auto scanned = scan();
  into.add_unknown(unread);
  return scanned;
}

void drop_book::save() {
  byte_buffer bytes;
  list_.encode(epoch_, bytes);
  const auto written = io::write_whole(disk_, path_in(folder_), bytes);
  if (!written) log::warn(place, "{}: not saved: {}", path_in(folder_), written.error().text());
}

void drop_book::remove(log_offset first) {
  const auto path = folder_ + '/' + segment_name(first);
  const auto removed = disk_.remove(path);
  // In order and each for good: a power cut must not bring back the older of two and not the newer.
  const auto synced = removed ? disk_.sync_folder(folder_) : removed;
  if (!synced) log::warn(place, "{}: not removed: {}", path, synced.error().text());
}

}  // namespace perigee::journal::detail
