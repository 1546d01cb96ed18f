#include "readers/rules/rules_reader.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "base/crc32c.hpp"
#include "base/log.hpp"
#include "base/rules_limits.hpp"
#include "model/derived.hpp"

namespace perigee::readers::rules {
namespace {

using namespace std::chrono_literals;
using model::lane;

constexpr std::array all_lanes{lane::alarm, lane::event, lane::bulk};
constexpr std::uint8_t state_version = 1;
constexpr std::size_t slice_bytes = 64U << 10;
constexpr std::size_t state_bytes_small = 4096;
constexpr auto save_every = 1s;
constexpr std::string_view tick_topic = "$perigee/rules/tick";
constexpr std::string_view tick_source = "rules";
constexpr std::string_view retry_source = "rules/quarantine";  // of what a retried record decides
constexpr std::string_view change_source = "rules/change";     // of what a change of the rules brings about
constexpr auto retry_every = 100ms;
constexpr std::size_t payload_bytes_shown = 256;
/// An output's sequence is its message's offset and its number there: 24 bits hold every action of a whole batch.
constexpr unsigned outputs_bits = 24;

}  // namespace

result<std::unique_ptr<rules_reader>> rules_reader::open(io::shard& on, io::disk& disk, io::worker& worker,
                                                         journal::journal& log, perigee::rules::rule_set set,
                                                         rules_options options) {
  // tidy: new — the constructor is private
  auto made =
      std::unique_ptr<rules_reader>(new rules_reader(on, disk, worker, log, std::move(set), std::move(options)));
  for (const auto l : all_lanes) {
    PG_TRY(auto kept, log.open_cursor("rules", l, true));
    const auto from = kept->position();
    made->ends_[static_cast<std::size_t>(l)] =
        std::make_unique<lane_end>(std::move(kept), journal::reader(log[l], from));
  }
  PG_TRY_VOID(made->restore());
  log.on_commit([raw = made.get()] { raw->work_.notify(); });
  return made;
}

rules_reader::rules_reader(io::shard& on, io::disk& disk, io::worker& worker, journal::journal& log,
                           perigee::rules::rule_set set, rules_options options)
    : on_(on),
      disk_(disk),
      worker_(worker),
      log_(log),
      set_(std::move(set)),
      options_(std::move(options)),
      work_(on),
      decisions_(options_.metrics.make_counter("perigee_rule_decisions_total", "Commands, alarms and records decided")),
      messages_(options_.metrics.make_counter("perigee_rule_messages_total", "Messages decided on")) {
  options_.aside.serve_retries("rules", [this](const quarantine::kept_record& what, quarantine::keeper::outcome done) {
    retry(what, std::move(done));
  });
}

rules_reader::~rules_reader() { options_.aside.serve_retries("rules", {}); }

result<> rules_reader::restore() {
  const auto read = io::read_whole(disk_, options_.state_file, limits::rules_state_bytes_max);
  if (!read && is(read.error(), errc::not_found)) return {};
  PG_TRY_VOID(read);
  const byte_view all(*read);
  if (all.size() < 4) return fail(errc::corrupt, "the rules' state file is cut short");
  byte_reader tail(all.last(4));
  const auto body = all.first(all.size() - 4);
  if (tail.u32() != crc32c(body)) return fail(errc::corrupt, "the rules' state file fails its check");
  byte_reader r(body);
  if (r.u8() > state_version) return fail(errc::unsupported, "a newer version wrote the rules' state file");
  const auto then = journal::lineage::decode(r);
  if (!r.ok()) return fail(errc::corrupt, "the rules' state file is cut short");
  for (const auto l : all_lanes) {
    const auto at = log_.lives().resume(l, then, log_offset(r.u64()));
    auto& end = *ends_[static_cast<std::size_t>(l)];
    if (at > end.reader.position()) end.reader.seek(at);
  }
  const auto state = r.sized();
  if (!r.ok()) return fail(errc::corrupt, "the rules' state file is cut short");
  return set_apart([&] { return set_.restore(state, now_, *this); });
}

/// Alarms of rules that are gone are cleared by no message. Were it done again after a crash, it would be told again.
result<> rules_reader::set_apart(function_ref<result<>()> change) {
  now_ = clock::wall();
  decided_here_ = 0;
  apart_ = {change_source, epoch(static_cast<std::uint64_t>(now_.ns))};
  auto how = change();
  apart_.reset();
  return how;
}

result<> rules_reader::replace(perigee::rules::rule_set with) {
  PG_TRY_VOID(set_apart([&] { return with.take_over(set_, now_, *this); }));
  set_ = std::move(with);
  before_.version = UINT64_MAX;
  std::erase_if(last_, [this](const auto& one) {
    for (std::size_t i = 0; i < set_.size(); ++i) {
      if (set_.stats(i).name == one.first) return false;
    }
    return true;
  });
  // From here on the positions are of these rules: deciding again with them what others decided is to be rare.
  save();
  work_.notify();
  return {};
}

void rules_reader::note(standing& here) const {
  for (std::size_t i = 0; i < ends_.size(); ++i) here.positions[i] = ends_[i]->reader.position();
  if (here.version == set_.version()) return;
  here.version = set_.version();
  here.state.clear();
  set_.snapshot(here.state);
}

byte_buffer rules_reader::encode(const standing& of) const {
  byte_buffer out;
  byte_writer w(out);
  w.u8(state_version);
  log_.lives().encode(w);
  for (const auto at : of.positions) w.u64(at.value());
  w.sized(byte_view(of.state));
  w.u32(crc32c(out));
  return out;
}

io::task<> rules_reader::run() {
  auto save_at = clock::now() + save_every;
  for (;;) {
    const auto woken = co_await work_.wait_until(
        next_tick(std::min(save_at, clock::now() + (decided_.empty() ? save_every : retry_every))));
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    while (step(clock::wall())) {
      PG_CO_TRY_VOID(co_await io::yield(on_));
    }
    if (clock::now() < save_at) continue;
    save();
    save_at = clock::now() + save_every;
  }
}

bool rules_reader::step(timestamp now) {
  now_ = now;
  if (!flush() || !options_.aside.has_room()) return false;
  finish_retries();
  // What windows hold may be much: it is noted again when as much was read as it takes, and where it stayed the same.
  if (read_since_note_ >= before_.state.size() || before_.state.size() <= state_bytes_small ||
      before_.version == set_.version()) {
    note(before_);
    read_since_note_ = 0;
  }
  for (const auto l : all_lanes) {
    deciding_lane_ = l;
    auto& reader = ends_[static_cast<std::size_t>(l)]->reader;
    const auto read = reader.read(slice_bytes, [this](log_offset at, const model::record_view& r) { decide(at, r); });
    if (!read) log::warn("readers.rules", "the journal cannot be read: {}", read.error().text());
    if (!read || *read == 0) continue;
    read_since_note_ += slice_bytes;
    return flush();
  }
  return tick(now);
}

bool rules_reader::tick(timestamp now) {
  bool any = false;
  for (const auto l : all_lanes) {
    const auto index = static_cast<std::size_t>(l);
    const auto due = set_.next_deadline(static_cast<std::uint8_t>(l));
    if (!due || *due > now || ticking_[index]) continue;
    model::record_view r;
    r.lane = l;
    r.topic = tick_topic;
    r.source = tick_source;
    r.arrival = now;
    // Without room in the journal the windows wait, as everything does.
    ticking_[index] = log_.append(r).has_value();
    any |= ticking_[index];
  }
  return any;
}

clock::time_point rules_reader::next_tick(clock::time_point latest) const {
  for (const auto l : all_lanes) {
    const auto due = set_.next_deadline(static_cast<std::uint8_t>(l));
    if (due && !ticking_[static_cast<std::size_t>(l)]) latest = std::min(latest, clock::now() + (*due - clock::wall()));
  }
  return latest;
}

void rules_reader::decide(log_offset at, const model::record_view& r) {
  deciding_at_ = at;
  decided_here_ = 0;
  if (r.topic == tick_topic) ticking_[static_cast<std::size_t>(r.lane)] = false;
  set_.advance(static_cast<std::uint8_t>(r.lane), r.arrival, *this);
  const model::origin here{options_.node, log_.life_at(r.lane, at), at};
  const auto opened = decide_on_messages(here, r);
  if (opened) return;
  set_aside_ = options_.aside.set_aside(
      {.reader = "rules", .origin = here, .at = at, .reason = opened.error().what, .record = r}, now_);
}

result<> rules_reader::decide_on_messages(const model::origin& here, const model::record_view& r) {
  return opener_.for_each_message(here, r, [&](const model::origin& from, const model::record_view& m) {
    const bool own_output = from.node == options_.node && model::is_derived(m);
    if (m.kind != model::record_kind::message || own_output || m.topic.starts_with('$')) return;
    messages_.add();
    set_.apply({m.topic, m.payload, m.arrival, deciding_at_, m.source, r.arrival, static_cast<std::uint8_t>(r.lane)},
               *this);
  });
}

void rules_reader::decide_on_arrival(const model::record_view& r, log_offset at, perigee::rules::action_sink& out) {
  if (r.kind != model::record_kind::message || model::is_derived(r) || r.topic.starts_with('$')) return;
  set_.decide_at_once({r.topic, r.payload, r.arrival, at, r.source, r.arrival, static_cast<std::uint8_t>(r.lane)}, out);
}

void rules_reader::retry(const quarantine::kept_record& what, quarantine::keeper::outcome done) {
  const auto& who = what.what.who;
  now_ = clock::wall();
  deciding_lane_ = who.lane;
  deciding_at_ = what.what.at;
  decided_here_ = 0;
  // The mark of the lane's decisions is past this one; an epoch of its own makes it new, and a second try a duplicate.
  apart_ = {retry_source, epoch(static_cast<std::uint64_t>(what.what.set_aside.ns) + what.what.number)};
  const auto opened = decide_on_messages({who.node, who.journal, who.offset}, what.record.view());
  apart_.reset();
  if (!opened) return done(opened);
  finishing_.push_back(std::move(done));
  flush();
  work_.notify();
}

void rules_reader::finish_retries() {
  if (finishing_.empty() || !decided_.empty() || !all_committed()) return;
  for (auto& done : std::exchange(finishing_, {})) done({});
}

bool rules_reader::flush() {
  while (!decided_.empty()) {
    const auto stored = log_.append(decided_.front().view());
    if (!stored && !is(stored.error(), errc::duplicate)) {
      const bool never_fits = is(stored.error(), errc::too_large) || is(stored.error(), errc::out_of_order);
      if (!never_fits) return false;
      log::warn("readers.rules", "a decision cannot be stored: {}", stored.error().text());
    }
    decisions_.add();
    appended_until_[decided_.front().lane] = log_[decided_.front().lane].staged();
    decided_.pop_front();
  }
  return true;
}

bool rules_reader::all_committed() const {
  return std::ranges::all_of(appended_until_,
                             [this](const auto& each) { return log_[each.first].committed() >= each.second; });
}

void rules_reader::put(lane to, std::string_view topic, byte_view payload, std::uint8_t qos, bool retain) {
  model::record r;
  r.lane = to;
  r.topic = topic;
  r.payload = to_buffer(payload);
  r.qos = qos;
  r.retain = retain;
  ++decided_here_;
  r.source = apart_ ? std::string(apart_->source) : model::derived_source(deciding_lane_);
  r.epoch = apart_ ? apart_->epoch : log_.life_at(deciding_lane_, deciding_at_);
  r.sequence = sequence((apart_ ? 0 : deciding_at_.value() << outputs_bits) + decided_here_);
  r.arrival = now_;
  decided_.push_back(std::move(r));
}

std::vector<rule_figures> rules_reader::figures() const {
  std::vector<rule_figures> out;
  for (std::size_t i = 0; i < set_.size(); ++i) {
    rule_figures one{set_.stats(i)};
    if (const auto found = last_.find(one.stats.name); found != last_.end()) one.last = found->second;
    out.push_back(std::move(one));
  }
  return out;
}

/// Bounded by the rules there are.
void rules_reader::remember(const rule_output& what) {
  auto found = last_.find(what.rule);
  if (found == last_.end()) found = last_.emplace(std::string(what.rule), rule_figures::output{}).first;
  found->second = {what.at, std::string(what.topic), std::string(as_text(what.payload).substr(0, payload_bytes_shown))};
  for (const auto& each : listeners_) {
    if (const auto one = each.lock(); one && one->rule == what.rule) one->take(what);
  }
}

result<std::shared_ptr<output_listener>> rules_reader::listen(std::string_view rule, output_taker take) {
  bool known = false;
  for (std::size_t i = 0; i < set_.size(); ++i) known |= set_.stats(i).name == rule;
  if (!known) return fail(errc::not_found, "there is no such rule");
  std::erase_if(listeners_, [](const auto& each) { return each.expired(); });
  if (listeners_.size() == limits::rule_taps_max) return fail(errc::full, "too many listen to rules");
  auto made = std::make_shared<output_listener>(std::string(rule), std::move(take));
  listeners_.push_back(made);
  return made;
}

void rules_reader::on_interlock(std::string_view rule, std::string_view topic, byte_view payload, timestamp at) {
  remember({rule, "interlock", topic, payload, at});
}

void rules_reader::on_publish(const perigee::rules::publish_action& action) {
  remember({action.rule, "publish", action.topic, action.payload, now_});
  put(lane::event, action.topic, action.payload, action.qos, action.retain);
}

void rules_reader::on_alarm(const perigee::rules::alarm_action& action) {
  const auto topic =
      action.key.empty() ? std::format("alarm/{}", action.name) : std::format("alarm/{}/{}", action.name, action.key);
  remember({action.rule, "alarm", topic, action.payload, now_});
  put(lane::alarm, topic, action.payload, 1, true);
}

void rules_reader::on_store(const perigee::rules::store_action& action) {
  remember({action.rule, "store", action.topic, action.payload, now_});
  put(lane::event, action.topic, action.payload, 1, false);
}

void rules_reader::save() {
  if (decided_.empty()) note(before_);
  auto now = encode(before_);
  // A state that vouches for an output must not be durable before the output is.
  // Nor may one that passes over a record before that is durable in quarantine.
  const bool is_aside = options_.aside.is_durable(set_aside_);
  if (saving_ || !all_committed() || !is_aside || now == saved_) return;
  saving_ = true;
  saved_ = std::move(now);
  struct outcome {
    std::array<log_offset, model::lane_count> reached;
    result<> written;
  };
  auto how = std::make_shared<outcome>(before_.positions, result<>{});
  worker_.submit([this, how, bytes = saved_] { how->written = io::write_whole(disk_, options_.state_file, bytes); },
                 [this, how] {
                   saving_ = false;
                   if (!how->written) {
                     saved_.clear();
                     return log::warn("readers.rules", "the state cannot be saved: {}", how->written.error().text());
                   }
                   for (std::size_t i = 0; i < ends_.size(); ++i) ends_[i]->kept->advance(how->reached[i]);
                 });
}

}  // namespace perigee::readers::rules
