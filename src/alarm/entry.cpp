#include "alarm/entry.hpp"

#include <algorithm>
#include <tuple>

namespace perigee::alarm {
namespace {

bool take_later(std::optional<deed>& into, deed how) {
  // What answers the worse state counts, whatever the clocks say.
  const auto rank = [](const deed& d) { return std::tie(d.seen, d.at, d.by, d.comment); };
  if (into && rank(*into) >= rank(how)) return false;
  into = std::move(how);
  return true;
}

bool is_answer(event what) {
  return what == event::acknowledge || what == event::confirm || what == event::reset || what == event::clear;
}

bool take_answer(entry& of, const telling& t, deed how) {
  auto& all = of.answered;
  if (t.since < all.of) return false;
  if (t.since > all.of) all = {.of = t.since};
  switch (t.what) {
    case event::acknowledge: return take_later(all.acknowledged, std::move(how));
    case event::confirm: return take_later(all.confirmed, std::move(how));
    case event::reset: return take_later(all.reset, std::move(how));
    case event::clear: return take_later(all.cleared, std::move(how));
    default: return false;
  }
}

bool take_shelving(shelved_how& into, shelved_how said) {
  const auto rank = [](const shelved_how& s) {
    return std::tuple(s.how.at, s.kind == shelving::unshelved, s.how.by, s.how.comment, s.kind, s.until, s.activation);
  };
  if (rank(into) >= rank(said)) return false;
  into = std::move(said);
  return true;
}

bool was_raised(const entry& of) { return of.since != timestamp{}; }

bool is_active(const entry& of) { return of.condition && of.answer(of.answered.cleared) == nullptr; }

/// Acknowledged, and not for so long that it is told anew.
bool is_acked(const entry& of, timestamp now) {
  if (!was_raised(of)) return true;
  const auto* how = of.answer(of.answered.acknowledged);
  if (how == nullptr) return false;
  const auto last = is_active(of) ? now : of.over_at();
  return of.with.realarm == nanoseconds::zero() || last < how->at + of.with.realarm;
}

shelving shelving_at(const entry& of, timestamp now) {
  const auto& s = of.shelved;
  if (s.kind == shelving::unshelved || now >= s.until) return shelving::unshelved;
  const bool is_over = s.kind == shelving::one_shot && (!is_active(of) || s.activation != of.since);
  return is_over ? shelving::unshelved : s.kind;
}

timestamp decode_time(byte_reader& in) {
  const timestamp at{in.signed_varint()};
  if (at < timestamp{} || at > latest_time) in.fail();
  return at;
}

void encode_deed(const deed& d, byte_writer& out) {
  out.signed_varint(d.at.ns);
  out.sized(std::string_view(d.by));
  out.sized(std::string_view(d.comment));
  out.u8(static_cast<std::uint8_t>(d.seen));
}

severity decode_severity(byte_reader& in) {
  const auto number = in.u8();
  if (number > static_cast<std::uint8_t>(severity::critical)) in.fail();
  return static_cast<severity>(number);
}

deed decode_deed(byte_reader& in) {
  deed d;
  d.at = decode_time(in);
  d.by = in.sized_text();
  d.comment = in.sized_text();
  d.seen = decode_severity(in);
  return d;
}

void encode_deed(const std::optional<deed>& d, byte_writer& out) {
  out.u8(d ? 1 : 0);
  if (d) encode_deed(*d, out);
}

std::optional<deed> decode_optional_deed(byte_reader& in) {
  if (in.u8() == 0) return std::nullopt;
  return decode_deed(in);
}

void encode_attributes(const attributes& a, byte_writer& out) {
  out.u8(static_cast<std::uint8_t>((a.latch ? 1 : 0) | (a.confirm ? 2 : 0)));
  out.signed_varint(a.realarm.count());
  out.signed_varint(a.shelve_max.count());
  out.sized(std::string_view(a.group));
  out.sized(std::string_view(a.suppresses));
}

attributes decode_attributes(byte_reader& in) {
  attributes a;
  const auto flags = in.u8();
  a.latch = (flags & 1) != 0;
  a.confirm = (flags & 2) != 0;
  a.realarm = nanoseconds(in.signed_varint());
  a.shelve_max = nanoseconds(in.signed_varint());
  a.group = in.sized_text();
  a.suppresses = in.sized_text();
  constexpr auto longest = std::chrono::seconds(limits::alarm_seconds_max);
  const auto is_sound = [&](nanoseconds d) { return d >= nanoseconds::zero() && d <= longest; };
  if (!is_sound(a.realarm) || !is_sound(a.shelve_max)) in.fail();
  return a;
}

void encode_shelving(const shelved_how& s, byte_writer& out) {
  out.u8(static_cast<std::uint8_t>(s.kind));
  out.signed_varint(s.until.ns);
  out.signed_varint(s.activation.ns);
  encode_deed(s.how, out);
}

shelved_how decode_shelving(byte_reader& in) {
  shelved_how s;
  const auto kind = in.u8();
  if (kind > static_cast<std::uint8_t>(shelving::one_shot)) in.fail();
  s.kind = static_cast<shelving>(kind);
  s.until = decode_time(in);
  s.activation = decode_time(in);
  s.how = decode_deed(in);
  return s;
}

void encode_trail(const std::vector<log_offset>& trail, byte_writer& out) {
  out.varint(trail.size());
  std::uint64_t before = 0;
  for (const auto at : trail) out.varint(at.value() - std::exchange(before, at.value()));
}

std::vector<log_offset> decode_trail(byte_reader& in) {
  const auto count = in.varint();
  if (count > limits::alarm_trail_max) in.fail();
  std::vector<log_offset> trail;
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) trail.emplace_back(at += in.varint());
  return trail;
}

}  // namespace

const deed* entry::answer(const std::optional<deed>& to) const {
  return to && answered.of == since && to->seen >= severity ? &*to : nullptr;
}

timestamp entry::over_at() const {
  if (!condition) return ended;
  const auto* by_hand = answer(answered.cleared);
  return by_hand == nullptr ? timestamp{} : by_hand->at;
}

bool take_condition(entry& of, const telling& t) {
  if (t.what == event::normalize) {
    if (!of.condition) return false;
    of.condition = false;
    of.ended = t.at;
    return true;
  }
  const bool goes_on = of.condition && of.since == t.since;
  if (goes_on && of.severity == t.severity) return false;  // told again
  if (!goes_on) {
    // A clock that was set back gives an activation that is new all the same.
    if (t.since <= of.since) of.answered = {};
    ++of.times_raised;
  }
  of.condition = true;
  of.severity = t.severity;
  of.since = t.since;
  of.ended = {};
  of.values = t.values;
  of.with = t.with;
  return true;
}

bool take_setting(setting& into, bool on, deed how) {
  const auto rank = [](const setting& s) { return std::tuple(s.how.at, !s.on, s.how.by, s.how.comment); };
  setting said{on, std::move(how)};
  if (rank(into) >= rank(said)) return false;
  into = std::move(said);
  return true;
}

bool take_deed(entry& of, const telling& t) {
  // How bad it was counts where it is answered, and nowhere else.
  deed how{t.at, t.by, t.comment, is_answer(t.what) ? t.severity : severity::info};
  switch (t.what) {
    case event::shelve: return take_shelving(of.shelved, {t.kind, t.until, t.since, std::move(how)});
    case event::unshelve: return take_shelving(of.shelved, {shelving::unshelved, {}, {}, std::move(how)});
    case event::suppress:
    case event::unsuppress: return take_setting(of.suppressed, t.what == event::suppress, std::move(how));
    case event::remove:
    case event::reinstate: return take_setting(of.out_of_service, t.what == event::remove, std::move(how));
    case event::comment: how.seen = severity::info; return take_later(of.remark, std::move(how));
    default: return take_answer(of, t, std::move(how));
  }
}

standing standing_at(const entry& of, timestamp now, bool group_is_suppressed) {
  return {.active = is_active(of),
          .acked = is_acked(of, now),
          .confirmed = !of.with.confirm || !was_raised(of) || of.answer(of.answered.confirmed) != nullptr,
          .latched = of.with.latch && was_raised(of) && of.answer(of.answered.reset) == nullptr,
          .shelving = shelving_at(of, now),
          .suppressed = of.suppressed.on || group_is_suppressed,
          .out_of_service = of.out_of_service.on};
}

std::optional<timestamp> next_change(const entry& of, timestamp now) {
  std::optional<timestamp> first;
  const auto add = [&](timestamp at) {
    if (at > now && (!first || at < *first)) first = at;
  };
  if (shelving_at(of, now) != shelving::unshelved) add(of.shelved.until);
  const auto* how = of.answer(of.answered.acknowledged);
  if (is_active(of) && how != nullptr && of.with.realarm > nanoseconds::zero()) add(how->at + of.with.realarm);
  return first;
}

timestamp last_deed_at(const entry& of) {
  auto last = std::max({of.shelved.how.at, of.suppressed.how.at, of.out_of_service.how.at});
  const auto& a = of.answered;
  for (const auto* each : {&a.acknowledged, &a.confirmed, &a.reset, &a.cleared, &of.remark}) {
    if (*each) last = std::max(last, (*each)->at);
  }
  return last;
}

telling about(const entry& of, event what, deed how) {
  telling out{.node = of.node, .name = of.name, .key = of.key, .what = what, .at = how.at};
  out.severity = is_answer(what) ? how.seen : of.severity;
  out.since = of.since;
  out.by = std::move(how.by);
  out.comment = std::move(how.comment);
  return out;
}

std::vector<telling> deeds_of(const entry& of) {
  std::vector<telling> out;
  const auto add = [&](event what, const deed& how) -> telling& { return out.emplace_back(about(of, what, how)); };
  const auto add_answer = [&](event what, const std::optional<deed>& how) {
    if (how) add(what, *how).since = of.answered.of;
  };
  const auto add_setting = [&](event on, event off, const setting& s) {
    if (s != setting{}) add(s.on ? on : off, s.how);
  };
  add_answer(event::acknowledge, of.answered.acknowledged);
  add_answer(event::confirm, of.answered.confirmed);
  add_answer(event::reset, of.answered.reset);
  add_answer(event::clear, of.answered.cleared);
  if (of.shelved != shelved_how{}) {
    const auto& s = of.shelved;
    auto& said = add(s.kind == shelving::unshelved ? event::unshelve : event::shelve, s.how);
    said.kind = s.kind;
    said.until = s.until;
    said.since = s.activation;
  }
  add_setting(event::suppress, event::unsuppress, of.suppressed);
  add_setting(event::remove, event::reinstate, of.out_of_service);
  if (of.remark) add(event::comment, *of.remark);
  return out;
}

void encode(const setting& s, byte_writer& out) {
  out.u8(s.on ? 1 : 0);
  encode_deed(s.how, out);
}

setting decode_setting(byte_reader& in) {
  const bool on = in.u8() != 0;
  return {on, decode_deed(in)};
}

void encode(const entry& e, byte_writer& out) {
  out.varint(e.id);
  for (const auto* text : {&e.node, &e.name, &e.key, &e.via, &e.values}) out.sized(std::string_view(*text));
  out.u8(static_cast<std::uint8_t>(e.severity));
  out.u8(e.condition ? 1 : 0);
  out.signed_varint(e.since.ns);
  out.signed_varint(e.ended.ns);
  encode_attributes(e.with, out);
  out.u64(e.told_in.value());
  out.varint(e.told_at.value());
  out.varint(e.times_raised);
  out.signed_varint(e.answered.of.ns);
  const auto& a = e.answered;
  for (const auto* each : {&a.acknowledged, &a.confirmed, &a.reset, &a.cleared, &e.remark}) encode_deed(*each, out);
  encode_shelving(e.shelved, out);
  encode(e.suppressed, out);
  encode(e.out_of_service, out);
  encode_trail(e.trail, out);
}

entry decode_entry(byte_reader& in) {
  entry e;
  e.id = in.varint();
  for (auto* text : {&e.node, &e.name, &e.key, &e.via, &e.values}) *text = in.sized_text();
  e.severity = decode_severity(in);
  e.condition = in.u8() != 0;
  e.since = decode_time(in);
  e.ended = decode_time(in);
  e.with = decode_attributes(in);
  e.told_in = epoch(in.u64());
  e.told_at = log_offset(in.varint());
  e.times_raised = in.varint();
  auto& a = e.answered;
  a.of = decode_time(in);
  for (auto* each : {&a.acknowledged, &a.confirmed, &a.reset, &a.cleared, &e.remark}) *each = decode_optional_deed(in);
  e.shelved = decode_shelving(in);
  e.suppressed = decode_setting(in);
  e.out_of_service = decode_setting(in);
  e.trail = decode_trail(in);
  return e;
}

}  // namespace perigee::alarm
