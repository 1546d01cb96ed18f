#include "readers/alarms/alarms_reader.hpp"

#include <algorithm>
#include <format>
#include <set>
#include <utility>

#include "alarm/handed_down.hpp"
#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "model/derived.hpp"

namespace perigee::readers::alarms {
namespace {

using namespace std::chrono_literals;
using model::lane;

constexpr std::uint8_t state_version = 1;
constexpr std::size_t slice_bytes = 64U << 10;
constexpr auto save_every = 1s;
constexpr std::string_view reader_name = "alarms";

constexpr std::string_view child_prefix = "uplink/";  // of the source of a child's batch

/// Where its raising was told, if it was by a node of this name.
std::string topic_of(const alarm::telling& t) {
  if (t.name.empty()) return std::format("alarm-group/{}", t.with.group);
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
      work_(on) {
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
  board_.advance(clock::wall());
  return board_.restore(board, at);
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
    tick(clock::wall());
    save();
    save_at = clock::now() + save_every;
  }
}

bool alarms_reader::step() {
  if (!options_.aside.has_room()) return false;
  const auto before = board_.version();
  const auto read = reader_.read(slice_bytes, [this](log_offset at, const model::record_view& r) { take(at, r); });
  if (!read) log::warn("readers.alarms", "the journal cannot be read: {}", read.error().text());
  if (board_.version() != before && on_change_) on_change_();
  answer_all();
  take_heard();
  return read && *read != 0;
}

void alarms_reader::tick(timestamp now) {
  const auto before = board_.version();
  board_.advance(now);
  if (board_.version() != before && on_change_) on_change_();
  measure();
}

void alarms_reader::measure() {
  const auto set = [this](std::string_view name, std::string_view help, auto x) {
    options_.metrics.make_gauge(name, help).set(static_cast<double>(x));
  };
  const auto& rate = board_.rate();
  set("perigee_alarms_annunciated_10m", "Alarms that operators were told of in the last ten minutes",
      rate.last_ten_minutes());
  set("perigee_alarms_flood", "Whether there is a flood of alarms: it begins above 10 in ten minutes, ends below 5",
      rate.is_flood() ? 1 : 0);
  set("perigee_alarms_chattering", "Alarms that were told three times in a minute", rate.chattering().size());
  if (measured_ == board_.version()) return;
  measured_ = board_.version();
  const auto all = board_.count();
  set("perigee_alarms_raised", "Alarms whose condition holds, of this node and below", all.active);
  set("perigee_alarms_standing", "Alarms that want to be looked at", all.standing);
  set("perigee_alarms_unacknowledged", "Those of them that nobody acknowledged", all.unacknowledged);
  set("perigee_alarms_stale", "Those that stand for more than a day", all.stale);
  set("perigee_alarms_shelved", "Alarms that are shelved", all.shelved);
  set("perigee_alarms_suppressed", "Alarms that are suppressed by design", all.suppressed);
  set("perigee_alarms_out_of_service", "Alarms that are out of service", all.out_of_service);
}

void alarms_reader::take(log_offset at, const model::record_view& r) {
  const model::origin here{options_.node, log_.life_at(lane::alarm, at), at};
  const auto opened = apply(at, here, r);
  if (opened) return;
  set_aside_ = options_.aside.set_aside(
      {.reader = std::string(reader_name), .origin = here, .at = at, .reason = opened.error().what, .record = r},
      clock::wall());
}

result<> alarms_reader::apply(log_offset at, const model::origin& here, const model::record_view& r) {
  const bool is_childs = r.kind == model::record_kind::batch && r.source.starts_with(child_prefix);
  const auto via = is_childs ? r.source.substr(child_prefix.size()) : std::string_view();
  return opener_.for_each_message(here, r, [&](const model::origin& from, const model::record_view& m) {
    // Nobody below speaks in this node's name.
    if (m.kind != model::record_kind::message || (is_childs && from.node == options_.node)) return;
    const auto done = board_.apply({.node = from.node,
                                    .via = via,
                                    .speaks_for_people = m.source == model::operators_source,
                                    .life = from.journal_epoch,
                                    .offset = from.offset,
                                    .here = at,
                                    .heard = r.arrival},
                                   m.payload);
    const bool goes_down = done.changed && done.is_deed && !done.via.empty() && done.via != via && hand_down_;
    if (!goes_down) return;
    auto said = alarm::parse_telling(m.payload);
    if (said->node.empty()) said->node = from.node;
    for (const auto& message : alarm::hand_down({&*said, 1})) hand_down_(done.via, message);
  });
}

void alarms_reader::retry(const quarantine::kept_record& what, quarantine::keeper::outcome done) {
  const auto& who = what.what.who;
  const auto opened = apply(what.what.at, {who.node, who.journal, who.offset}, what.record.view());
  if (opened && on_change_) on_change_();
  done(opened);
}

void alarms_reader::hear(byte_view message) {
  if (heard_.size() == limits::alarm_downlinks_max) {
    return log::warn("readers.alarms", "the parent hands down more than waits here: it does so again when it is asked");
  }
  heard_.push_back(to_buffer(message));
  take_heard();
}

void alarms_reader::take_heard() {
  // A board that has not read its journal yet knows nothing of the alarms that are spoken of.
  if (reader_.behind() != 0) return;
  std::set<std::string> put_now;  // what comes twice is news once
  for (const auto& message : std::exchange(heard_, {})) {
    const auto said = alarm::take_handed_down(message);
    if (!said) {
      log::warn("readers.alarms", "what the parent hands down is no use: {}", said.error().text());
      continue;
    }
    for (const auto& each : *said) {
      if (!board_.is_news(each) || !put_now.insert(to_payload(each)).second) continue;
      put(each, [](const result<>& how) {
        if (!how) log::warn("readers.alarms", "what was done above about an alarm is not kept: {}", how.error().text());
      });
    }
  }
}

void alarms_reader::tell(std::string_view child) {
  if (!hand_down_) return;
  for (const auto& message : alarm::hand_down(board_.deeds_below(child))) hand_down_(child, message);
}

void alarms_reader::act(std::uint64_t id, deed_request how, answer done) {
  const auto* found = board_.find(id);
  if (found == nullptr) return done(fail(errc::not_found, "there is no such alarm"));
  board_.advance(how.at);
  if (how.how_long == nanoseconds::zero()) how.how_long = found->with.shelve_max;
  if (const auto* why = board_.refusal(*found, how.what, how.how_long)) return done(fail(errc::refused, why));
  auto said = board_.tell(*found, how.what, {how.at, std::move(how.by), std::move(how.comment)});
  if (how.what == alarm::event::shelve) {
    said.kind = how.one_shot ? alarm::shelving::one_shot : alarm::shelving::timed;
    said.until = said.at + how.how_long;
  }
  put(said, std::move(done));
}

void alarms_reader::act_on_group(std::string_view node, std::string_view group, deed_request how, answer done) {
  const auto all = board_.groups();
  const auto found = std::ranges::find_if(all, [&](const auto& g) { return g.node == node && g.name == group; });
  if (found == all.end()) return done(fail(errc::not_found, "no alarm of that node is in such a group"));
  const bool suppressed = how.what == alarm::event::suppress;
  put(board_.tell(node, group, suppressed, {how.at, std::move(how.by), std::move(how.comment)}), std::move(done));
}

/// What answers a raising of this node's own is retained in its place; what is retained of a child's is the child's.
void alarms_reader::put(const alarm::telling& what, answer done) {
  const auto topic = topic_of(what);
  const auto payload = to_payload(what);
  model::record_view r;
  r.lane = lane::alarm;
  r.topic = topic;
  r.payload = as_bytes(payload);
  r.qos = 1;
  r.retain = what.node == options_.node && (what.what == alarm::event::acknowledge || what.what == alarm::event::clear);
  r.source = model::operators_source;
  r.arrival = clock::wall();
  const auto at = log_.append(r);
  if (!at) return done(std::unexpected(at.error()));
  waiting_.push_back({*at, std::move(done)});
  work_.notify();
}

std::vector<history_line> alarms_reader::history_of(const alarm::entry& of) {
  std::vector<history_line> out;
  std::vector<std::string> told;  // what comes back from a child was here before
  journal::reader from(log_[lane::alarm]);
  const auto take = [&](const model::origin& by, const model::record_view& m) {
    auto said = m.kind == model::record_kind::message ? alarm::parse_telling(m.payload) : std::nullopt;
    if (!said) return;
    if (said->node.empty()) said->node = by.node;
    const bool is_of_it = said->node == of.node && said->name == of.name && said->key == of.key;
    auto payload = alarm::to_payload(*said);
    if (!is_of_it || std::ranges::contains(told, payload)) return;
    told.push_back(std::move(payload));
    out.push_back({std::string(by.node), *std::move(said)});
  };
  for (const auto at : of.trail) {
    from.seek(at);
    const auto read = from.read(1, [&](log_offset where, const model::record_view& r) {
      if (where != at) return;
      (void)opener_.for_each_message({options_.node, log_.life_at(lane::alarm, at), at}, r, take);
    });
    if (!read) log::warn("readers.alarms", "the journal cannot be read: {}", read.error().text());
  }
  return out;
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
