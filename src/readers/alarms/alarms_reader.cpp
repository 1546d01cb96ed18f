#include "readers/alarms/alarms_reader.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::readers::alarms {
namespace {

using namespace std::chrono_literals;
using model::lane;

constexpr std::uint8_t state_version = 1;
constexpr std::size_t slice_bytes = 64U << 10;
constexpr auto save_every = 1s;
constexpr std::string_view reader_name = "alarms";

/// Where its raising was told, if it was by a node of this name.
std::string topic_of(const alarm::telling& t) {
  return t.key.empty() ? std::format("alarm/{}", t.name) : std::format("alarm/{}/{}", t.name, t.key);
}

}  // namespace

result<std::unique_ptr<alarms_reader>> alarms_reader::open(io::shard& on, io::disk& disk, io::worker& worker,
                                                           journal::journal& log, alarms_options options) {
  // tidy: new — the constructor is private
  std::unique_ptr<alarms_reader> made(new alarms_reader(on, disk, worker, log, std::move(options)));
  PG_TRY(made->kept_, log.open_cursor(reader_name, lane::alarm, true));
  made->reader_.seek(made->kept_->position());
  PG_TRY_VOID(made->restore());
  log.on_commit([raw = made.get()] { raw->work_.notify(); });
  return made;
}

alarms_reader::alarms_reader(io::shard& on, io::disk& disk, io::worker& worker, journal::journal& log,
                             alarms_options options)
    : on_(on),
      disk_(disk),
      worker_(worker),
      log_(log),
      options_(std::move(options)),
      reader_(log[lane::alarm]),
      work_(on),
      raised_(options_.metrics.make_gauge("perigee_alarms_raised", "Alarms that are raised, of this node and below")),
      unseen_(options_.metrics.make_gauge("perigee_alarms_unacknowledged", "Those of them that nobody acknowledged")) {
  options_.aside.serve_retries(
      std::string(reader_name),
      [this](const quarantine::kept_record& what, quarantine::keeper::outcome done) { retry(what, std::move(done)); });
}

alarms_reader::~alarms_reader() { options_.aside.serve_retries(std::string(reader_name), {}); }

result<> alarms_reader::restore() {
  const auto read = io::read_whole(disk_, options_.state_file, limits::alarm_board_bytes_max);
  if (!read && is(read.error(), errc::not_found)) return {};
  PG_TRY_VOID(read);
  const byte_view all(*read);
  if (all.size() < 4) return fail(errc::corrupt, "the file of the alarms is cut short");
  byte_reader tail(all.last(4));
  const auto body = all.first(all.size() - 4);
  if (tail.u32() != crc32c(body)) return fail(errc::corrupt, "the file of the alarms fails its check");
  byte_reader r(body);
  if (r.u8() > state_version) return fail(errc::unsupported, "a newer version wrote the file of the alarms");
  const auto then = journal::lineage::decode(r);
  const auto at = log_.lives().resume(lane::alarm, then, log_offset(r.u64()));
  const auto board = r.sized();
  if (!r.ok()) return fail(errc::corrupt, "the file of the alarms is cut short");
  if (at > reader_.position()) reader_.seek(at);
  saved_at_ = reader_.position();
  return board_.restore(board);
}

byte_buffer alarms_reader::encode() const {
  byte_buffer out;
  byte_writer w(out);
  w.u8(state_version);
  log_.lives().encode(w);
  w.u64(reader_.position().value());
  byte_buffer board;
  board_.encode(board);
  w.sized(byte_view(board));
  w.u32(crc32c(out));
  return out;
}

io::task<> alarms_reader::run() {
  auto save_at = clock::now() + save_every;
  for (;;) {
    const auto woken = co_await work_.wait_until(save_at);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    while (step()) {
      PG_CO_TRY_VOID(co_await io::yield(on_));
    }
    if (clock::now() < save_at) continue;
    save();
    save_at = clock::now() + save_every;
  }
}

bool alarms_reader::step() {
  if (!options_.aside.has_room()) return false;
  const auto before = board_.version();
  const auto read = reader_.read(slice_bytes, [this](log_offset at, const model::record_view& r) { take(at, r); });
  if (!read) log::warn("readers.alarms", "the journal cannot be read: {}", read.error().text());
  if (board_.version() != before) {
    const auto all = board_.in_order();
    const auto is_unseen = [](const auto* each) { return each->raised && !each->acknowledged; };
    raised_.set(static_cast<double>(board_.raised()));
    unseen_.set(static_cast<double>(std::ranges::count_if(all, is_unseen)));
    if (on_change_) on_change_();
  }
  answer_all();
  return read && *read != 0;
}

void alarms_reader::take(log_offset at, const model::record_view& r) {
  const model::origin here{options_.node, log_.life_at(lane::alarm, at), at};
  const auto opened = apply(here, r);
  if (opened) return;
  set_aside_ = options_.aside.set_aside(
      {.reader = std::string(reader_name), .origin = here, .at = at, .reason = opened.error().what, .record = r},
      clock::wall());
}

result<> alarms_reader::apply(const model::origin& here, const model::record_view& r) {
  return opener_.for_each_message(here, r, [this](const model::origin& from, const model::record_view& m) {
    if (m.kind == model::record_kind::message) board_.apply(from.node, m.payload);
  });
}

void alarms_reader::retry(const quarantine::kept_record& what, quarantine::keeper::outcome done) {
  const auto& who = what.what.who;
  const auto opened = apply({who.node, who.journal, who.offset}, what.record.view());
  if (opened && on_change_) on_change_();
  done(opened);
}

void alarms_reader::acknowledge(std::uint64_t id, alarm::acknowledgement how, answer done) {
  const auto* found = board_.find(id);
  if (found == nullptr) return done(fail(errc::not_found, "there is no such alarm"));
  if (found->acknowledged) return done(fail(errc::refused, "the alarm is acknowledged already"));
  tell(alarm::acknowledged(*found, std::move(how)), std::move(done));
}

void alarms_reader::clear(std::uint64_t id, std::string by, timestamp at, answer done) {
  const auto* found = board_.find(id);
  if (found == nullptr) return done(fail(errc::not_found, "there is no such alarm"));
  if (!found->raised) return done(fail(errc::refused, "the alarm is not raised"));
  tell(alarm::cleared(*found, std::move(by), at), std::move(done));
}

/// Retained like the raising of this node's own; what is retained of a child's alarm is the child's.
void alarms_reader::tell(const alarm::telling& what, answer done) {
  const auto topic = topic_of(what);
  const auto payload = to_payload(what);
  model::record_view r;
  r.lane = lane::alarm;
  r.topic = topic;
  r.payload = as_bytes(payload);
  r.qos = 1;
  r.retain = what.node == options_.node;
  r.source = reader_name;
  r.arrival = what.at;
  const auto at = log_.append(r);
  if (!at) return done(std::unexpected(at.error()));
  waiting_.push_back({*at, std::move(done)});
  work_.notify();
}

/// Those whose record the board has seen.
void alarms_reader::answer_all() {
  const auto is_due = [this](const waiting& each) { return each.at < reader_.position(); };
  auto due = std::ranges::stable_partition(waiting_, std::not_fn(is_due));
  std::vector<waiting> answered(std::move_iterator(due.begin()), std::move_iterator(due.end()));
  waiting_.erase(due.begin(), due.end());
  for (auto& each : answered) each.done({});
}

void alarms_reader::save() {
  const auto reached = reader_.position();
  // What is passed over must be durable in quarantine first.
  if (saving_ || reached == saved_at_ || !options_.aside.is_durable(set_aside_)) return;
  saving_ = true;
  auto written = std::make_shared<result<>>();
  worker_.submit([this, written, bytes = encode()] { *written = io::write_whole(disk_, options_.state_file, bytes); },
                 [this, written, reached] {
                   saving_ = false;
                   if (!*written) {
                     return log::warn("readers.alarms", "the alarms cannot be saved: {}", written->error().text());
                   }
                   saved_at_ = reached;
                   kept_->advance(reached);
                 });
}

}  // namespace perigee::readers::alarms
