#include "rules/detail/pair_state.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/rules_limits.hpp"

namespace perigee::rules::detail {
namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

std::size_t pair_state::row::bytes() const {
  std::size_t out = sizeof(*this) + (key ? key->size() : 0) + values.size() * sizeof(kept_value);
  for (const auto& one : values) out += one.heap_bytes();
  return out;
}

bool pair_state::is_late(timestamp at) const {
  const auto hop = spec_.hop.count();
  return watermark_.ns != INT64_MIN && at.ns < floor_div(watermark_.ns, hop) * hop;
}

void pair_state::move_to(timestamp watermark, output tell) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  const auto hop = spec_.hop.count();
  while (next_end_ <= watermark_.ns) {
    const timestamp end{next_end_};
    tell_window(end - spec_.size, end, tell);
    drop_before(end - spec_.size + spec_.hop);
    next_end_ = INT64_MAX;
    for (const auto& stream : rows_) {
      for (const auto& one : stream) note_end(one.at);
    }
    if (next_end_ <= end.ns) next_end_ = end.ns + hop;
  }
}

/// The first end of a window that holds what happened then.
void pair_state::note_end(timestamp at) {
  const auto hop = spec_.hop.count();
  next_end_ = std::min(next_end_, (floor_div(at.ns, hop) + 1) * hop);
}

void pair_state::tell_window(timestamp start, timestamp end, output tell) {
  const auto holds = [&](const row& r) { return r.at >= start && r.at < end; };
  std::unordered_map<std::string_view, std::vector<const row*>> by_key;
  for (const auto& one : rows_[1]) {
    if (holds(one) && one.key) by_key[*one.key].push_back(&one);
  }
  std::size_t told = 0;
  for (const auto& from : rows_[0]) {
    if (!holds(from)) continue;
    const auto found = from.key ? by_key.find(*from.key) : by_key.end();
    const auto partners = found == by_key.end() ? std::size_t{left_ ? 1U : 0U} : found->second.size();
    if (told + partners > limits::rule_pairs_max) {
      evicted_ += partners;
      continue;
    }
    told += partners;
    if (found == by_key.end() && left_) tell({start, end, from.values, {}});
    if (found == by_key.end()) continue;
    for (const auto* join : found->second) tell({start, end, from.values, join->values});
  }
}

void pair_state::drop_before(timestamp at) {
  for (auto& stream : rows_) {
    std::erase_if(stream, [&](const row& r) {
      if (r.at >= at) return false;
      bytes_ -= r.bytes();
      budget_.used -= r.bytes();
      return true;
    });
  }
}

void pair_state::take(side of, timestamp at, std::optional<std::string_view> key, std::span<const value> values) {
  row made{.at = at, .number = next_number_++};
  if (key) made.key = *key;
  for (const auto& v : values) made.values.emplace_back(v);
  add(of, std::move(made));
  note_end(at);
  make_room();
}

void pair_state::add(side of, row made) {
  bytes_ += made.bytes();
  budget_.used += made.bytes();
  rows_[static_cast<std::size_t>(of)].push_back(std::move(made));
}

/// The one that came first goes first. The newest stays in any case.
void pair_state::make_room() {
  while (rows() > 1 && (rows() > limits::rule_pair_rows_max || bytes_ > limits::rule_window_bytes_max ||
                        budget_.used > limits::rules_windows_bytes_max)) {
    const bool of_join = rows_[0].empty() || (!rows_[1].empty() && rows_[1].front().number < rows_[0].front().number);
    auto& stream = rows_[of_join ? 1 : 0];
    bytes_ -= stream.front().bytes();
    budget_.used -= stream.front().bytes();
    stream.pop_front();
    ++evicted_;
  }
}

std::optional<timestamp> pair_state::deadline() const {
  return next_end_ == INT64_MAX ? std::nullopt : std::optional(timestamp{next_end_});
}

void pair_state::encode(byte_writer& to) const {
  to.u64(static_cast<std::uint64_t>(watermark_.ns));
  to.varint(evicted_);
  for (const auto& stream : rows_) {
    to.varint(stream.size());
    for (const auto& one : stream) {
      to.u64(static_cast<std::uint64_t>(one.at.ns));
      to.varint(one.number);
      to.u8(one.key ? 1 : 0);
      if (one.key) to.sized(*one.key);
      for (const auto& v : one.values) encode_value(to, v.view());
    }
  }
}

void pair_state::decode(byte_reader& from) {
  watermark_.ns = static_cast<std::int64_t>(from.u64());
  evicted_ = from.varint();
  for (const auto of : {side::from, side::join}) {
    const auto count = from.varint();
    if (count > limits::rule_pair_rows_max) from.fail();
    for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
      row made{.at = {static_cast<std::int64_t>(from.u64())}, .number = from.varint()};
      if (from.u8() != 0) made.key = std::string(from.sized_text());
      const auto columns = columns_[static_cast<std::size_t>(of)];
      for (std::size_t c = 0; c < columns && from.ok(); ++c) made.values.emplace_back(decode_value(from));
      if (made.at < timestamp{} || !from.ok()) return from.fail();
      next_number_ = std::max(next_number_, made.number + 1);
      note_end(made.at);
      add(of, std::move(made));
    }
  }
  // Where a window ended already, the next one that holds the same ends a hop later.
  const auto hop = spec_.hop.count();
  if (next_end_ != INT64_MAX && watermark_.ns != INT64_MIN && next_end_ <= watermark_.ns) {
    next_end_ = (floor_div(watermark_.ns, hop) + 1) * hop;
  }
}

}  // namespace perigee::rules::detail
