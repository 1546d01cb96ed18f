#include "sim/judgement.hpp"

#include <format>
#include <map>

namespace perigee::sim {

void judge_device(world& in, const device& d, const coverage& top) {
  const auto& name = d.chosen().name;
  const auto& stored = d.at().shadow();
  std::map<std::uint64_t, std::size_t> there;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto l = static_cast<model::lane>(i);
    std::uint64_t last = 0;
    for (std::size_t at = 0; at < stored.of(l).size(); ++at) {
      const auto& e = stored.of(l)[at];
      if (e.number == 0 || e.who != name) continue;
      if (top.of(d.at().name(), l, at) == coverage::fate::nowhere) continue;
      ++there[e.number];
      if (d.chosen().stamped && e.number < last) in.broken(std::format("P2: {} {} is out of order", name, e.number));
      last = e.number;
    }
  }
  in.judged("P1 an acknowledged reading is there", d.acknowledged().size());
  for (const auto number : d.acknowledged()) {
    if (!there.contains(number)) in.broken(std::format("P1: {} {} was acknowledged and is lost", name, number));
  }
  for (const auto& [number, times] : there) {
    if (d.chosen().stamped) in.judged("P2 a stamped reading is there once");
    if (d.chosen().stamped && times != 1) in.broken(std::format("P2: {} {} is there {} times", name, number, times));
  }
  for (std::uint64_t number = 1; number <= d.produced(); ++number) {
    if (there.contains(number) || d.refused().contains(number)) continue;
    in.broken(std::format("P3: {} {} is neither there nor was it refused", name, number));
  }
}

void judge_rules(world& in, const node& at) {
  const auto* fold = at.shadow().rules();
  if (fold == nullptr || at.shadow().lost_input()) return;
  in.judged("P2 an output of the rules is that of an uninterrupted run", fold->outputs());
  if (const auto why = fold->difference(); !why.empty()) in.broken(std::format("P2: {}", why));
}

void judge_history(world& in, node& at, const coverage& top) {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    if (at.disk().flips(static_cast<model::lane>(i)) != 0) return;  // it may have stored what later was damaged
  }
  const auto aside = at.aside().size();
  const auto totals = at.history_totals();
  if (!totals) return in.broken("P7: the history does not open");
  in.judged("P2 a message is in the history once", top.messages());
  in.judged("P7 a reading that is no JSON is in quarantine", top.poison());
  if (aside != top.poison()) {
    in.broken(std::format("P7: {} records are in quarantine, {} cannot be read", aside, top.poison()));
  }
  if (totals->messages + aside != top.messages()) {
    in.broken(std::format("P2: the history holds {} messages and {} are in quarantine, {} arrived", totals->messages,
                          aside, top.messages()));
  }
}

}  // namespace perigee::sim
