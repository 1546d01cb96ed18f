#include "model/gap.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "base/limits.hpp"
#include "model/record_batch.hpp"

namespace perigee::model {
namespace {

constexpr std::uint8_t gap_version = 1;
constexpr std::size_t tallied_topics_max = 128 * limits::gap_topics_max;
constexpr std::size_t parts_in_sentence_max = 3;

constexpr std::string_view child_prefix = "uplink/";

/// "2026-11-22 10:02-10:07 UTC", with the second date where it is another day.
std::string span_of(timestamp oldest, timestamp newest) {
  constexpr std::size_t date = 10;  // characters of "2026-11-22"
  const auto minute = [](timestamp t) {
    auto text = to_iso8601(t).substr(0, 16);
    text[date] = ' ';
    return text;
  };
  const auto from = minute(oldest);
  const auto to = minute(newest);
  if (from == to) return from + " UTC";
  const bool same_day = from.substr(0, date) == to.substr(0, date);
  return std::format("{}{}{} UTC", from, same_day ? "-" : " - ", same_day ? to.substr(date + 1) : to);
}

/// "412 messages of a, 310 of b and 9 of others".
std::string amount_of(const gap& g) {
  if (g.parts.empty()) return std::format("{} records of lane {}", g.count, name_of(g.lane));
  auto rest = g.messages();
  std::string out;
  const auto named = std::min(g.parts.size(), parts_in_sentence_max);
  for (std::size_t i = 0; i < named; ++i) {
    const auto& part = g.parts[i];
    rest -= std::min(rest, part.messages);
    const bool last = i + 1 == named && rest == 0;
    if (i != 0) out += last ? " and " : ", ";
    out += std::format("{}{} of {}", part.messages,
                       i != 0               ? ""
                       : part.messages == 1 ? " message"
                                            : " messages",
                       part.topic);
  }
  if (rest != 0) out += std::format(" and {} of others", rest);
  return out;
}

}  // namespace

std::string_view name_of(gap_reason reason) {
  constexpr std::array<std::string_view, 5> names{"disk bound", "age", "damaged", "quarantine", "queue bound"};
  const auto number = static_cast<std::size_t>(reason);
  return number < names.size() ? names[number] : "other";
}

std::uint64_t gap::messages() const {
  if (parts.empty() && others == 0) return count;
  auto sum = others;
  for (const auto& part : parts) sum += part.messages;
  return sum;
}

void encode_gap(const gap& g, byte_buffer& out) {
  byte_writer to(out);
  to.u8(gap_version);
  to.u8(static_cast<std::uint8_t>(g.lane));
  to.u8(static_cast<std::uint8_t>(g.reason));
  to.varint(g.first.value());
  to.varint(g.last.value() - g.first.value());
  to.varint(g.count);
  to.signed_varint(g.oldest.ns);
  to.signed_varint(g.newest.ns);
  to.varint(g.others);
  const auto parts = std::min<std::size_t>(g.parts.size(), limits::gap_topics_max);
  to.varint(parts);
  for (std::size_t i = 0; i < parts; ++i) {
    to.sized(g.parts[i].topic);
    to.varint(g.parts[i].messages);
  }
}

result<gap> decode_gap(byte_view in) {
  byte_reader r(in);
  if (r.u8() > gap_version) return fail(errc::unsupported, "the gap was written by a newer version");
  gap out;
  const auto lane = r.u8();
  out.reason = static_cast<gap_reason>(r.u8());
  out.first = log_offset(r.varint());
  out.last = out.first.next(r.varint());
  out.count = r.varint();
  out.oldest = {r.signed_varint()};
  out.newest = {r.signed_varint()};
  out.others = r.varint();
  const auto parts = r.varint();
  bool sound =
      lane < lane_count && out.first <= out.last && out.oldest <= out.newest && parts <= limits::gap_topics_max;
  for (std::uint64_t i = 0; sound && r.ok() && i < parts; ++i) {
    const auto topic = r.sized_text();
    out.parts.push_back({topic, r.varint()});
    sound = topic.size() <= limits::topic_bytes_max;
  }
  if (!r.ok() || !r.done() || !sound) return fail(errc::malformed, "the bytes are not a gap");
  out.lane = static_cast<model::lane>(lane);
  return out;
}

std::string describe(const gap& g) {
  auto out = amount_of(g);
  out += g.reason == gap_reason::damaged ? " cannot be read" : " dropped";
  if (g.newest.ns != 0) out += ' ' + span_of(g.oldest.ns != 0 ? g.oldest : g.newest, g.newest);
  return out + ": " + std::string(name_of(g.reason));
}

void gap_tally::add(const record_view& r) {
  if (r.kind == record_kind::gap) {
    if (const auto inner = decode_gap(r.payload)) return add(*inner);
  }
  if (r.arrival.ns != 0) cover(r.arrival, r.arrival);
  if (r.kind == record_kind::batch) {
    if (const auto block = peek_batch(r.payload)) {
      return add(std::string(child_prefix) + std::string(block->node), block->records);
    }
  }
  add(r.topic, 1);
}

void gap_tally::add(const gap& g) {
  if (g.newest.ns != 0) cover(g.oldest.ns != 0 ? g.oldest : g.newest, g.newest);
  for (const auto& part : g.parts) add(part.topic, part.messages);
  others_ += g.parts.empty() ? g.messages() : g.others;
}

void gap_tally::add(std::string_view topic, std::uint64_t messages) {
  if (const auto found = by_topic_.find(topic); found != by_topic_.end()) {
    found->second += messages;
  } else if (by_topic_.size() < tallied_topics_max) {
    by_topic_.emplace(topic, messages);
  } else {
    others_ += messages;
  }
}

void gap_tally::cover(timestamp oldest, timestamp newest) {
  oldest_ = newest_.ns == 0 ? oldest : std::min(oldest_, oldest);
  newest_ = std::max(newest_, newest);
}

void gap_tally::describe_in(gap& out) const {
  out.oldest = oldest_;
  out.newest = newest_;
  out.others = others_;
  out.parts.assign(by_topic_.size(), {});
  std::ranges::transform(by_topic_, out.parts.begin(),
                         [](const auto& each) { return gap_part{each.first, each.second}; });
  std::ranges::sort(out.parts, [](const gap_part& a, const gap_part& b) {
    return a.messages != b.messages ? a.messages > b.messages : a.topic < b.topic;
  });
  for (std::size_t i = limits::gap_topics_max; i < out.parts.size(); ++i) out.others += out.parts[i].messages;
  if (out.parts.size() > limits::gap_topics_max) out.parts.resize(limits::gap_topics_max);
}

}  // namespace perigee::model
