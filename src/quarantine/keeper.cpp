#include "quarantine/keeper.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "model/derived.hpp"
#include "model/gap.hpp"
#include "quarantine/detail/log_file.hpp"
#include "quarantine/detail/loss.hpp"

namespace perigee::quarantine {
namespace {

constexpr std::array all_lanes{model::lane::alarm, model::lane::event, model::lane::bulk};
constexpr std::uint64_t dead_bytes_max = 1U << 20;  // beyond as much as is alive

}  // namespace

/// Frames on their way to the file, and who waits for them.
struct keeper::flight {
  byte_buffer bytes;
  std::vector<std::uint64_t> numbers;  // of the records in it
  std::set<std::uint64_t> gaps;
  ticket up_to = 0;
  std::vector<std::pair<outcome, result<>>> done;  // and what each is told once it is durable

  bool rewriting = false;
  byte_buffer head;                 // of the new file
  byte_buffer retries;              // frames that go behind what is kept
  std::vector<std::uint64_t> kept;  // numbers, in the order of their places
  std::vector<detail::place> places;
  std::uint64_t base = 0;  // where `bytes` came to stand
  result<> how;
};

struct keeper::state {
  state(io::worker& on, std::shared_ptr<detail::log_file> in) : worker(on), file(std::move(in)) {}

  io::worker& worker;
  std::shared_ptr<detail::log_file> file;
  detail::book book;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // for what comes back from the worker
  std::shared_ptr<flight> staged = std::make_shared<flight>();
  std::shared_ptr<flight> refused;  // by the disk: goes again before what is staged
  bool flying = false;
  bool may_rewrite = true;  // not right after one that failed
  std::uint64_t file_bytes = 0;
  std::vector<std::move_only_function<void()>> reads;  // wait until the flight has landed: it may move what they read
};

result<std::unique_ptr<keeper>> keeper::open(io::disk& disk, io::worker& worker, keeper_options options) {
  auto opened = std::make_unique<state>(worker, std::make_shared<detail::log_file>(disk, options.file));
  PG_TRY_VOID(opened->file->load(opened->book, options.new_epoch));
  opened->file_bytes = opened->file->end();
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<keeper>(new keeper(std::move(opened), std::move(options)));
  made->count();
  return made;
}

keeper::keeper(std::unique_ptr<state> opened, keeper_options options)
    : state_(std::move(opened)), options_(std::move(options)) {}
keeper::~keeper() = default;

/// Appends a frame to what is staged, and does what it says.
template <class Encode>
void keeper::stage(Encode encode) {
  auto& into = state_->staged->bytes;
  const auto begin = into.size();
  encode(into);
  const auto whole = byte_view(into).subspan(begin);
  const auto head = detail::read_head(whole);
  const auto done = state_->book.apply(head.kind, whole.subspan(detail::frame_head_bytes),
                                       {begin, static_cast<std::uint32_t>(whole.size())}, false);
  if (!done) log::fault("quarantine", "a frame of ours is refused: {}", done.error().text());
}

keeper::ticket keeper::set_aside(const poison& what, timestamp now) {
  now_ = now;
  auto& book = state_->book;
  if (book.has({std::string(what.reader), std::string(what.origin.node), what.origin.journal_epoch, what.record.lane,
                what.origin.offset}))
    return issued_;
  const auto number = book.head.next_number;
  stage([&](byte_buffer& out) { detail::encode_set_aside(number, now, what, out); });
  state_->staged->numbers.push_back(number);
  state_->staged->up_to = ++issued_;
  options_.metrics
      .make_counter("perigee_quarantined_total", "Records set aside", std::format("reader=\"{}\"", what.reader))
      .add();
  // A flood of them is counted, not logged.
  log::line(size() == 1 ? log::level::warning : log::level::debug, "quarantine",
            "{} sets record {} of {}'s lane {} aside as number {}: {}", what.reader, what.origin.offset.value(),
            what.origin.node, model::name_of(what.record.lane), number, what.reason);
  const auto mine = issued_;
  start();
  return mine;
}

void keeper::when_durable(ticket of, std::move_only_function<void()> then) {
  if (is_durable(of)) return then();
  waiting_.emplace_back(of, std::move(then));
}

bool keeper::has_room() const { return state_->staged->bytes.size() < limits::quarantine_staged_bytes_max; }

std::vector<entry> keeper::list() const {
  std::vector<entry> out;
  for (const auto& [number, each] : state_->book.all()) {
    if (each.durable) out.push_back(each.what);
  }
  return out;
}

std::size_t keeper::size() const { return state_->book.all().size(); }

/// Sends what is staged to the disk, once nothing is on its way there.
void keeper::start() {
  auto& s = *state_;
  if (s.flying) return;
  if (!s.refused) {
    give_up(s.book.over_the_bound());
    if (s.staged->bytes.empty()) return;
    s.refused = std::exchange(s.staged, std::make_shared<flight>());
    s.refused->up_to = issued_;
  }
  auto going = std::exchange(s.refused, nullptr);
  prepare(*going);
  s.flying = true;
  s.worker.submit([file = s.file, going] { write(*file, *going); },
                  [this, alive = std::weak_ptr(s.alive), going] {
                    if (!alive.expired()) landed(going);
                  });
}

/// Decides whether the file is written anew, without what is gone.
void keeper::prepare(flight& going) const {
  const auto& s = *state_;
  const auto after = s.file_bytes + going.bytes.size();
  going.rewriting = s.may_rewrite && after > 2 * s.book.bytes() + dead_bytes_max;
  going.head.clear();
  going.retries.clear();
  going.kept.clear();
  going.places.clear();
  detail::encode(s.book.head, going.head);
  for (const auto& [number, gap] : s.book.owed())
    detail::encode(detail::lost_frame{number, gap.time, gap.payload, {}}, going.head);
  for (const auto& [number, each] : s.book.all()) {
    if (!each.durable) continue;
    going.kept.push_back(number);
    going.places.push_back(each.where);
    if (each.what.retries != 0)
      detail::encode(detail::kept_frame{number, each.what.retries, each.what.reason}, going.retries);
  }
}

/// On the worker.
void keeper::write(detail::log_file& file, flight& going) {
  going.rewriting = going.rewriting || file.must_rewrite();
  if (going.rewriting) {
    auto more = going.retries;
    more.insert(more.end(), going.bytes.begin(), going.bytes.end());
    auto places = file.rewrite(going.head, going.places, more);
    going.how = places ? result<>() : std::unexpected(places.error());
    if (places) going.places = std::move(*places);
  } else {
    going.how = file.append(going.bytes);
  }
  going.base = file.end() - going.bytes.size();
}

void keeper::landed(const std::shared_ptr<flight>& done) {
  auto& s = *state_;
  s.flying = false;
  s.may_rewrite = done->how.has_value();
  if (!done->how) {
    log::warn("quarantine", "{} cannot be written: {}", options_.file, done->how.error().text());
    s.refused = done;  // tick tries again
  } else {
    settle(*done);
  }
  for (auto& read : std::exchange(s.reads, {})) read();
  if (!done->how) return;
  for (auto& [tell, what] : done->done) tell(what);
  std::vector<std::move_only_function<void()>> due;
  for (auto& [of, then] : waiting_) {
    if (is_durable(of)) due.push_back(std::exchange(then, {}));
  }
  std::erase_if(waiting_, [](const auto& each) { return !each.second; });
  for (auto& then : due) then();
  tell_gaps();
  start();
}

/// What was written is durable, and stands where the file says.
void keeper::settle(const flight& done) {
  auto& book = state_->book;
  state_->file_bytes = done.base + done.bytes.size();
  durable_ = std::max(durable_, done.up_to);
  for (std::size_t i = 0; done.rewriting && i < done.kept.size(); ++i) {
    auto* found = book.find(done.kept[i]);
    if (found != nullptr && done.places[i].length != 0) found->where = done.places[i];
    if (found == nullptr || done.places[i].length != 0) continue;
    log::fault("quarantine", "number {} was damaged on the disk and is gone", done.kept[i]);
    book.remove(done.kept[i]);
  }
  for (const auto number : done.numbers) {
    auto* found = book.find(number);
    if (found == nullptr) continue;
    found->where.offset += done.base;
    found->durable = true;
  }
  for (const auto number : done.gaps) {
    const auto found = book.owed().find(number);
    if (found != book.owed().end() && !state_->staged->gaps.contains(number)) found->second.durable = true;
  }
  count();
}

void keeper::count() {
  options_.metrics.make_gauge("perigee_quarantine_records", "Records set aside now").set(static_cast<double>(size()));
}

void keeper::find(std::uint64_t number, std::move_only_function<void(result<kept_record>)> done) {
  auto read = [this, number, done = std::move(done)]() mutable {
    const auto* found = state_->book.find(number);
    if (found == nullptr || !found->durable) return done(fail(errc::not_found, "no record set aside has this number"));
    auto bytes = std::make_shared<result<byte_buffer>>();
    state_->worker.submit(
        [file = state_->file, where = found->where, bytes] { *bytes = file->read(where); },
        [done = std::move(done), what = found->what, bytes]() mutable { done(as_record(std::move(what), *bytes)); });
  };
  if (state_->flying) return state_->reads.push_back(std::move(read));
  read();
}

result<kept_record> keeper::as_record(entry what, const result<byte_buffer>& body) {
  PG_TRY_VOID(body);
  PG_TRY(const auto frame, detail::decode_set_aside(*body));
  kept_record out{std::move(what), {}};
  if (!frame.record.empty()) {
    PG_TRY(const auto view, model::decode_record(frame.record, out.what.who.lane));
    out.record = model::record(view);
  }
  return out;
}

void keeper::serve_retries(const std::string& reader, retrier with) {
  if (with) {
    retriers_[reader] = std::move(with);
  } else {
    retriers_.erase(reader);
  }
}

void keeper::retry(std::uint64_t number, timestamp now, outcome done) {
  now_ = now;
  const auto* found = state_->book.find(number);
  if (found == nullptr || !found->durable) return done(fail(errc::not_found, "no record set aside has this number"));
  if (being_tried_.contains(number)) return done(fail(errc::exists, "it is being tried again already"));
  if (!found->what.kept) return done(fail(errc::too_large, "its bytes were not kept: it cannot be tried again"));
  if (!retriers_.contains(found->what.who.reader))
    return done(fail(errc::unsupported, "the reader that set it aside does not take it again on this node"));
  being_tried_.insert(number);
  find(number, [this, number, alive = std::weak_ptr(state_->alive),
                done = std::move(done)](result<kept_record> record) mutable {
    if (alive.expired()) return;
    if (!record) return retried(number, std::unexpected(record.error()), std::move(done));
    retriers_[record->what.who.reader](*record, [this, number, alive, done = std::move(done)](result<> how) mutable {
      if (!alive.expired()) retried(number, how, std::move(done));
    });
  });
}

void keeper::retried(std::uint64_t number, result<> how, outcome done) {
  being_tried_.erase(number);
  const auto* found = state_->book.find(number);
  if (found == nullptr) return done(how);  // made room meanwhile
  const auto retries = found->what.retries + 1;
  stage([&](byte_buffer& out) {
    if (how) {
      detail::encode_taken(number, out);
    } else {
      detail::encode(detail::kept_frame{number, retries, how.error().what}, out);
    }
  });
  log::info("quarantine", "number {} was tried again: {}", number, how ? "it worked" : how.error().what);
  state_->staged->done.emplace_back(std::move(done), how);
  start();
}

void keeper::drop(std::uint64_t number, timestamp now, outcome done) {
  now_ = now;
  const auto* found = state_->book.find(number);
  if (found == nullptr || !found->durable) return done(fail(errc::not_found, "no record set aside has this number"));
  if (being_tried_.contains(number)) return done(fail(errc::exists, "it is being tried again"));
  give_up({number});
  state_->staged->done.emplace_back(std::move(done), result<>());
  start();
}

/// Takes records out, and says in one gap record a lane that they are gone.
void keeper::give_up(const std::vector<std::uint64_t>& numbers) {
  auto& book = state_->book;
  for (const auto l : all_lanes) {
    detail::lost_frame lost{.gap = 0, .time = now_, .payload = {}, .numbers = {}};
    detail::loss sum;
    for (const auto number : numbers) {
      const auto* each = book.find(number);
      if (each == nullptr || each->what.who.lane != l) continue;
      lost.numbers.push_back(number);
      if (!each->what.told) sum.add(each->what);
    }
    if (lost.numbers.empty()) continue;
    byte_buffer payload;
    if (!sum.empty()) {
      auto* before = book.untried(l);
      if (before != nullptr) sum.add(before->second.payload);
      lost.gap = before != nullptr ? before->first : book.head.next_gap;
      payload = sum.payload(l);
      lost.payload = payload;
      state_->staged->gaps.insert(lost.gap);
    }
    stage([&](byte_buffer& out) { detail::encode(lost, out); });
    options_.metrics.make_counter("perigee_quarantine_dropped_total", "Records dropped from quarantine")
        .add(lost.numbers.size());
  }
}

void keeper::tell_gaps() {
  if (journal_ == nullptr || telling_) return;
  telling_ = true;  // an append may commit at once
  std::array<bool, model::lane_count> blocked{};
  for (auto& [number, gap] : state_->book.owed()) {
    auto& lane_blocked = blocked[static_cast<std::size_t>(gap.lane)];
    if (gap.tried || lane_blocked) continue;
    model::record_view r;
    r.kind = model::record_kind::gap;
    r.lane = gap.lane;
    r.payload = gap.payload;
    r.source = model::quarantine_source;
    r.epoch = state_->book.head.epoch;
    r.sequence = sequence(number);
    r.arrival = gap.time;
    const auto until = gap.durable ? journal_->append(r) : fail(errc::full, "not written down yet");
    lane_blocked = !until;  // the stamps of a lane have to ascend
    if (!until) continue;
    gap.tried = true;
    gap.wait_for = *until;
  }
  telling_ = false;
  on_commit();
}

void keeper::on_commit() {
  if (journal_ == nullptr || telling_) return;
  std::vector<std::uint64_t> told;
  for (const auto& [number, gap] : state_->book.owed()) {
    if (gap.tried && journal_->committed(gap.lane) >= gap.wait_for) told.push_back(number);
  }
  if (told.empty()) return;
  for (const auto number : told) stage([number](byte_buffer& out) { detail::encode_told(number, out); });
  start();
}

void keeper::tick(timestamp now) {
  now_ = now;
  start();
  tell_gaps();
}

}  // namespace perigee::quarantine
