#include "rules/detail/pane_queue.hpp"

#include "base/rules_limits.hpp"

namespace perigee::rules::detail {

std::size_t bytes_of(const partial& p) {
  std::size_t out = sizeof(p) + sizeof(std::int64_t);
  for (const auto& one : p) out += one.bytes();
  return out;
}

void merge(partial& into, const partial& later) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i].merge(later[i]);
}

void encode_partial(byte_writer& to, const partial& p) {
  for (const auto& one : p) one.encode(to);
}

partial decode_partial(std::span<const aggregate_kind> kinds, byte_reader& from) {
  partial out;
  for (const auto kind : kinds) out.push_back(accumulator::decode(kind, from));
  return out;
}

void pane_queue::push(std::int64_t at, partial part) {
  if (new_.empty()) {
    new_total_ = part;
  } else {
    merge(new_total_, part);
  }
  bytes_ += bytes_of(part);
  new_.push_back({at, std::move(part)});
}

void pane_queue::flip() {
  bytes_ = 0;
  while (!new_.empty()) {
    auto one = std::move(new_.back());
    new_.pop_back();
    if (!old_.empty()) merge(one.parts, old_.back().parts);
    bytes_ += bytes_of(one.parts);
    old_.push_back(std::move(one));
  }
  new_total_.clear();
}

void pane_queue::drop_oldest() {
  if (old_.empty()) flip();
  bytes_ -= bytes_of(old_.back().parts);
  old_.pop_back();
}

void pane_queue::drop_before(std::int64_t at) {
  while (!empty() && oldest() < at) drop_oldest();
}

partial pane_queue::folded() const {
  if (old_.empty()) return new_total_;
  auto out = old_.back().parts;
  if (!new_.empty()) merge(out, new_total_);
  return out;
}

void pane_queue::encode(byte_writer& to) const {
  for (const auto* stack : {&old_, &new_}) {
    to.varint(stack->size());
    for (const auto& one : *stack) {
      to.signed_varint(one.at);
      encode_partial(to, one.parts);
    }
  }
}

pane_queue pane_queue::decode(std::span<const aggregate_kind> kinds, byte_reader& from) {
  pane_queue out;
  const auto old = from.varint();
  if (old > limits::rule_panes_max) from.fail();
  for (std::uint64_t i = 0; i < old && from.ok(); ++i) {
    const auto at = from.signed_varint();
    if (!out.old_.empty() && at > out.old_.back().at) from.fail();
    out.old_.push_back({at, decode_partial(kinds, from)});
    out.bytes_ += bytes_of(out.old_.back().parts);
  }
  const auto newer = from.varint();
  if (newer > limits::rule_panes_max) from.fail();
  for (std::uint64_t i = 0; i < newer && from.ok(); ++i) {
    const auto at = from.signed_varint();
    if (!out.new_.empty() && at < out.new_.back().at) from.fail();
    out.push(at, decode_partial(kinds, from));
  }
  return out;
}

}  // namespace perigee::rules::detail
