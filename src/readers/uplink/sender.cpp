#include "readers/uplink/sender.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "model/gap.hpp"
#include "readers/uplink/fork_alarm.hpp"

namespace perigee::readers::uplink {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_refusal = 500ms;
constexpr auto answer_timeout = 5s;
constexpr auto newest_every = 1s;
// Where alarms and events come, they come in company. Each may have to wait for one batch of bulk at every hop, so for
// this long bulk goes in batches of this part of their size.
constexpr auto urgent_for = 1s;
constexpr std::uint32_t urgent_share = 4;
constexpr std::array lanes_by_priority{model::lane::alarm, model::lane::event, model::lane::bulk};

}  // namespace

result<std::unique_ptr<sender>> sender::open(journal::journal& log, sender_options options) {
  auto made = std::unique_ptr<sender>(new sender(log, std::move(options)));  // tidy: new — the constructor is private
  for (const auto l : lanes_by_priority) {
    PG_TRY(auto cursor, log.open_cursor("uplink", l, true));
    const auto at = cursor->position();
    made->ends_[static_cast<std::size_t>(l)] =
        std::make_unique<lane_end>(std::move(cursor), journal::reader(log[l], at), at);
  }
  return made;
}

sender::sender(journal::journal& log, sender_options options)
    : log_(log), options_(std::move(options)), budget_(options_.budget_per_hour_bytes, options_.budget_per_day_bytes) {
  options_.in_flight = std::clamp(options_.in_flight, 1U, limits::uplink_in_flight_max);
  options_.batch_records = std::clamp(options_.batch_records, 1U, limits::batch_records_max);
  link_.peer = options_.peer;
}

void sender::on_connected() {
  phase_ = phase::hello_due;
  ++link_.sequence;
}

void sender::on_disconnected() {
  phase_ = phase::offline;
  link_.connected = false;
  drained_.clear();
  in_flight_.clear();
}

result<> sender::on_welcome(byte_view payload, clock::time_point now, timestamp wall) {
  PG_TRY(const auto w, decode_welcome(payload));
  if (phase_ != phase::hello_sent || w.life != log_.lives().current()) return {};  // an answer to an older hello
  for (const auto l : lanes_by_priority) {
    // After a crash records that the parent has may wait to be committed again.
    if (w.lanes[static_cast<std::size_t>(l)].next <= log_[l].staged()) continue;
    log::fault("readers.uplink", "the parent says it has more of lane {} than this journal has", model::name_of(l));
    return fail(errc::out_of_order, "the parent is ahead of this journal");
  }
  if (w.forked()) tell_of_fork(w, wall);
  for (const auto l : lanes_by_priority) {
    auto& end = end_of(l);
    const auto& at = w.lanes[static_cast<std::size_t>(l)];
    end.parent_has = at.no_common ? end.acked->position() : at.next;
    if (end.parent_has > end.acked->position()) end.acked->advance(end.parent_has);
    end.reader.seek(end.parent_has);
    // What waits now has waited long enough.
    end.waiting_since = end.reader.behind() != 0 ? now - options_.linger : clock::time_point::max();
  }
  phase_ = phase::flowing;
  link_.connected = true;
  link_.connected_since = wall;
  return {};
}

/// Once in a life of this journal: from now on it is what the parent knows as another.
void sender::tell_of_fork(const welcome& found, timestamp now) {
  ++link_.forks;
  if (std::exchange(told_of_fork_, true)) return;
  log::fault("readers.uplink",
             "the parent has records of {} that are not in this journal: the folder is an older copy, was emptied, or "
             "lost its end with the power. What is new here goes up, what the parent has stays",
             options_.node);
  const auto raised = log_.append(fork_alarm(options_.node, found, now).view());
  if (!raised) log::warn("readers.uplink", "the alarm cannot be stored: {}", raised.error().text());
}

void sender::on_answer(std::uint64_t token, bool success, clock::time_point now) {
  const bool is_hello = token == hello_token_;
  if (!success && phase_ != phase::offline) {
    in_flight_.clear();
    phase_ = phase::hello_due;
    link_.connected = false;
    not_before_ = now + pause_after_refusal;
    return;
  }
  const auto found = std::ranges::find(in_flight_, token, &batch::token);
  if (is_hello || found == in_flight_.end()) return;  // the connection before may still be answered late
  found->acked = true;
  link_.rtt = now - found->sent;
  link_.records_sent += found->records;
  drained_.note(found->records, now);
  settle(found->lane);
}

/// Moves the lane's cursor over the batches that are acknowledged without a hole before them.
void sender::settle(model::lane l) {
  auto& acked = *end_of(l).acked;
  for (auto each = in_flight_.begin(); each != in_flight_.end();) {
    if (each->lane != l) {
      ++each;
      continue;
    }
    if (!each->acked) return;
    const auto reached = each->last.next();
    if (reached > acked.position()) acked.advance(reached);
    end_of(l).parent_has = std::max(end_of(l).parent_has, reached);
    each = in_flight_.erase(each);
  }
}

std::optional<outgoing> sender::next(clock::time_point now) {
  if (phase_ == phase::hello_due && now >= not_before_) return say_hello(now);
  if (phase_ != phase::flowing) return std::nullopt;
  budget_.refill(now);
  for (const auto l : lanes_by_priority) {
    if (l == model::lane::bulk) {
      if (auto newest = next_newest(now)) return newest;
    }
    if (!has_room(l) || !may_go(l) || !batch_due(l, now)) continue;
    if (auto out = next_batch(l, now)) return out;
  }
  return std::nullopt;
}

/// What is less urgent and in flight already holds nothing back.
bool sender::has_room(model::lane l) const {
  const auto as_urgent = std::ranges::count_if(in_flight_, [l](const batch& each) { return each.lane <= l; });
  return static_cast<std::size_t>(as_urgent) < options_.in_flight;
}

std::optional<outgoing> sender::say_hello(clock::time_point now) {
  phase_ = phase::hello_sent;
  hello_sent_ = now;
  hello_token_ = next_token_++;
  return outgoing{hello_token_, hello_topic(options_.node),
                  encode(hello{log_.lives(), options_.version, options_.tier}), 1};
}

bool sender::batch_due(model::lane l, clock::time_point now) {
  auto& end = end_of(l);
  const auto behind = end.reader.behind();
  if (behind == 0) {
    end.waiting_since = clock::time_point::max();
    return false;
  }
  if (end.waiting_since == clock::time_point::max()) end.waiting_since = now;
  return l != model::lane::bulk || behind >= options_.batch_records || now >= end.waiting_since + options_.linger;
}

/// Reads records of one life into the encoder; none while a batch of another life is in flight: were that one refused,
/// the parent could not tell that something is missing between the two.
sender::filled sender::fill(model::lane l, clock::time_point now) {
  auto& from = end_of(l);
  std::optional<log_offset> full_at;
  std::optional<perigee::epoch> life;
  const auto share = l == model::lane::bulk && now < urgent_until_ ? urgent_share : 1;
  const auto records_max = std::max(1U, options_.batch_records / share);
  std::size_t nested_bytes = 0;
  const auto stop_before = [&](log_offset at) {
    full_at = at;
    from.reader.stop();
  };
  const auto read =
      from.reader.read(limits::uplink_batch_bytes_target, [&](log_offset at, const model::record_view& r) {
        if (full_at) return;
        // A gap is of the life that its last record was of.
        const auto of = log_.life_at(l, log_offset(from.reader.position().value() - 1));
        if (of != life.value_or(of) || (!life && another_in_flight(l, of))) return stop_before(at);
        life = of;
        if (r.kind == model::record_kind::release) return;  // of this journal's own door
        const auto added = encoder_.add(at, r);
        if (!added && is(added.error(), errc::full) && encoder_.pending_records() != 0) return stop_before(at);
        if (!added && !pass_over(at, of, r, added.error())) return stop_before(at);
        if (r.kind == model::record_kind::batch) nested_bytes += r.payload.size();
        const bool is_full =
            encoder_.pending_records() >= records_max || nested_bytes * share >= limits::uplink_nested_bytes_target;
        if (is_full) from.reader.stop();
      });
  if (!read) log::warn("readers.uplink", "the journal cannot be read: {}", read.error().text());
  if (full_at) from.reader.seek(*full_at);
  return {from.reader.position(), life.value_or(perigee::epoch())};
}

bool sender::another_in_flight(model::lane l, perigee::epoch life) const {
  return std::ranges::any_of(in_flight_, [&](const batch& each) { return each.lane == l && each.life != life; });
}

/// A record that no batch can carry: a gap record goes up in its place (promise P3), when the record itself is durable
/// in quarantine. False until then: it is met again.
bool sender::pass_over(log_offset at, perigee::epoch life, const model::record_view& r, const error& why) {
  if (options_.aside != nullptr) {
    if (!held_ || held_->lane != r.lane || held_->at != at) {
      const auto kept = options_.aside->set_aside({.reader = "uplink",
                                                   .origin = {options_.node, life, at},
                                                   .at = at,
                                                   .reason = why.what,
                                                   .record = r,
                                                   .told = true},
                                                  clock::wall());
      held_ = held{r.lane, at, kept};
    }
    if (!options_.aside->is_durable(held_->kept)) return false;
  }
  byte_buffer payload;
  model::encode_gap({.lane = r.lane,
                     .first = at,
                     .last = at,
                     .count = 1,
                     .reason = model::gap_reason::quarantine,
                     .oldest = r.arrival,
                     .newest = r.arrival,
                     .parts = {{r.topic, 1}}},
                    payload);
  model::record_view instead;
  instead.kind = model::record_kind::gap;
  instead.lane = r.lane;
  instead.payload = payload;
  instead.source = r.source;
  instead.arrival = r.arrival;
  if (const auto added = encoder_.add(at, instead); !added) log::fault("readers.uplink", "{}", added.error().text());
  return true;
}

std::optional<outgoing> sender::next_batch(model::lane l, clock::time_point now) {
  auto& end = end_of(l);
  const auto first = end.reader.position();
  const auto [stop, life] = fill(l, now);
  if (stop == first) return std::nullopt;
  const auto records = static_cast<std::uint32_t>(encoder_.pending_records());
  if (records != 0) {
    const auto mean = static_cast<double>(encoder_.pending_bytes()) / records;
    bytes_per_record_ += (mean - bytes_per_record_) * 0.1;
  }
  outgoing out{next_token_++, lane_topic(options_.node, l), {}, 1, l == model::lane::bulk};
  const log_offset last(stop.value() - 1);
  encoder_.finish(options_.node, l, life, first, last, out.payload);
  in_flight_.push_back({out.token, l, life, last, records, now});
  if (l != model::lane::bulk) urgent_until_ = now + urgent_for;
  // What a full batch leaves behind has waited with it.
  if (end.reader.behind() == 0) end.waiting_since = clock::time_point::max();
  count_sent(out);
  return out;
}

/// The newest record of each topic among the last ones of the bulk lane, while a backlog stands before them.
std::optional<outgoing> sender::next_newest(clock::time_point now) {
  const auto& bulk = log_[model::lane::bulk];
  const auto behind = end_of(model::lane::bulk).reader.behind();
  if (behind <= 2ULL * options_.batch_records || now < newest_not_before_ || !may_go(model::lane::bulk)) {
    return std::nullopt;
  }
  newest_not_before_ = now + newest_every;
  const auto looked_at = std::min<std::uint64_t>(behind, limits::uplink_newest_records_max);
  const log_offset from(bulk.committed().value() - looked_at);
  journal::reader tail(log_[model::lane::bulk], from);
  std::map<std::string, std::pair<log_offset, model::record>> newest;
  while (tail.behind() != 0) {
    const auto read = tail.read(limits::uplink_batch_bytes_target, [&](log_offset at, const model::record_view& r) {
      newest[std::string(r.source) + '\n' + std::string(r.topic)] = {at, model::record(r)};
    });
    if (!read) return std::nullopt;
    if (*read == 0) break;  // what a bound dropped here is still being counted
  }
  if (newest.empty()) return std::nullopt;
  std::map<log_offset, const model::record*> in_order;
  for (const auto& [key, each] : newest) in_order[each.first] = &each.second;
  for (const auto& [at, r] : in_order) {
    if (!encoder_.add(at, r->view())) break;
  }
  outgoing out{0, newest_topic(options_.node), {}, 0};
  const auto last = in_order.rbegin()->first;
  encoder_.finish(options_.node, model::lane::bulk, log_.life_at(model::lane::bulk, last), from, last, out.payload);
  count_sent(out);
  return out;
}

bool sender::may_go(model::lane l) const {
  if (l == model::lane::alarm) return true;
  return budget_.any_left() && (l == model::lane::event || window_open_);
}

void sender::count_sent(const outgoing& out) {
  link_.bytes_sent += out.payload.size();
  budget_.spend(out.payload.size());
}

clock::time_point sender::wake_at(clock::time_point now) const {
  if (phase_ == phase::hello_due) return std::max(now, not_before_);
  if (phase_ != phase::flowing || !has_room(model::lane::bulk)) return clock::time_point::max();
  if (!may_go(model::lane::bulk)) return now + 1s;
  const auto& bulk = *ends_[static_cast<std::size_t>(model::lane::bulk)];
  if (bulk.waiting_since == clock::time_point::max()) return clock::time_point::max();
  return std::max(now + 1ms, bulk.waiting_since + options_.linger);
}

bool sender::stalled(clock::time_point now) const {
  if (phase_ == phase::hello_sent) return now >= hello_sent_ + answer_timeout;
  const auto waiting = std::ranges::find(in_flight_, false, &batch::acked);
  return waiting != in_flight_.end() && now >= waiting->sent + answer_timeout;
}

link_state sender::state(clock::time_point now, timestamp wall) {
  auto out = link_;
  if (!out.connected) out.connected_since.reset();
  std::optional<timestamp> oldest;
  for (const auto l : lanes_by_priority) {
    const auto has = std::min(end_of(l).parent_has, log_[l].committed());
    const auto waiting = log_[l].committed().value() - has.value();
    out.records_waiting += waiting;
    if (waiting == 0) continue;
    journal::reader peek(log_[l], has);
    (void)peek.read(1, [&](log_offset, const model::record_view& r) {
      if (!oldest || r.arrival < *oldest) oldest = r.arrival;
    });
  }
  out.bytes_waiting = static_cast<std::uint64_t>(static_cast<double>(out.records_waiting) * bytes_per_record_);
  if (oldest) out.oldest_age = std::max(nanoseconds(0), wall - *oldest);
  drained_.tell(out, now);
  budget_.refill(now);
  out.budget_left_hour_bytes = budget_.left_in_hour();
  out.budget_left_day_bytes = budget_.left_in_day();
  out.window_open = options_.schedule.open(wall);
  out.window_opens = options_.schedule.opens(wall);
  return out;
}

}  // namespace perigee::readers::uplink
