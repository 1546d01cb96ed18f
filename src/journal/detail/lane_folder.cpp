#include "journal/detail/lane_folder.hpp"

#include <array>
#include <format>

#include "base/limits.hpp"

namespace perigee::journal::detail {
namespace {

bool belongs(const segment_file& file, model::lane lane, std::optional<epoch> of) {
  if (!file.header) return true;
  return file.header->first == file.first && file.header->lane == lane && (!of || file.header->epoch == *of);
}

}  // namespace

result<segment_file> read_segment_file(io::disk& disk, const std::string& path, log_offset first) {
  PG_TRY(const auto file, disk.open(path, io::open_mode::read));
  PG_TRY(const auto bytes, file->size());
  std::array<std::uint8_t, segment_header_bytes> head;
  const auto got = file->read_at(0, head);
  segment_file out{.first = first, .bytes = bytes};
  if (!got) {
    out.damage = "the disk does not read its header";
    out.unread = got.error();
    return out;
  }
  const auto header = decode_header(byte_view(head).first(*got));
  if (header) {
    out.header = *header;
  } else if (is(header.error(), errc::unsupported)) {
    return std::unexpected(header.error());
  } else {
    out.damage = header.error().what;
  }
  return out;
}

result<lane_folder> read_lane_folder(io::disk& disk, const std::string& folder, model::lane lane,
                                     std::optional<epoch> of) {
  PG_TRY(const auto names, disk.list(folder));
  lane_folder out;
  for (const auto& name : names) {
    if (name.ends_with(unfinished_suffix)) out.unfinished.push_back(name);
    if (name.contains(set_aside_suffix)) out.set_aside.push_back(name);
    const auto first = offset_of_segment(name);
    if (!first) continue;
    const auto file = read_segment_file(disk, folder + '/' + name, *first);
    if (!file && is(file.error(), errc::not_found)) continue;
    if (!file) return std::unexpected(file.error());
    (belongs(*file, lane, of) ? out.segments : out.misplaced).push_back(*file);
  }
  return out;
}

result<std::string> set_aside(io::disk& disk, const std::string& folder, const segment_file& which) {
  for (std::uint32_t n = 1; n <= limits::journal_segments_max; ++n) {
    const auto name = std::format("{}{}-{}", which.name(), set_aside_suffix, n);
    const auto taken = disk.open(folder + '/' + name, io::open_mode::read);
    if (taken) continue;
    if (!is(taken.error(), errc::not_found)) return std::unexpected(taken.error());
    PG_TRY_VOID(disk.rename(folder + '/' + which.name(), folder + '/' + name));
    PG_TRY_VOID(disk.sync_folder(folder));
    return name;
  }
  return fail(errc::full, "too many misplaced segments were set aside here");
}

}  // namespace perigee::journal::detail
