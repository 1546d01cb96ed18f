#include "alarm/board.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace perigee::alarm {
namespace {

/// Lower is worse.
auto rank(const entry& e) {
  return std::tuple(!e.raised, e.acknowledged.has_value(), -static_cast<int>(e.severity), -e.since.ns);
}

bool raise(entry& of, const telling& t) {
  if (of.raised && of.since == t.since && of.severity == t.severity) return false;  // told again
  if (!of.raised || of.since != t.since) {
    ++of.times_raised;
    of.acknowledged.reset();
  }
  of.raised = true;
  of.severity = t.severity;
  of.since = t.since;
  of.cleared.reset();
  of.cleared_by.clear();
  of.values = t.values;
  return true;
}

bool clear(entry& of, const telling& t) {
  if (!of.raised) return false;
  of.raised = false;
  of.cleared = t.at;
  of.cleared_by = t.by;
  return true;
}

bool acknowledge(entry& of, const telling& t) {
  // What was raised again since is not what that person saw.
  if (t.since != of.since || of.acknowledged) return false;
  of.acknowledged = acknowledgement{t.by, t.comment, t.at};
  return true;
}

bool change(entry& of, const telling& t) {
  switch (t.what) {
    case telling::event::raised: return raise(of, t);
    case telling::event::cleared: return clear(of, t);
    case telling::event::acknowledged: return acknowledge(of, t);
  }
  return false;
}

telling about(const entry& of, telling::event what, timestamp at) {
  telling out;
  out.node = of.node;
  out.name = of.name;
  out.key = of.key;
  out.severity = of.severity;
  out.what = what;
  out.at = at;
  out.since = of.since;
  out.values = of.values;
  return out;
}

void encode_entry(const entry& e, byte_writer& out) {
  out.varint(e.id);
  for (const auto* text : {&e.node, &e.name, &e.key, &e.cleared_by, &e.values}) out.sized(std::string_view(*text));
  out.u8(static_cast<std::uint8_t>(e.severity));
  out.u8(e.raised ? 1 : 0);
  out.signed_varint(e.since.ns);
  out.u8(e.cleared ? 1 : 0);
  if (e.cleared) out.signed_varint(e.cleared->ns);
  out.varint(e.times_raised);
  out.u8(e.acknowledged ? 1 : 0);
  if (!e.acknowledged) return;
  out.sized(std::string_view(e.acknowledged->by));
  out.sized(std::string_view(e.acknowledged->comment));
  out.signed_varint(e.acknowledged->at.ns);
}

entry decode_entry(byte_reader& in) {
  entry e;
  e.id = in.varint();
  for (auto* text : {&e.node, &e.name, &e.key, &e.cleared_by, &e.values}) *text = in.sized_text();
  const auto severity_number = in.u8();
  if (severity_number > static_cast<std::uint8_t>(severity::critical)) in.fail();
  e.severity = static_cast<alarm::severity>(severity_number);
  e.raised = in.u8() != 0;
  e.since.ns = in.signed_varint();
  if (in.u8() != 0) e.cleared = timestamp{in.signed_varint()};
  e.times_raised = in.varint();
  if (in.u8() == 0) return e;
  acknowledgement how;
  how.by = in.sized_text();
  how.comment = in.sized_text();
  how.at.ns = in.signed_varint();
  e.acknowledged = std::move(how);
  return e;
}

}  // namespace

bool board::apply(std::string_view node, byte_view payload) {
  const auto t = parse_telling(payload);
  if (!t) return false;
  auto* const of = claim(t->node.empty() ? node : t->node, *t);
  if (of == nullptr || !change(*of, *t)) return false;
  of->version = ++version_;
  return true;
}

/// The alarm that is spoken of. Null for one that is not known and does not begin here.
entry* board::claim(std::string_view node, const telling& t) {
  identity who(node, t.name, t.key);
  if (const auto known = ids_.find(who); known != ids_.end()) return &alarms_.at(known->second);
  if (t.what != telling::event::raised) return nullptr;
  if (alarms_.size() >= limits::alarms_listed_max && !make_room()) {
    ++not_listed_;
    return nullptr;
  }
  const auto id = ++last_id_;
  ids_.emplace(std::move(who), id);
  entry made{.id = id, .node = std::string(node), .name = t.name, .key = t.key, .cleared_by = {}, .values = {}};
  return &alarms_.emplace(id, std::move(made)).first->second;
}

bool board::make_room() {
  auto oldest = alarms_.end();
  for (auto at = alarms_.begin(); at != alarms_.end(); ++at) {
    if (at->second.raised) continue;
    if (oldest == alarms_.end() || *at->second.cleared < *oldest->second.cleared) oldest = at;
  }
  if (oldest == alarms_.end()) return false;
  const auto& gone = oldest->second;
  ids_.erase(identity(gone.node, gone.name, gone.key));
  alarms_.erase(oldest);
  return true;
}

const entry* board::find(std::uint64_t id) const {
  const auto found = alarms_.find(id);
  return found == alarms_.end() ? nullptr : &found->second;
}

std::vector<const entry*> board::in_order() const {
  std::vector<const entry*> out;
  out.reserve(alarms_.size());
  for (const auto& [id, each] : alarms_) out.push_back(&each);
  std::ranges::sort(out, {}, [](const entry* e) { return std::tuple_cat(rank(*e), std::tuple(e->id)); });
  return out;
}

std::size_t board::raised() const {
  return static_cast<std::size_t>(std::ranges::count_if(alarms_, [](const auto& each) { return each.second.raised; }));
}

void board::encode(byte_buffer& out) const {
  byte_writer w(out);
  w.varint(last_id_);
  w.varint(alarms_.size());
  for (const auto& [id, each] : alarms_) encode_entry(each, w);
}

result<> board::restore(byte_view from) {
  byte_reader in(from);
  board made;
  made.last_id_ = in.varint();
  const auto count = in.varint();
  if (count > limits::alarms_listed_max) return fail(errc::malformed, "more alarms than are listed");
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    auto one = decode_entry(in);
    one.version = ++made.version_;
    const bool sound = one.id != 0 && one.id <= made.last_id_ && (one.raised || one.cleared);
    if (!sound || !made.ids_.emplace(identity(one.node, one.name, one.key), one.id).second ||
        !made.alarms_.emplace(one.id, std::move(one)).second) {
      return fail(errc::malformed, "an alarm that cannot be");
    }
  }
  if (!in.ok() || !in.done()) return fail(errc::malformed, "the alarms end too soon, or too late");
  *this = std::move(made);
  return {};
}

telling acknowledged(const entry& of, acknowledgement how) {
  auto out = about(of, telling::event::acknowledged, how.at);
  out.by = std::move(how.by);
  out.comment = std::move(how.comment);
  return out;
}

telling cleared(const entry& of, std::string by, timestamp at) {
  auto out = about(of, telling::event::cleared, at);
  out.by = std::move(by);
  return out;
}

}  // namespace perigee::alarm
