#include "journal/detail/segment_check.hpp"

#include <format>
#include <utility>

#include "journal/detail/mark_table.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::size_t holes_kept_max = 4096;

std::string span_of(log_offset first, log_offset end) {
  const auto last = end.value() - 1;
  return first.value() == last ? std::format("record {} is", last)
                               : std::format("records {} to {} are", first.value(), last);
}

}  // namespace

finding segment_check::about(std::string_view kind) const {
  finding out;
  out.kind = kind;
  out.file = file_;
  out.lane = lane_;
  out.segment = of_.first;
  return out;
}

result<> segment_check::read(segment_survey& in, const std::function<void(std::uint64_t)>& progress) {
  for (;;) {
    const auto due = in.expected();
    PG_TRY(const auto frame, in.next());
    if (!frame) return {};
    take(*frame, due);
    progress(in.position());
  }
}

void segment_check::take(const frame& f, log_offset due) {
  const bool first = !std::exchange(begun_, true);
  const bool only_state = first && f.skipped != 0 && f.offset == due;
  if (f.skipped != 0 && !only_state) {
    const hole here{f.position - f.skipped, f.skipped, due, f.offset};
    const bool synced = of_.header && here.at < of_.header->synced_bytes;
    if (unproven_.size() == holes_kept_max) prove();
    unproven_.push_back(here);
    if (synced) prove();
  } else if (f.offset > due) {
    report_missing(due, f.offset);
  }
  if (f.kind == frame_kind::mark) prove();
  if (first) check_state(f);
  if (f.kind != frame_kind::record) return;
  ++records_;
  if (f.sealed || model::decode_record(f.body(), lane_)) return;
  auto out = about("unreadable record");
  out.at = f.position;
  out.bytes = f.whole.size();
  out.first = f.offset;
  out.end = f.offset.next();
  out.meaning = std::format("record {} verifies but is no record of this version", f.offset.value());
  report_(std::move(out));
}

/// A segment starts with the marks of its sources.
void segment_check::check_state(const frame& f) {
  mark_table marks;
  const bool stands = f.kind == frame_kind::state && f.position == segment_header_bytes;
  if (stands && (f.sealed || marks.decode(f.body()))) return;
  auto out = about("damaged state");
  out.how = repaired() ? severity::known : severity::damage;
  out.at = segment_header_bytes;
  out.bytes = f.position - segment_header_bytes;
  out.meaning =
      "the sources' marks before this segment are not here; should it be the last at a start, the segments before it "
      "are read for them";
  report_(std::move(out));
}

/// A mark, or the header, says that everything so far was synced.
void segment_check::prove() {
  for (const auto& each : std::exchange(unproven_, {})) report_hole(each);
}

void segment_check::report_hole(const hole& h) {
  auto out = about(h.first == h.end ? "damaged bytes" : "damaged records");
  out.at = h.at;
  out.bytes = h.bytes;
  out.first = h.first;
  out.end = h.end;
  out.meaning = h.first == h.end
                    ? std::string("bytes between records do not verify; no record is gone")
                    : std::format("{} stored and cannot be read: readers get a gap", span_of(h.first, h.end));
  report_(std::move(out));
}

void segment_check::report_missing(log_offset first, log_offset end) {
  auto out = about("missing records");
  out.how = repaired() ? severity::known : severity::damage;
  out.first = first;
  out.end = end;
  out.meaning = std::format("{} not here, though later ones are: readers get a gap", span_of(first, end));
  report_(std::move(out));
}

result<> segment_check::finish(segment_survey& in, std::optional<log_offset> next_names) {
  PG_TRY(data_end_, in.data_end());
  if (in.end()) {
    finish_before(*in.end(), in, next_names);
  } else {
    finish_last(in);
  }
  return {};
}

void segment_check::finish_last(const segment_survey& in) {
  const bool synced = of_.header && in.position() < of_.header->synced_bytes;
  if (synced) {
    prove();
    const auto synced_end = of_.first.next(of_.header->synced_records);
    return report_hole(
        {in.position(), of_.header->synced_bytes - in.position(), in.expected(), std::max(in.expected(), synced_end)});
  }
  const auto torn_at = unproven_.empty() ? in.position() : unproven_.front().at;
  if (torn_at >= data_end_) return;
  auto out = about("torn tail");
  out.how = severity::note;
  out.at = torn_at;
  out.bytes = data_end_ - torn_at;
  out.meaning =
      "the rest of a write that is under way or was interrupted; it was never acknowledged, the next start cuts it";
  report_(std::move(out));
}

/// A segment that is followed by one that starts at `end`.
void segment_check::finish_before(log_offset end, const segment_survey& in, std::optional<log_offset> next_names) {
  std::erase_if(unproven_, [&](const hole& each) { return each.first >= end; });
  prove();
  const bool one_between = next_names && *next_names > of_.first && *next_names < end;
  const auto own_end = one_between ? std::max(*next_names, in.expected()) : end;
  const auto left = data_end_ - in.position();
  if (in.expected() < own_end) {
    if (left != 0) report_hole({in.position(), left, in.expected(), own_end});
    if (left == 0) report_missing(in.expected(), own_end);
  }
  if (!one_between || own_end >= end) return;
  auto out = about("missing segment");
  out.file = file_.substr(0, file_.rfind('/') + 1) + segment_name(*next_names);
  out.how = repaired() ? severity::known : severity::damage;
  out.first = own_end;
  out.end = end;
  out.meaning = std::format("the segment is missing: {} gone, readers get a gap", span_of(own_end, end));
  report_(std::move(out));
}

}  // namespace perigee::journal::detail
