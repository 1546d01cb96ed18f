// What operators did at both ends of a link that was down comes to the same, whatever the order in which it arrives.

#include <gtest/gtest.h>

#include <algorithm>

#include "alarm/alarm_test.hpp"
#include "base/random.hpp"

namespace perigee::alarm {
namespace {

using testing::act;
using testing::hear;

constexpr int activations = 4;
constexpr int deeds = 24;

/// What the edge's rules tell, in its own order: raised, maybe worse, maybe over, and raised again.
std::vector<std::string> conditions(prng& random) {
  std::vector<std::string> out;
  const auto say = [&](std::string_view state, std::int64_t since, std::string_view severity) {
    out.push_back(std::format(R"({{"alarm":"hot","state":"{}","ts":{},"since":{},"severity":"{}",)"
                              R"("latch":true,"confirm":true,"realarm_s":1,"group":"g"}})",
                              state, since + 3, since, severity));
  };
  for (int i = 1; i <= activations; ++i) {
    say("raised", i * 10, "warning");
    if (random.below(2) == 0) say("raised", i * 10, "critical");
    if (i < activations || random.below(2) == 0) say("cleared", i * 10, "warning");
  }
  return out;
}

telling some_deed(prng& random) {
  constexpr std::array kinds{event::acknowledge, event::confirm,   event::reset,    event::clear,
                             event::shelve,      event::unshelve,  event::suppress, event::unsuppress,
                             event::remove,      event::reinstate, event::comment};
  telling t{.node = "edge-1", .name = "hot", .what = kinds.at(random.below(kinds.size()))};
  t.since.ns = static_cast<std::int64_t>(random.below(activations) + 1) * 10'000;
  t.severity = random.below(2) == 0 ? severity::warning : severity::critical;
  t.at.ns = static_cast<std::int64_t>(random.below(8) + 1) * 1000;  // often the same
  t.by = random.below(2) == 0 ? "ada" : "bob";
  t.comment = std::format("{}", random.below(3));
  if (t.what == event::shelve) {
    t.kind = random.below(2) == 0 ? shelving::timed : shelving::one_shot;
    t.until.ns = t.at.ns + static_cast<std::int64_t>(random.below(4) + 1) * 1'000'000'000;
  }
  if (random.below(6) == 0) {  // of the whole group
    t = {.node = "edge-1", .what = random.below(2) == 0 ? event::suppress : event::unsuppress, .at = t.at, .by = t.by};
    t.with.group = "g";
  }
  return t;
}

/// All that a person can see of it.
std::string shown(const board& b) {
  const auto& e = *b.find(1);
  std::string out = std::format("{} since {} ended {}", name_of(state_of(e.now)), e.since.ns, e.over_at().ns);
  out += std::format(" {}{}{}{}", e.now.active, e.now.acked, e.now.confirmed, e.now.latched);
  for (const auto& each : deeds_of(e)) out += "\n" + to_payload(each);
  for (const auto& each : b.groups()) out += std::format("\n{} {} {}", each.name, each.suppressed, each.first_out);
  return out;
}

TEST(merge, comes_to_the_same_in_whatever_order_it_arrives) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    prng random(seed);
    const auto told = conditions(random);
    std::vector<telling> done;
    for (int i = 0; i < deeds; ++i) done.push_back(some_deed(random));
    std::vector<std::string> ends;
    for (const teller& owner :
         {teller{.node = "edge-1"}, {.node = "edge-1", .via = "edge-1"}, {.node = "edge-1", .via = "fog-1"}}) {
      board b;
      ASSERT_TRUE(hear(b, told[0], owner));
      auto deliveries = done;
      for (int again = 0; again < 6; ++again) deliveries.push_back(done.at(random.below(done.size())));
      for (std::size_t i = deliveries.size(); i > 1; --i) std::swap(deliveries[i - 1], deliveries[random.below(i)]);
      std::size_t next = 1;
      for (const auto& each : deliveries) {
        while (next < told.size() && random.below(3) == 0) hear(b, told[next++], owner);
        act(b, each, owner);
      }
      while (next < told.size()) hear(b, told[next++], owner);
      b.advance(timestamp{2'000'000'000});
      ends.push_back(shown(b));
    }
    ASSERT_EQ(ends[0], ends[1]) << "seed " << seed;
    ASSERT_EQ(ends[0], ends[2]) << "seed " << seed;
  }
}

/// Two boards with a link between them that is down most of the time; what is done is what each shows to be possible.
TEST(merge, two_operators_who_cannot_see_each_other_end_with_one_picture) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    prng random(seed);
    board child;
    board parent;
    const teller own{.node = "edge-1"};
    const teller from_child{.node = "edge-1", .via = "edge-1"};
    std::vector<std::string> up;
    std::vector<telling> to_parent;
    std::vector<telling> to_child;
    const auto sync = [&] {
      for (const auto& each : up) hear(parent, each, from_child);
      for (const auto& each : to_parent) act(parent, each, from_child);
      for (const auto& each : to_child) act(child, each, {.node = "edge-1"});
      up.clear();
      to_parent.clear();
      to_child.clear();
    };
    const auto told = conditions(random);
    hear(child, told[0], own);
    up.push_back(told[0]);
    sync();
    std::size_t next = 1;
    for (std::int64_t step = 1; step < 60; ++step) {
      if (next < told.size() && random.below(4) == 0) {
        hear(child, told[next], own);
        up.push_back(told[next++]);
      }
      const bool at_child = random.below(2) == 0;
      auto& b = at_child ? child : parent;
      auto said = some_deed(random);
      if (!said.name.empty() && b.refusal(*b.find(1), said.what, std::chrono::hours(1)) == nullptr) {
        const auto kind = said.kind;
        // The parent's clock is far behind.
        said = b.tell(*b.find(1), said.what, {{(at_child ? 1'000'000 : 0) + step * 1000}, said.by, said.comment});
        said.kind = kind;
        said.until = kind == shelving::unshelved ? timestamp{} : said.at + std::chrono::hours(1);
        act(b, said, own);
        (at_child ? to_parent : to_child).push_back(said);
      }
      if (random.below(10) == 0) sync();
    }
    sync();
    ASSERT_EQ(shown(child), shown(parent)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace perigee::alarm
