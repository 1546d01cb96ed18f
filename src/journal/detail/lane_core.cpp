#include "journal/detail/lane_core.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <format>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "journal/detail/frame.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::string_view place = "journal";

constexpr std::uint64_t segments_in_bound = 4;
constexpr std::size_t unawaited_bytes_max = 256U << 10;  // staged, until they are written all the same

lane_options within_bounds(lane_options o) {
  constexpr std::uint64_t segment_bytes_min = 1024;
  const auto most = std::min<std::uint64_t>(limits::journal_segment_bytes_max, o.bytes_max / segments_in_bound);
  o.segment_bytes = std::max(std::min(o.segment_bytes, most), segment_bytes_min);
  return o;
}

/// A lane is dropped from by whole segments, so that a bound takes some of them.
std::uint64_t segment_records_max(const lane_options& o) {
  return o.records_max == 0 ? UINT64_MAX : std::max<std::uint64_t>(o.records_max / segments_in_bound, 1);
}

}  // namespace

lane_core::counters::counters(metrics::registry& in, model::lane of)
    : counters(in, std::format("lane=\"{}\"", model::name_of(of))) {}

lane_core::counters::counters(metrics::registry& in, const std::string& lane)
    : records(in.make_counter("perigee_journal_records_total", "Records committed", lane)),
      bytes(in.make_counter("perigee_journal_written_bytes_total", "Bytes committed", lane)),
      commits(in.make_counter("perigee_journal_commits_total", "Writes that were synced", lane)),
      failed(in.make_counter("perigee_journal_failed_commits_total", "Writes that the disk refused", lane)),
      duplicates(in.make_counter("perigee_journal_duplicates_total", "Stamped records that were stored already", lane)),
      dropped(in.make_counter("perigee_journal_dropped_records_total", "Records that retention removed", lane)),
      unreadable(in.make_counter("perigee_journal_unreadable_records_total", "Records lost to damage", lane)),
      size(in.make_gauge("perigee_journal_size_bytes", "Size of all segments", lane)),
      failing(in.make_gauge("perigee_journal_failing", "Whether the newest write was refused by the disk", lane)),
      sync_seconds(in.make_histogram("perigee_journal_sync_seconds", "Duration of a sync", lane)) {}

lane_core::lane_core(lane_site site, lane_options options, std::shared_ptr<drop_book> drops)
    : site_(std::move(site)),
      options_(within_bounds(options)),
      metrics_(site_.metrics, site_.lane),
      flight_(std::make_shared<flight>(site_, options_.durability == durability::fsync, options_.write_ahead_bytes)),
      salts_(site_.salt_seed),
      drop_book_(std::move(drops)),
      known_drops_(drop_book_->list()) {
  flight_->owner = this;
}

lane_core::~lane_core() { flight_->owner = nullptr; }

void lane_core::start_from(recovered_lane found, lane_recovery& report) {
  segments_ = std::move(found.segments);
  marks_ = std::move(found.marks);
  newest_ = found.newest;
  committed_ = staged_ = found.proven;
  for_each_record(found.unproven, [this](byte_view whole) { stage_frame(whole); });
  metrics_.size.set(static_cast<double>(segments_.bytes()));
  report.records = staged_.value() - start().value();
  report.unproven_records = staged_.value() - committed_.value();
  if (const auto at_least = site_.at_least; staged_ < at_least) {
    report.missing_records = at_least.value() - staged_.value();
    log::fault(place, "{}: the log ends at {} but a cursor stands at {}; it goes on from there", site_.folder,
               staged_.value(), at_least.value());
    (batch_.empty() ? committed_ : batch_.end) = at_least;
    staged_ = at_least;
  }
  commit_staged();
}

result<log_offset> lane_core::append(const model::record_view& r, haste how) {
  if (closing_) return fail(errc::closed, "the journal is closing");
  PG_TRY_VOID(model::check_bounds(r));
  const stamp s{r.epoch, r.sequence};
  if (r.stamped()) {
    if (const auto fresh = marks_.check(r.source, s); !fresh) {
      if (is(fresh.error(), errc::duplicate)) metrics_.duplicates.add();
      return std::unexpected(fresh.error());
    }
  }
  const auto bytes = frame_head_bytes + model::encoded_size(r);
  PG_TRY_VOID(room_for(bytes));
  const auto at = staged_;
  stage(r, bytes);
  if (r.stamped()) marks_.set(r.source, s);
  awaited_ = awaited_ || how == haste::awaited;
  launch_if_ready();
  return at;
}

result<> lane_core::room_for(std::size_t bytes) {
  if (trouble_) return std::unexpected(*trouble_);
  if (batch_.records != 0 && batch_.used + bytes > limits::journal_staged_bytes_max) {
    return fail(errc::full, "more is staged than the disk takes");
  }
  const bool drops = options_.when_full == when_full::drop_oldest;
  if (disk_low_ && (!drops || segments_.size() < 2)) return fail(errc::no_space, "the disk is nearly full");
  if (at_bound(bytes)) {
    if (!may_drop_oldest())
      return fail(errc::full, "the lane is at its bound and a reader still needs its oldest records");
    drop_oldest(model::gap_reason::disk_bound);
  }
  return {};
}

/// Whether `bytes` more in one record are too many.
bool lane_core::at_bound(std::size_t bytes) const {
  const auto total = segments_.bytes() + flight_->content.used + batch_.used + bytes;
  return total > options_.bytes_max || segments_.size() >= limits::journal_segments_max || over_records(1);
}

bool lane_core::over_records(std::uint64_t more) const {
  return options_.records_max != 0 && staged_.value() - start().value() + more > options_.records_max;
}

staging_level lane_core::staging() const {
  if (trouble_ || batch_.used <= limits::journal_staged_bytes_max / 4) return staging_level::low;
  return batch_.used > limits::journal_staged_bytes_max / 2 ? staging_level::crowded : staging_level::filling;
}

void lane_core::stage(const model::record_view& r, std::size_t bytes) {
  if (batch_.empty()) open_batch();
  const auto whole = batch_.extend(bytes);
  model::encode(r, whole.subspan(frame_head_bytes));
  finish_frame(whole, frame_kind::record, staged_);
  count_staged(r.arrival);
}

void lane_core::count_staged(timestamp arrival) {
  ++batch_.records;
  batch_.end = staged_ = staged_.next();
  newest_ = std::max(newest_, arrival);
}

/// A record that was framed before: found at recovery.
void lane_core::stage_frame(byte_view whole) {
  if (batch_.empty()) open_batch();
  batch_.add(whole);
  const auto r = model::decode_record(whole.subspan(frame_head_bytes), site_.lane);
  count_staged(r ? r->arrival : newest_);
  if (!r) return;
  const stamp s{r->epoch, r->sequence};
  if (r->stamped() && marks_.check(r->source, s)) marks_.set(r->source, s);
}

void lane_core::open_batch() {
  batch_.first = batch_.end = staged_;
  batch_.newest_before = newest_;
  const auto in_file = staged_.value() - file_first_.value();
  const bool file_takes_more = file_end_ < options_.segment_bytes && in_file < segment_records_max(options_);
  if (has_file_ && file_takes_more) {
    add_mark();
  } else {
    open_segment();
  }
  batch_.lead_bytes = batch_.used;
}

/// The header is filled in when the batch is complete.
void lane_core::open_segment() {
  batch_.opens_segment = true;
  batch_.extend(segment_header_bytes);
  scratch_.assign(frame_head_bytes, 0);
  marks_.encode(scratch_);
  finish_frame(scratch_, frame_kind::state, batch_.first);
  batch_.add(scratch_);
}

void lane_core::add_mark() { finish_frame(batch_.extend(frame_head_bytes), frame_kind::mark, batch_.first); }

void lane_core::launch_if_ready() {
  if (!flying_ && !trouble_ && is_due()) launch();
}

bool lane_core::is_due() const { return !batch_.empty() && (awaited_ || batch_.used >= unawaited_bytes_max); }

void lane_core::commit_staged() {
  awaited_ = awaited_ || !batch_.empty();
  launch_if_ready();
}

/// A salt of its own for every segment file, also for one that is made anew under the same name.
segment_seal lane_core::draw_seal() {
  segment_seal out;
  if (!site_.keys.seals()) return out;
  out.cipher = cipher::aes_256_gcm;
  out.key_id = site_.keys.sealing_id();
  const std::array words{salts_.next(), salts_.next()};
  static_assert(sizeof words == sizeof out.salt);
  std::memcpy(out.salt.data(), words.data(), sizeof words);
  return out;
}

void lane_core::launch() {
  auto& f = *flight_;
  awaited_ = false;
  std::swap(f.content, batch_);
  if (f.content.opens_segment) {
    f.seal = draw_seal();
    f.place = {site_.lane, site_.epoch, f.content.first};
    encode_header({.lane = site_.lane,
                   .first = f.content.first,
                   .epoch = site_.epoch,
                   .newest_before = f.content.newest_before,
                   .previous = segments_.empty() ? no_segment : segments_.last().first,
                   .synced_bytes = static_cast<std::uint32_t>(f.content_bytes()),
                   .synced_records = static_cast<std::uint32_t>(f.content.end.value() - f.content.first.value()),
                   .seal = f.seal},
                  f.content.bytes);
    has_file_ = true;
    file_end_ = 0;
    file_first_ = f.content.first;
  }
  f.position = file_end_;
  file_end_ += f.content_bytes();
  marks_.launch();
  flying_ = true;
  site_.worker.submit([held = flight_] { held->run(); },
                      [held = flight_] {
                        if (held->owner != nullptr) held->owner->landed();
                      });
}

void lane_core::landed() {
  flying_ = false;
  trouble_.reset();
  const bool low = flight_->disk_free < site_.disk_free_min;
  if (low && !disk_low_) log::warn(place, "{}: {} bytes are free on the disk", site_.folder, flight_->disk_free);
  disk_low_ = low;
  const bool wrote = flight_->outcome && !flight_->content.empty();
  if (!flight_->outcome) failed();
  if (wrote) {
    committed(flight_->content);
    flight_->content.clear(limits::journal_staged_bytes_max);
  }
  if (disk_low_ && options_.when_full == when_full::drop_oldest && may_drop_oldest()) {
    drop_oldest(model::gap_reason::disk_bound);
  }
  launch_if_ready();
  if (wrote && committed_listener) committed_listener();
  tell_trouble();
  if (closing_) finish_close();
}

/// Tells what has changed. `trouble_` is known to be over when a write has landed, or nothing is left to be written.
void lane_core::tell_trouble() {
  const auto tell = [this](bool is, bool& told, trouble::kind what, const char* why) {
    if (std::exchange(told, is) != is && trouble_listener) trouble_listener({site_.lane, what, is, why});
  };
  metrics_.failing.set(trouble_ ? 1 : 0);
  tell(trouble_.has_value(), failing_told_, trouble::kind::write_failed, trouble_ ? trouble_->what : "");
  tell(disk_low_, disk_low_told_, trouble::kind::disk_low, "the disk is nearly full");
}

void lane_core::committed(const batch& b) {
  const auto bytes = flight_->content_bytes();
  if (b.opens_segment) {
    segments_.push({.first = b.first, .bytes = bytes, .newest_before = b.newest_before, .seal = flight_->seal});
  } else {
    segments_.last().note(b.first, flight_->position);
    segments_.grow_last(bytes);
  }
  committed_ = b.end;
  sealed_ = b.records == 0;
  marks_.keep();
  metrics_.records.add(b.records);
  metrics_.bytes.add(bytes);
  metrics_.commits.add();
  if (flight_->sync) metrics_.sync_seconds.observe(flight_->sync_seconds);
  keep_to_size();
}

/// The segment is left as it is, its records end at what was committed. Everything after that goes to a new one.
void lane_core::failed() {
  metrics_.failed.add();
  trouble_ = flight_->outcome.error();
  log::fault(place, "{}: a write failed: {}; its records go to a new segment", site_.folder, trouble_->text());
  marks_.take_back();
  has_file_ = false;
  batch again;
  std::swap(again, batch_);
  batch_.first = batch_.end = flight_->content.first;
  batch_.newest_before = flight_->content.newest_before;
  open_segment();
  batch_.lead_bytes = batch_.used;
  for (const auto* part : {&flight_->content, &again}) {
    if (part->empty()) continue;
    batch_.add(part->frames());
    batch_.records += part->records;
    batch_.end = part->end;
  }
  flight_->content.clear(0);
  flight_->file.reset();
  if (batch_.records == 0) batch_.clear(0);
  awaited_ = true;
}

void lane_core::tick(timestamp now) {
  const auto oldest_kept = now - options_.age_max;
  while (segments_.size() >= 2 && segments_[1].newest_before < oldest_kept && may_drop_oldest()) {
    drop_oldest(model::gap_reason::age);
  }
  prune_drops();
  if (std::exchange(hole_settled_, false) && committed_listener) committed_listener();
  if (!trouble_ && !disk_low_) return commit_staged();
  if (flying_) return;
  launch();  // what failed once more, or nothing, to see how much room there is
}

bool lane_core::may_drop_oldest() const {
  if (segments_.size() < 2) return false;
  const bool needed = oldest_needed && oldest_needed() < segments_[1].first;
  return !needed || options_.when_full == when_full::drop_oldest;
}

void lane_core::drop_oldest(model::gap_reason reason) {
  const auto gone = segments_.pop_oldest();
  last_drop_ = reason;
  metrics_.dropped.add(segments_[0].first.value() - gone.first.value());
  metrics_.size.set(static_cast<double>(segments_.bytes()));
  const doomed_segment what{gone.first, segments_[0].first, gone.seal,
                            oldest_needed ? oldest_needed() : segments_[0].first, reason};
  change_drops([what](drop_book& book) { return book.drop(what); }, what.first, what.end);
}

void lane_core::prune_drops() {
  if (drops_pending_ != 0 || known_drops_.empty() || !oldest_needed) return;
  const auto passed = oldest_needed();
  if (known_drops_.oldest().end > passed) return;
  change_drops([passed](drop_book& book) { return book.prune(passed); }, start(), start());
}

void lane_core::change_drops(std::move_only_function<drop_list(drop_book&)> change, log_offset settled_before,
                             log_offset settled) {
  if (drops_pending_++ == 0) settled_ = settled_before;
  auto now = std::make_shared<drop_list>();
  site_.worker.submit([book = drop_book_, now, change = std::move(change)]() mutable { *now = change(*book); },
                      [held = flight_, now, settled] {
                        if (held->owner != nullptr) held->owner->drops_changed(std::move(*now), settled);
                      });
}

void lane_core::drops_changed(drop_list now, log_offset settled) {
  --drops_pending_;
  known_drops_ = std::move(now);
  settled_ = settled;
  hole_settled_ = true;
}

void lane_core::keep_to_size() {
  while ((segments_.bytes() > options_.bytes_max || over_records(0)) && may_drop_oldest())
    drop_oldest(model::gap_reason::disk_bound);
  metrics_.size.set(static_cast<double>(segments_.bytes()));
}

void lane_core::close(std::move_only_function<void(result<>)> done) {
  PG_CHECK(!closing_, "a lane is closed once");
  closing_ = true;
  closed_ = std::move(done);
  finish_close();
}

void lane_core::finish_close() {
  if (flying_ || !closed_) return;
  if (!trouble_ && batch_.records != 0) return launch();
  if (!trouble_ && has_file_ && !sealed_) {
    sealed_ = true;
    batch_.first = batch_.end = staged_;
    add_mark();
    batch_.lead_bytes = batch_.used;
    flight_->last = true;
    return launch();
  }
  result<> outcome;
  if (trouble_) outcome = std::unexpected(*trouble_);
  std::exchange(closed_, nullptr)(outcome);
}

}  // namespace perigee::journal::detail
