#include "sim/coverage.hpp"

#include <format>

#include "model/gap.hpp"

namespace perigee::sim {
namespace {

constexpr std::size_t depth_max = 4;
constexpr std::size_t read_bytes = 1U << 20;

}  // namespace

coverage::coverage(world& in, std::map<std::string, const shadow*> nodes)
    : world_(in), nodes_(std::move(nodes)), decoders_(depth_max) {
  for (const auto& [name, of] : nodes_) {
    for (std::size_t i = 0; i < model::lane_count; ++i) {
      counts_[name][i].resize(of->of(static_cast<model::lane>(i)).size());
    }
  }
}

void coverage::read(journal::journal& top) {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto l = static_cast<model::lane>(i);
    journal::reader reader(top[l]);
    while (reader.behind() != 0) {
      const auto read =
          reader.read(read_bytes, [&](log_offset at, const model::record_view& r) { take(top.node(), l, at, r, 0); });
      if (!read) return world_.broken(std::format("the journal at the top does not read: {}", read.error().text()));
      if (*read == 0) break;
    }
  }
}

/// A gap that a reader put in the place of records, as against one that was itself committed.
bool coverage::stands_for_others(const std::string& node, model::lane l, log_offset at,
                                 const model::record_view& r) const {
  if (r.kind != model::record_kind::gap) return false;
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return true;
  const auto& lane = found->second->of(l);
  return at.value() >= lane.size() || lane[at.value()].kind != model::record_kind::gap;
}

coverage::counted* coverage::find(const std::string& node, model::lane l, std::uint64_t offset) {
  const auto found = counts_.find(node);
  if (found == counts_.end()) return nullptr;
  auto& lane = found->second[static_cast<std::size_t>(l)];
  return offset < lane.size() ? &lane[offset] : nullptr;
}

void coverage::take(const std::string& node, model::lane l, log_offset at, const model::record_view& r,
                    std::size_t depth) {
  if (stands_for_others(node, l, at, r)) return take_gap(node, r);
  auto* here = find(node, l, at.value());
  if (here == nullptr) {
    return world_.broken(
        std::format("P2: {} {} {} arrived and was never committed there", node, model::name_of(l), at.value()));
  }
  ++here->arrived;
  const bool newer = r.kind == model::record_kind::gap;
  world_.judged(newer ? "P8 what a newer version wrote arrives byte for byte" : "P1 a record arrives byte for byte");
  if (print_of(r, scratch_) != nodes_.at(node)->of(l)[at.value()].print) {
    return world_.broken(std::format("{}: {} {} {} is not at the top what was committed", newer ? "P8" : "P1", node,
                                     model::name_of(l), at.value()));
  }
  if (newer) return;
  if (r.kind == model::record_kind::batch) return take_batch(l, r, depth);
  if (r.payload.empty()) return;
  ++messages_;
  if (as_text(r.payload).ends_with(',')) ++poison_;
}

/// A batch covers its run without a hole: each offset is a record of its own, or stands in a gap.
void coverage::take_batch(model::lane l, const model::record_view& r, std::size_t depth) {
  const auto header = model::peek_batch(r.payload);
  if (!header || depth == depth_max) return world_.broken("a batch at the top does not open");
  const std::string child(header->node);
  auto expected = header->first;
  const auto opened = decoders_[depth].decode(r.payload, [&](log_offset at, const model::record_view& inner) {
    if (at != expected) {
      world_.broken(std::format("P3: {} {} {} to {} are gone without a word", child, model::name_of(l),
                                expected.value(), at.value() - 1));
    }
    expected = at.next();
    if (stands_for_others(child, l, at, inner)) {
      if (const auto gap = model::decode_gap(inner.payload)) expected = gap->last.next();
    }
    take(child, l, at, inner, depth + 1);
  });
  if (!opened) return world_.broken(std::format("a batch at the top does not open: {}", opened.error().text()));
  world_.judged("P3 a batch covers its run");
  if (expected != header->last.next()) {
    world_.broken(std::format("P3: {} {} {} to {} are gone without a word", child, model::name_of(l), expected.value(),
                              header->last.value()));
  }
}

void coverage::take_gap(const std::string& node, const model::record_view& r) {
  const auto gap = model::decode_gap(r.payload);
  if (!gap) return world_.broken(std::format("P3: a gap record of {} does not decode", node));
  world_.judged("P3 a gap record");
  miss(node, gap->lane, gap->first.value(), gap->last.value());
}

void coverage::miss(const std::string& node, model::lane l, std::uint64_t first, std::uint64_t last) {
  for (auto at = first; at <= last; ++at) {
    auto* here = find(node, l, at);
    if (here == nullptr) {
      return world_.broken(
          std::format("P3: a gap of {} {} stands for {}, which was never there", node, model::name_of(l), at));
    }
    ++here->in_gap;
    ++in_gaps_;
    const auto& was = nodes_.at(node)->of(l)[at];
    if (was.kind == model::record_kind::batch) miss(was.who, l, was.first, was.last);
  }
}

void coverage::judge() {
  for (const auto& [node, in_lanes] : counts_) {
    for (std::size_t i = 0; i < model::lane_count; ++i) {
      const auto name = model::name_of(static_cast<model::lane>(i));
      world_.judged("P2 P3 a record is there once, or in one gap", in_lanes[i].size());
      for (std::size_t at = 0; at < in_lanes[i].size(); ++at) {
        const auto [arrived, in_gap] = in_lanes[i][at];
        if (arrived + in_gap == 1) continue;
        world_.broken(
            arrived + in_gap == 0
                ? std::format("P3: {} {} {} neither arrived nor stands in a gap", node, name, at)
                : std::format("P2: {} {} {} arrived {} times and stands in {} gaps", node, name, at, arrived, in_gap));
      }
    }
  }
}

coverage::fate coverage::of(const std::string& node, model::lane l, std::uint64_t offset) const {
  const auto& here = counts_.at(node)[static_cast<std::size_t>(l)][offset];
  if (here.arrived != 0) return fate::arrived;
  return here.in_gap != 0 ? fate::gap : fate::nowhere;
}

}  // namespace perigee::sim
