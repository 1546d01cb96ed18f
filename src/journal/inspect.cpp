#include "journal/inspect.hpp"

#include <algorithm>
#include <utility>

#include "journal/detail/cursor_set.hpp"
#include "journal/detail/identity.hpp"
#include "journal/detail/lane_folder.hpp"
#include "journal/detail/segment_cipher.hpp"
#include "journal/detail/segment_survey.hpp"

namespace perigee::journal {
namespace {

using detail::lane_folder;
using detail::segment_file;
using detail::segment_survey;

std::string path_of(const std::string& folder, model::lane l) { return folder + '/' + std::string(model::name_of(l)); }

/// A lane that nothing was written to yet may have no folder.
result<lane_folder> look_into(io::disk& disk, const std::string& folder, model::lane l, std::optional<epoch> of) {
  auto found = detail::read_lane_folder(disk, path_of(folder, l), l, of);
  if (!found && is(found.error(), errc::not_found)) return lane_folder{};
  return found;
}

struct read_through {
  timestamp oldest;  // of the first record
  timestamp newest;
  log_offset end;
};

/// The first record's time, and where there is no next segment, the rest too.
result<read_through> read_through_segment(io::disk& disk, const std::string& lane_path, model::lane l,
                                          const segment_file& of, std::optional<log_offset> end) {
  PG_TRY(auto survey, segment_survey::open(disk, lane_path, of, end));
  read_through out;
  for (bool first = true;;) {
    PG_TRY(const auto frame, survey.next());
    if (!frame) break;
    if (frame->kind != detail::frame_kind::record) continue;
    if (frame->sealed) {
      if (end) break;
      continue;
    }
    const auto record = model::decode_record(frame->body(), l);
    if (record && std::exchange(first, false)) out.oldest = record->arrival;
    if (record) out.newest = std::max(out.newest, record->arrival);
    if (end) break;
  }
  out.end = survey.expected();
  return out;
}

result<lane_summary> summarize_lane(io::disk& disk, const std::string& folder, model::lane l, std::optional<epoch> of) {
  PG_TRY(const auto found, look_into(disk, folder, l, of));
  lane_summary out;
  out.lane = l;
  for (const auto& each : found.misplaced) out.elsewhere.push_back(each.name());
  std::ranges::copy(found.set_aside, std::back_inserter(out.elsewhere));
  const auto& all = found.segments;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool sealed = i + 1 < all.size();
    const auto end = sealed ? std::optional(all[i + 1].first) : std::nullopt;
    const auto read = read_through_segment(disk, path_of(folder, l), l, all[i], end);
    if (!read && is(read.error(), errc::not_found)) continue;  // retention was here
    if (!read) return std::unexpected(read.error());
    out.end = end.value_or(read->end);
    const auto newest = sealed && all[i + 1].header ? all[i + 1].header->newest_before : read->newest;
    out.segments.push_back({.first = all[i].first,
                            .records = out.end.value() - all[i].first.value(),
                            .bytes = all[i].bytes,
                            .oldest = read->oldest,
                            .newest = newest,
                            .sealed = sealed,
                            .header_damaged = !all[i].header});
  }
  return out;
}

void count_behind(cursor_summary& cursor, const lane_summary& lane) {
  if (!cursor.readable) cursor.position = lane.start();
  const auto from = std::max(cursor.position, lane.start());
  cursor.behind = lane.end > from ? lane.end.value() - from.value() : 0;
}

}  // namespace

result<std::vector<cursor_summary>> read_cursors(io::disk& disk, const std::string& folder,
                                                 std::optional<perigee::epoch> of) {
  const auto names = disk.list(folder + "/cursors");
  std::vector<cursor_summary> out;
  if (!names && is(names.error(), errc::not_found)) return out;
  if (!names) return std::unexpected(names.error());
  for (const auto& key : *names) {
    const auto dot = key.find('.');
    const auto lane = model::lane_from(key.substr(0, dot));
    if (dot == std::string::npos || !lane) continue;
    cursor_summary one{.name = key.substr(dot + 1), .lane = *lane, .position = {}};
    const auto file = disk.open(folder + "/cursors/" + key, io::open_mode::read);
    if (!file && is(file.error(), errc::not_found)) continue;
    if (!file) return std::unexpected(file.error());
    if (const auto slot = detail::read_cursor(**file); slot && (!of || slot->epoch == *of)) {
      one.readable = true;
      one.required = slot->required;
      one.position = slot->position;
    }
    out.push_back(std::move(one));
  }
  return out;
}

result<journal_summary> summarize(io::disk& disk, const std::string& folder) {
  const auto who = detail::read_identity(disk, folder);
  if (!who && is(who.error(), errc::unsupported)) return std::unexpected(who.error());
  PG_TRY_VOID(disk.list(folder));
  journal_summary out;
  if (who) {
    out.node = who->node;
    out.epoch = who->epoch;
  }
  const auto of = who ? std::optional(who->epoch) : std::nullopt;
  PG_TRY(out.cursors, read_cursors(disk, folder, of));
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    PG_TRY(out.lanes[i], summarize_lane(disk, folder, static_cast<model::lane>(i), of));
  }
  for (auto& each : out.cursors) count_behind(each, out.lanes[static_cast<std::size_t>(each.lane)]);
  return out;
}

namespace {

/// Gives a visitor the records of a range, and what is missing between them.
class dumping {
 public:
  dumping(const dump_range& wanted, dump_visitor& visitor) : lane_(wanted.lane), due_(wanted.from), visitor_(visitor) {
    end_ = wanted.to == log_offset(UINT64_MAX) ? wanted.to : wanted.to.next();
  }

  [[nodiscard]] bool done() const { return stopped_ || due_ >= end_; }
  [[nodiscard]] log_offset due() const { return due_; }
  void skip_to(log_offset at) { due_ = std::max(due_, at); }
  void miss_to(log_offset at) {
    at = std::min(at, end_);
    const auto first = due_;
    skip_to(at);
    if (!stopped_ && first < at) stopped_ = !visitor_.on_missing(first, log_offset(at.value() - 1));
  }
  void take(const detail::frame& f, std::optional<detail::segment_cipher>& cipher) {
    if (f.kind != detail::frame_kind::record || f.offset < due_) return;
    const auto body = detail::body_of(f, cipher);
    if (!body) return;
    const auto record = model::decode_record(*body, lane_);
    if (!record) return;  // it is missed with what follows
    miss_to(f.offset);
    if (done()) return;
    due_ = f.offset.next();
    stopped_ = !visitor_.on_record(f.offset, *record);
  }

 private:
  model::lane lane_;
  log_offset due_;
  log_offset end_;
  dump_visitor& visitor_;
  bool stopped_ = false;
};

}  // namespace

result<> dump(io::disk& disk, const std::string& folder, const keyring& keys, const dump_range& wanted,
              dump_visitor& visitor) {
  const auto who = detail::read_identity(disk, folder);
  PG_TRY(const auto found, look_into(disk, folder, wanted.lane, who ? std::optional(who->epoch) : std::nullopt));
  const auto& all = found.segments;
  dumping out(wanted, visitor);
  if (!all.empty()) out.skip_to(all.front().first);
  for (std::size_t i = 0; i < all.size() && !out.done(); ++i) {
    const auto end = i + 1 < all.size() ? std::optional(all[i + 1].first) : std::nullopt;
    if (end && *end <= out.due()) continue;
    auto survey = segment_survey::open(disk, path_of(folder, wanted.lane), all[i], end);
    if (!survey && is(survey.error(), errc::not_found)) {
      out.skip_to(end.value_or(out.due()));  // retention was here
      continue;
    }
    if (!survey) return std::unexpected(survey.error());
    const auto header = all[i].header.value_or(detail::segment_header{});
    auto cipher = detail::segment_cipher::make(keys, header.seal, {wanted.lane, header.epoch, all[i].first});
    while (!out.done()) {
      PG_TRY(const auto frame, survey->next());
      if (!frame) break;
      out.take(*frame, cipher);
    }
    out.miss_to(end.value_or(survey->expected()));
  }
  return {};
}

}  // namespace perigee::journal
