#include "journal/reader.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "io/file.hpp"
#include "journal/detail/frame.hpp"
#include "journal/detail/frame_scanner.hpp"
#include "journal/detail/lane_core.hpp"
#include "journal/detail/segment_cipher.hpp"

namespace perigee::journal {
namespace {

constexpr std::string_view place = "journal";

}  // namespace

/// The segment that the reader is in, with a file of its own: retention may remove it meanwhile.
struct reader::open_segment {
  log_offset first;
  std::unique_ptr<io::file> file;
  detail::frame_scanner scanner;
  std::optional<detail::segment_cipher> cipher;
};

reader::reader(lane_log& from, log_offset position) : log_(&from), position_(position) {}
reader::~reader() = default;
reader::reader(reader&&) noexcept = default;
reader& reader::operator=(reader&&) noexcept = default;

void reader::seek(log_offset to) {
  position_ = to;
  segment_.reset();
}

std::uint64_t reader::behind() const {
  const auto end = log_->committed();
  return end > position_ ? end.value() - position_.value() : 0;
}

result<std::size_t> reader::read(std::size_t bytes_max, visitor visit) {
  std::size_t visited = 0;
  std::size_t bytes = 0;
  stopped_ = false;
  while (position_ < log_->committed() && !stopped_ && (visited == 0 || bytes < bytes_max)) {
    if (!segment_) {
      if (position_ < log_->start()) {
        if (!pass_hole(visit)) break;
        ++visited;
        continue;
      }
      PG_TRY_VOID(enter_segment());
    }
    PG_TRY(const auto done, read_one(visit));
    visited += done.records;
    bytes += done.bytes;
  }
  return visited;
}

/// Opens the segment that holds the position and finds the place to read from.
result<> reader::enter_segment() {
  auto& core = *log_->core_;
  const auto& segment = core.segments()[core.segments().find(position_)];
  const auto near = segment.nearest(position_);
  PG_TRY(auto file,
         core.site().disk.open(core.site().folder + '/' + detail::segment_name(segment.first), io::open_mode::read));
  detail::frame_scanner scanner(*file, near.position, segment.bytes, segment.first.next(near.record));
  const auto& site = core.site();
  auto cipher = detail::segment_cipher::make(site.keys, segment.seal, {site.lane, site.epoch, segment.first});
  segment_ = std::make_unique<open_segment>(segment.first, std::move(file), std::move(scanner), std::move(cipher));
  return {};
}

/// One frame, or the end of the segment.
result<reader::step> reader::read_one(visitor visit) {
  const auto end = refresh_end();
  PG_TRY(const auto frame, segment_->scanner.next());
  if (!frame || frame->offset >= end) {
    segment_.reset();
    if (position_ >= end || position_ < log_->start()) return step{};
    pass_over(end, model::gap_reason::damaged, last_arrival_, visit);
    return step{1, 0};
  }
  if (frame->kind != detail::frame_kind::record || frame->offset < position_) return step{};
  step done{1, frame->whole.size()};
  const auto body = detail::body_of(*frame, segment_->cipher);
  if (!body) return step{};  // as bad as bytes that are no frame: told with what else is gone up to the next good one
  const auto record = model::decode_record(*body, log_->lane());
  if (frame->offset > position_) {
    pass_over(frame->offset, model::gap_reason::damaged, record ? record->arrival : last_arrival_, visit);
    ++done.records;
  }
  if (!record) {
    log::fault(place, "record {} in {}: {}", frame->offset.value(), log_->core_->site().folder, record.error().what);
    pass_over(frame->offset.next(), model::gap_reason::damaged, last_arrival_, visit);
    return done;
  }
  position_ = frame->offset.next();
  last_arrival_ = record->arrival;
  visit(frame->offset, *record);
  return done;
}

/// Where the records of the open segment end by now: a reader of the newest segment sees it grow.
log_offset reader::refresh_end() {
  auto& core = *log_->core_;
  const auto& all = core.segments();
  // Retention has passed the segment: its file is read to its end all the same.
  if (all.empty() || segment_->first < all[0].first) return all.empty() ? core.committed() : all[0].first;
  const auto at = core.segments().find(segment_->first);
  core.segments()[at].note(segment_->scanner.expected(), segment_->scanner.position());
  segment_->scanner.extend(all[at].bytes);
  return at + 1 < all.size() ? all[at + 1].first : core.committed();
}

bool reader::pass_hole(visitor visit) {
  const auto& core = *log_->core_;
  if (position_ >= core.settled()) return false;
  const auto* known = core.drops().find(position_);
  const auto newest = core.segments().empty() ? last_arrival_ : core.segments()[0].newest_before;
  if (known == nullptr || known->first > position_) {
    // Nothing is known but that it is gone: nobody needed it, or whoever did has heard of it.
    const auto end = known == nullptr ? core.settled() : std::min(known->first, core.settled());
    pass_over(end, core.last_drop(), newest, visit);
  } else if (known->first == position_) {
    position_ = known->end;
    visit_gap(known->first, known->gap, known->newest, visit);
  } else {
    pass_over(known->end, core.last_drop(), known->newest, visit);
  }
  return true;
}

/// What is said in the place of records of which nothing is known, up to `end`.
void reader::pass_over(log_offset end, model::gap_reason reason, timestamp newest, visitor visit) {
  const auto first = std::exchange(position_, end);
  const auto count = end.value() - first.value();
  if (reason == model::gap_reason::damaged) {
    log_->core_->count_unreadable(count);
    log::fault(place, "{}: records {} to {} cannot be read", log_->core_->site().folder, first.value(),
               end.value() - 1);
  }
  gap_payload_.clear();
  model::encode_gap({.lane = log_->lane(),
                     .first = first,
                     .last = log_offset(end.value() - 1),
                     .count = count,
                     .reason = reason,
                     .oldest = std::min(last_arrival_.ns != 0 ? last_arrival_ : newest, newest),
                     .newest = newest},
                    gap_payload_);
  visit_gap(first, gap_payload_, newest, visit);
}

void reader::visit_gap(log_offset first, byte_view payload, timestamp newest, visitor visit) {
  model::record_view r;
  r.kind = model::record_kind::gap;
  r.lane = log_->lane();
  r.payload = payload;
  r.source = place;
  r.arrival = newest;
  visit(first, r);
}

}  // namespace perigee::journal
