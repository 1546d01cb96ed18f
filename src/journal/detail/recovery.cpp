#include "journal/detail/recovery.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "journal/detail/frame.hpp"
#include "journal/detail/frame_scanner.hpp"
#include "journal/detail/lane_folder.hpp"
#include "journal/detail/segment_cipher.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::string_view place = "journal";

std::string path_of(const lane_site& site, log_offset first) { return site.folder + '/' + segment_name(first); }

/// What is in the folder, after all that is only half made or elsewhere at home is out of the way.
result<std::vector<segment_file>> list_segments(const lane_site& site, lane_recovery& found) {
  PG_TRY_VOID(site.disk.make_folder(site.folder));
  // A process may have died between giving a segment its name and making the name durable.
  PG_TRY_VOID(site.disk.sync_folder(site.folder));
  PG_TRY(auto folder, read_lane_folder(site.disk, site.folder, site.lane, site.epoch));
  for (const auto& name : folder.unfinished) PG_TRY_VOID(site.disk.remove(site.folder + '/' + name));
  for (const auto& each : folder.misplaced) {
    ++found.damaged_segments;
    PG_TRY(const auto aside, set_aside(site.disk, site.folder, each));
    log::fault(place, "{}: holds offset {} of another place; it is set aside as {}: `perigee journal repair` moves it",
               path_of(site, each.first), each.header->first.value(), aside);
  }
  for (const auto& each : folder.segments) {
    if (each.header) continue;
    if (each.unread) return std::unexpected(*each.unread);  // it may read again: nothing is assumed
    ++found.damaged_segments;
    log::fault(place, "{}: {}; its records are read as far as they verify", path_of(site, each.first), each.damage);
  }
  return std::move(folder.segments);
}

/// Readers are told that what is before `dropped_end` is gone: so it goes.
result<> finish_drops(const lane_site& site, log_offset dropped_end, std::vector<segment_file>& all) {
  while (all.size() >= 2 && all[1].first <= dropped_end) {
    PG_TRY_VOID(site.disk.remove(path_of(site, all[0].first)));
    PG_TRY_VOID(site.disk.sync_folder(site.folder));
    all.erase(all.begin());
  }
  return {};
}

void report_holes(const lane_site& site, const std::vector<segment_file>& all, lane_recovery& found) {
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (!all[i].header || all[i].header->previous == all[i - 1].first) continue;
    ++found.missing_segments;
    log::fault(place, "{}: the segment before {} is missing", site.folder, segment_name(all[i].first));
  }
}

segment_seal seal_of(const segment_file& file) { return file.header ? file.header->seal : segment_seal{}; }

/// Reads one segment: what is proven goes into the marks, what is not is kept aside.
class replay {
 public:
  replay(const lane_site& site, const segment_file& from, mark_table& marks)
      : site_(site),
        from_(from),
        marks_(marks),
        synced_bytes_(from.header ? std::max<std::uint64_t>(from.header->synced_bytes, segment_header_bytes) : 0),
        cipher_(segment_cipher::make(site.keys, seal_of(from), {site.lane, site.epoch, from.first})),
        proven_(from.first),
        pending_end_(from.first) {}

  /// To the end of the file, or where the next segment takes over: then all before that is proven.
  result<> run(std::optional<log_offset> taken_over_at) {
    PG_TRY(const auto file, site_.disk.open(path_of(site_, from_.first), io::open_mode::read));
    frame_scanner scanner(*file, segment_header_bytes, from_.bytes, from_.first);
    for (;;) {
      PG_TRY(const auto next, scanner.next());
      if (!next || (taken_over_at && next->offset > *taken_over_at)) break;
      PG_TRY_VOID(take(*next));
    }
    if (taken_over_at) {
      prove(*taken_over_at, scanner.position());
    } else {
      PG_TRY(const auto data_end, end_of_data(*file, scanner.position(), from_.bytes));
      finish(scanner.position(), data_end);
    }
    return {};
  }

  [[nodiscard]] log_offset proven() const { return proven_; }
  [[nodiscard]] std::uint64_t proven_bytes() const { return proven_bytes_; }
  [[nodiscard]] std::uint64_t damaged_bytes() const { return damaged_bytes_; }
  [[nodiscard]] std::uint64_t torn_bytes() const { return torn_bytes_; }
  [[nodiscard]] timestamp newest() const { return newest_; }
  [[nodiscard]] bool state_read() const { return state_read_; }
  /// The record frames behind the proven ones.
  [[nodiscard]] byte_buffer take_unproven() { return std::move(pending_); }

 private:
  result<> take(const frame& f) {
    // Bad bytes count to the side of a boundary that they start on.
    const bool in_synced = !synced_passed() && f.position - f.skipped < synced_bytes_;
    bad_bytes_ += f.skipped;
    if (!synced_passed() && f.position >= synced_bytes_)
      prove(from_.first.next(from_.header->synced_records), synced_bytes_);
    if (f.kind == frame_kind::mark) prove(f.offset, f.position);
    if (f.kind == frame_kind::state && f.position == segment_header_bytes) return take_state(f);
    if (f.kind != frame_kind::record) return {};
    const bool follows = f.skipped == 0 || (in_synced && f.offset == pending_end_);
    if (!follows && !broken_at_) broken_at_ = pending_.size();
    if (!keep(f)) {
      bad_bytes_ += f.whole.size();
      if (!broken_at_) broken_at_ = pending_.size();
    }
    pending_end_ = f.offset.next();
    return {};
  }

  /// As a frame that is not sealed. False where it is, and cannot be opened.
  bool keep(const frame& f) {
    if (!f.sealed) {
      pending_.insert(pending_.end(), f.whole.begin(), f.whole.end());
      return true;
    }
    const auto body = body_of(f, cipher_);
    if (!body) return false;
    const auto at = pending_.size();
    pending_.resize(at + frame_head_bytes);
    pending_.insert(pending_.end(), body->begin(), body->end());
    finish_frame(byte_span(pending_).subspan(at), frame_kind::record, f.offset);
    return true;
  }

  result<> take_state(const frame& f) {
    const auto body = body_of(f, cipher_);
    if (!body) return {};
    const auto decoded = marks_.decode(*body);
    if (!decoded && is(decoded.error(), errc::unsupported)) return decoded;
    state_read_ = decoded.has_value();
    return {};
  }

  /// All before `end`, in the file before `position`, was on stable storage: what is bad in it is damage.
  void prove(log_offset end, std::uint64_t position) {
    for_each_record(pending_, [&](byte_view whole) { apply(whole.subspan(frame_head_bytes)); });
    pending_.clear();
    broken_at_.reset();
    damaged_bytes_ += std::exchange(bad_bytes_, 0);
    proven_ = pending_end_ = std::max(proven_, end);
    proven_bytes_ = position;
  }

  void apply(byte_view body) {
    const auto record = model::decode_record(body, site_.lane);
    if (!record) return;
    newest_ = std::max(newest_, record->arrival);
    const stamp s{record->epoch, record->sequence};
    if (record->stamped() && marks_.check(record->source, s)) marks_.set(record->source, s);
  }

  /// The end of the last segment: what is not proven counts up to its first bad byte.
  void finish(std::uint64_t readable_end, std::uint64_t data_end) {
    const auto tail = data_end - readable_end;
    if (!synced_passed()) {
      const bool damaged = readable_end < synced_bytes_;
      bad_bytes_ += damaged ? tail : 0;
      prove(from_.first.next(from_.header->synced_records), std::min(from_.bytes, synced_bytes_));
      torn_bytes_ = damaged ? 0 : tail;
      return;
    }
    torn_bytes_ = tail + bad_bytes_;
    if (!broken_at_) return;
    torn_bytes_ += pending_.size() - *broken_at_;
    pending_.resize(*broken_at_);
  }

  [[nodiscard]] bool synced_passed() const { return proven_bytes_ >= synced_bytes_; }

  const lane_site& site_;
  const segment_file& from_;
  mark_table& marks_;
  const std::uint64_t synced_bytes_;  // before the file got its name; 0 where the header does not tell
  std::optional<segment_cipher> cipher_;
  log_offset proven_;
  std::uint64_t proven_bytes_ = 0;
  byte_buffer pending_;  // record frames since the last proof
  log_offset pending_end_;
  std::optional<std::size_t> broken_at_;  // in pending_: where a record was missing
  std::uint64_t bad_bytes_ = 0;           // since the last proof
  std::uint64_t damaged_bytes_ = 0;
  std::uint64_t torn_bytes_ = 0;
  timestamp newest_{};
  bool state_read_ = false;
};

/// The marks where the last segment's own state frame cannot be read: from the nearest earlier one that can.
result<> replay_earlier(const lane_site& site, const std::vector<segment_file>& all, mark_table& marks) {
  log::fault(place, "{}: the state in {} is damaged; earlier segments are read for it", site.folder,
             segment_name(all.back().first));
  std::size_t from = all.size() - 1;
  for (bool state_read = false; from > 0 && !state_read;) {
    replay earlier(site, all[--from], marks);
    PG_TRY_VOID(earlier.run(all[from + 1].first));
    state_read = earlier.state_read();
  }
  for (++from; from < all.size(); ++from) {
    replay later(site, all[from], marks);
    const bool is_last = from + 1 == all.size();
    PG_TRY_VOID(later.run(is_last ? std::nullopt : std::optional(all[from + 1].first)));
  }
  return {};
}

}  // namespace

result<recovered_lane> recover(const lane_site& site, log_offset dropped_end, lane_recovery& found) {
  recovered_lane out;
  PG_TRY(auto all, list_segments(site, found));
  PG_TRY_VOID(finish_drops(site, dropped_end, all));
  found.segments = all.size();
  if (all.empty()) return out;
  report_holes(site, all, found);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    out.segments.push({.first = all[i].first,
                       .bytes = all[i].bytes,
                       .newest_before = all[i].header ? all[i].header->newest_before : timestamp{},
                       .seal = seal_of(all[i])});
  }
  replay last(site, all.back(), out.marks);
  PG_TRY_VOID(last.run(std::nullopt));
  if (!last.state_read()) PG_TRY_VOID(replay_earlier(site, all, out.marks));
  out.marks.launch();
  out.marks.keep();
  out.proven = last.proven();
  out.newest = std::max(last.newest(), all.back().header ? all.back().header->newest_before : timestamp{});
  // A last segment without a proven record is made anew under its own name.
  if (last.proven() > all.back().first) {
    out.segments.push({.first = all.back().first,
                       .bytes = last.proven_bytes(),
                       .newest_before = out.newest,
                       .seal = seal_of(all.back())});
  }
  out.unproven = last.take_unproven();
  found.damaged_bytes = last.damaged_bytes();
  found.torn_bytes = last.torn_bytes();
  return out;
}

}  // namespace perigee::journal::detail
