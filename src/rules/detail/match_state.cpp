#include "rules/detail/match_state.hpp"

#include <algorithm>

#include "base/rules_limits.hpp"

namespace perigee::rules::detail {

void match_state::move_to(timestamp now, output tell) {
  if (now <= now_) return;
  now_ = now;
  if (next_ > now_.ns) return;
  auto all = begun_.sorted_by_key();
  // The first of a key that waits is the first whose time is over: those behind it are forgotten with it.
  const auto due = [this](const entry* e) {
    const auto first = std::ranges::find_if(e->begun, [this](const sequence& s) { return waits(s); });
    return first == e->begun.end() ? timestamp{INT64_MAX} : end_of(*first);
  };
  std::erase_if(all, [&](const entry* e) { return due(e) > now_; });
  std::ranges::stable_sort(all, {}, due);
  for (auto* e : all) {
    const auto first = std::ranges::find_if(e->begun, [this](const sequence& s) { return waits(s); });
    tell(end_of(*first), first->kept);
    begun_.erase(*e);
  }
  next_ = INT64_MAX;
  for (const auto& e : begun_) note(e);
}

void match_state::take(std::string_view key, timestamp at, condition is, keeper keep, output tell) {
  auto* found = begun_.find(key);
  if (found != nullptr) {
    std::erase_if(found->begun, [&](const sequence& s) { return end_of(s) <= at; });
    for (auto s = found->begun.begin(); s != found->begun.end();) {
      const auto how = advance(*s, is, keep);
      if (how == progress::complete) {
        tell(at, s->kept);
        return begun_.erase(*found);
      }
      s = how == progress::over ? found->begun.erase(s) : std::next(s);
    }
  }
  if (is(0, {})) {
    if (found == nullptr) found = &begun_.add(key);
    if (found->begun.size() == limits::rule_sequences_max) {
      found->begun.erase(found->begun.begin());
      begun_.count_evicted();
    }
    found->begun.push_back({at, {keep(0)}});
  }
  if (found == nullptr) return;
  if (found->begun.empty()) return begun_.erase(*found);
  settle(*found);
}

/// The message that a step waits for ends the watch of the NOT before it.
match_state::progress match_state::advance(sequence& s, condition is, keeper keep) {
  const auto next = s.kept.size();
  const bool watched = shape_.negated[next];
  const auto wanted = watched ? next + 1 : next;
  if (wanted < shape_.negated.size() && is(wanted, s.kept)) {
    if (watched) s.kept.emplace_back();
    s.kept.push_back(keep(wanted));
    return s.kept.size() == shape_.negated.size() ? progress::complete : progress::none;
  }
  return watched && is(next, s.kept) ? progress::over : progress::none;
}

void match_state::note(const entry& e) {
  for (const auto& s : e.begun) {
    if (waits(s)) next_ = std::min(next_, end_of(s).ns);
  }
}

void match_state::settle(entry& e) {
  std::size_t bytes = 0;
  for (const auto& s : e.begun) {
    bytes += sizeof(s);
    for (const auto& step : s.kept) {
      bytes += sizeof(step) + step.size() * sizeof(kept_value);
      for (const auto& v : step) bytes += v.heap_bytes();
    }
  }
  begun_.charge(e, bytes);
  note(e);
  begun_.make_room();
}

std::optional<timestamp> match_state::deadline() const {
  return next_ == INT64_MAX ? std::nullopt : std::optional(timestamp{next_});
}

void match_state::encode(byte_writer& to) const {
  to.u64(static_cast<std::uint64_t>(now_.ns));
  to.varint(begun_.evicted());
  to.varint(begun_.size());
  for (const auto& e : begun_) {
    to.sized(e.key);
    to.varint(e.begun.size());
    for (const auto& s : e.begun) {
      to.u64(static_cast<std::uint64_t>(s.first.ns));
      to.varint(s.kept.size());
      for (const auto& step : s.kept) {
        for (const auto& v : step) encode_value(to, v.view());
      }
    }
  }
}

void match_state::decode(byte_reader& from) {
  now_.ns = static_cast<std::int64_t>(from.u64());
  begun_.count_evicted(from.varint());
  const auto count = from.varint();
  if (count > limits::rule_groups_max) from.fail();
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    const auto key = from.sized_text();
    const auto sequences = from.varint();
    const bool good = sequences > 0 && sequences <= limits::rule_sequences_max && begun_.find(key) == nullptr;
    if (!from.ok() || !good) return from.fail();
    auto& made = begun_.add(key);
    for (std::uint64_t n = 0; n < sequences && from.ok(); ++n) {
      auto& s = made.begun.emplace_back();
      s.first.ns = static_cast<std::int64_t>(from.u64());
      const auto steps = from.varint();
      if (s.first < timestamp{} || steps == 0 || steps >= shape_.negated.size()) return from.fail();
      for (std::uint64_t step = 0; step < steps; ++step) {
        auto& kept = s.kept.emplace_back();
        for (std::size_t c = 0; c < shape_.columns[step] && from.ok(); ++c) kept.emplace_back(decode_value(from));
      }
    }
    settle(made);
  }
}

}  // namespace perigee::rules::detail
