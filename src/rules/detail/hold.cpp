#include "rules/detail/hold.hpp"

#include <algorithm>

namespace perigee::rules::detail {

void hold_state::keep(entry& e, const event& what) {
  e.kept = what.payload.size() <= limits::rule_held_payload_bytes_max;
  e.topic = e.kept ? what.topic : std::string_view();
  e.client = e.kept ? what.client : std::string_view();
  e.payload = to_buffer(e.kept ? what.payload : byte_view());
  e.offset = what.offset;
  held_.charge(e, e.topic.size() + e.client.size() + e.payload.size());
}

bool hold_state::is_true(std::string_view key, const event& what, timestamp at) {
  auto* e = held_.find(key);
  if (e == nullptr) {
    e = &held_.add(key);
    e->since = at;
  }
  if (e->told) return false;
  e->told = at - e->since >= duration_;
  keep(*e, e->told ? event{} : what);
  if (waits(*e)) next_ = std::min(next_, (e->since + duration_).ns);
  const bool counts = e->told;
  held_.make_room();
  return counts;
}

void hold_state::is_false(std::string_view key) {
  const auto* e = held_.find(key);
  if (e != nullptr) held_.erase(*e);
}

void hold_state::move_to(timestamp now, output tell) {
  now_ = std::max(now_, now);
  if (now_.ns < next_) return;
  std::vector<entry*> due;
  next_ = INT64_MAX;
  for (auto* e : held_.sorted_by_key()) {
    if (!waits(*e)) continue;
    const auto at = e->since + duration_;
    if (at <= now_) {
      due.push_back(e);
    } else {
      next_ = std::min(next_, at.ns);
    }
  }
  std::ranges::stable_sort(due, {}, &entry::since);
  for (auto* e : due) {
    e->told = true;
    tell({e->topic, e->payload, e->since + duration_, e->offset, e->client});
    keep(*e, {});
  }
}

std::optional<timestamp> hold_state::deadline() const {
  return next_ == INT64_MAX ? std::nullopt : std::optional(timestamp{next_});
}

void hold_state::encode(byte_writer& to) const {
  to.u64(static_cast<std::uint64_t>(now_.ns));
  to.varint(held_.evicted());
  to.varint(held_.size());
  for (const auto& e : held_) {
    to.sized(e.key);
    to.u64(static_cast<std::uint64_t>(e.since.ns));
    to.u8(static_cast<std::uint8_t>((e.told ? 1 : 0) | (e.kept ? 2 : 0)));
    to.sized(e.topic);
    to.sized(e.client);
    to.sized(byte_view(e.payload));
    to.u64(e.offset.value());
  }
}

void hold_state::decode(byte_reader& from) {
  now_.ns = static_cast<std::int64_t>(from.u64());
  held_.count_evicted(from.varint());
  const auto count = from.varint();
  if (count > limits::rule_groups_max) from.fail();
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    const auto key = from.sized_text();
    if (!from.ok() || held_.find(key) != nullptr) return from.fail();
    auto& e = held_.add(key);
    e.since.ns = static_cast<std::int64_t>(from.u64());
    const auto flags = from.u8();
    e.told = (flags & 1) != 0;
    const auto topic = from.sized_text();
    const auto client = from.sized_text();
    const auto payload = from.sized();
    keep(e, {topic, payload, {}, log_offset(from.u64()), client});
    e.kept = (flags & 2) != 0;
    if (waits(e)) next_ = std::min(next_, (e.since + duration_).ns);
  }
}

}  // namespace perigee::rules::detail
