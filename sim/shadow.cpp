#include "sim/shadow.hpp"

#include <algorithm>
#include <charconv>
#include <format>

#include "base/crc32c.hpp"
#include "model/derived.hpp"
#include "model/gap.hpp"
#include "model/record_batch.hpp"

namespace perigee::sim {
namespace {

constexpr std::size_t read_bytes = 64U << 10;
constexpr std::size_t verified_at_a_start = 24;
constexpr std::string_view number_key = "{\"n\":";

}  // namespace

std::uint32_t print_of(const model::record_view& r, byte_buffer& scratch) {
  scratch.resize(model::encoded_size(r));
  model::encode(r, scratch);
  return crc32c(scratch);
}

std::uint64_t number_in(byte_view payload) {
  const auto text = as_text(payload);
  std::uint64_t out = 0;
  if (text.starts_with(number_key)) {
    std::from_chars(text.data() + number_key.size(), text.data() + text.size(), out);
  }
  return out;
}

shadow::shadow(world& in, std::string node, bool with_rules) : world_(in), node_(std::move(node)) {
  if (with_rules) rules_.emplace(node_);
}

void shadow::follow(journal::journal& log) {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto l = static_cast<model::lane>(i);
    if (log[l].start() != log_offset() && l == model::lane::bulk) lost_input_ = true;
    journal::reader reader(log[l], log_offset(lanes_[i].size()));
    while (reader.behind() != 0) {
      const auto read = reader.read(read_bytes, [&](log_offset at, const model::record_view& r) { take(l, at, r); });
      if (!read) return world_.broken(std::format("{} cannot be read: {}", node_, read.error().text()));
      if (*read == 0) break;
    }
  }
}

void shadow::take(model::lane l, log_offset at, const model::record_view& r) {
  auto& to = lanes_[static_cast<std::size_t>(l)];
  if (at.value() != to.size()) {
    return world_.broken(
        std::format("P1: {} lane {}: {} committed, {} expected", node_, model::name_of(l), at.value(), to.size()));
  }
  entry e;
  e.print = print_of(r, scratch_);
  e.kind = r.kind;
  e.who = r.source;
  e.epoch = r.epoch.value();
  if (r.kind == model::record_kind::message) e.number = number_in(r.payload);
  if (r.kind == model::record_kind::batch) {
    const auto header = model::peek_batch(r.payload);
    if (!header) return world_.broken(std::format("{} stored a batch that does not open", node_));
    e.who = header->node;
    e.first = header->first.value();
    e.last = header->last.value();
  }
  to.push_back(std::move(e));
  world_.note(node_, model::name_of(l), at.value());
  if (!rules_) return;
  if (model::is_derived(r)) return rules_->take_output(r);
  if (l == model::lane::bulk) rules_->take_input(at, r);
}

void shadow::verify_some(journal::journal& log, const disk& on) {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    auto& in = log[static_cast<model::lane>(i)];
    const auto known = lanes_[i].size();
    if (known == 0) continue;
    verify(in, on, log_offset(world_.random().below(known)), verified_at_a_start);
    verify(in, on, log_offset(known - std::min(known, verified_at_a_start)), verified_at_a_start);
  }
}

void shadow::verify_all(journal::journal& log, const disk& on) {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    verify(log[static_cast<model::lane>(i)], on, log_offset(), SIZE_MAX);
  }
}

void shadow::verify(journal::lane_log& log, const disk& on, log_offset from, std::size_t records_max) {
  std::uint64_t damaged = 0;
  journal::reader reader(log, from);
  for (std::size_t n = 0; n < records_max && reader.behind() != 0; ++n) {
    const auto read =
        reader.read(1, [&](log_offset at, const model::record_view& r) { judge(log.lane(), at, r, damaged); });
    if (!read) return world_.broken(std::format("{} cannot be read: {}", node_, read.error().text()));
    if (*read == 0) break;  // what a bound dropped here is still being counted
  }
  if (damaged != 0) lost_input_ = true;
  // One flipped bit takes one record with it, or none.
  if (damaged > on.flips(log.lane())) {
    world_.broken(std::format("P1: {} cannot read {} records of lane {}, {} bits were flipped", node_, damaged,
                              model::name_of(log.lane()), on.flips(log.lane())));
  }
}

void shadow::judge(model::lane l, log_offset at, const model::record_view& r, std::uint64_t& damaged) {
  const auto& known = lanes_[static_cast<std::size_t>(l)];
  if (at.value() >= known.size()) return;  // recovered and not yet committed again
  world_.judged("P1 a stored record is as it was");
  if (print_of(r, scratch_) == known[at.value()].print) return;
  const auto gap = r.kind == model::record_kind::gap ? model::decode_gap(r.payload) : fail(errc::malformed, "");
  if (!gap) {
    return world_.broken(
        std::format("P1: {} {} {} is another record than was stored", node_, model::name_of(l), at.value()));
  }
  if (gap->reason == model::gap_reason::damaged) damaged += gap->last.value() - gap->first.value() + 1;
}

}  // namespace perigee::sim
