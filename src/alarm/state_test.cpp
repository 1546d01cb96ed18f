// Every state with every event: what the figure says, and what a board does.

#include "alarm/state.hpp"

#include <gtest/gtest.h>

#include <format>
#include <map>

#include "alarm/alarm_test.hpp"

namespace perigee::alarm {
namespace {

using namespace std::chrono_literals;
using testing::act;
using testing::hear;

/// One alarm on a board, to which things happen.
class walker {
 public:
  explicit walker(std::string_view designed) : designed_(designed) {}

  /// False where it is refused.
  bool happens(event what) {
    ++clock_;
    if (refusal(now(), what) != nullptr) return false;
    if (what == event::activate) return raise(clock_, "info");
    if (what == event::realarm) return raise(since_, severities_.at(++severity_));
    if (what == event::normalize) return hear(board_, told("cleared", since_, "info"));
    auto said = board_.tell(*board_.find(1), what, {{clock_ * 1000}, "ada", ""});
    if (what == event::shelve) {
      said.kind = shelving::timed;
      said.until = said.at + 1h;
    }
    return act(board_, said);
  }
  [[nodiscard]] standing now() const { return board_.find(1) == nullptr ? standing{} : board_.find(1)->now; }

 private:
  bool raise(std::int64_t since, std::string_view severity) {
    since_ = since;
    return hear(board_, told("raised", since, severity));
  }
  [[nodiscard]] std::string told(std::string_view state, std::int64_t since, std::string_view severity) const {
    return std::format(R"({{"alarm":"a","state":"{}","ts":{},"since":{},"severity":"{}"{}}})", state, clock_, since,
                       severity, designed_);
  }

  static constexpr std::array<std::string_view, 3> severities_{"info", "warning", "critical"};
  std::string_view designed_;
  board board_;
  std::int64_t clock_ = 0;
  std::int64_t since_ = 0;
  std::size_t severity_ = 0;
};

constexpr std::array process_events{event::activate, event::normalize, event::realarm, event::acknowledge,
                                    event::confirm,  event::reset,     event::clear};

struct row {
  std::string_view designed;  // attributes of the alarm
  std::vector<event> path;    // how it gets there
  state from;
  std::string_view then;  // after each of process_events; '-': refused. e: latched and acknowledged, u: unconfirmed
};

const std::map<char, state>& letters() {
  static const std::map<char, state> all{
      {'A', state::normal},     {'B', state::unacknowledged},         {'C', state::acknowledged},
      {'D', state::returned},   {'E', state::latched_unacknowledged}, {'e', state::latched_acknowledged},
      {'u', state::unconfirmed}};
  return all;
}

using enum event;
constexpr std::string_view latches = R"(,"latch":true)";
constexpr std::string_view confirms = R"(,"confirm":true)";
constexpr std::string_view both = R"(,"latch":true,"confirm":true)";

const std::vector<row>& rows() {
  static const std::vector<row> all{
      // designed, how it gets there, where it is, and then: activate normalize realarm acknowledge confirm reset clear
      {"", {}, state::normal, "B------"},
      {"", {activate}, state::unacknowledged, "-DBC--D"},
      {"", {activate, acknowledge}, state::acknowledged, "-AB---A"},
      {"", {activate, normalize}, state::returned, "B--A---"},
      {"", {activate, normalize, acknowledge}, state::normal, "B------"},
      {latches, {activate}, state::unacknowledged, "-EBC--E"},
      {latches, {activate, acknowledge}, state::acknowledged, "-eB---e"},
      {latches, {activate, normalize}, state::latched_unacknowledged, "B--e---"},
      {latches, {activate, acknowledge, normalize}, state::latched_acknowledged, "B----A-"},
      {latches, {activate, acknowledge, normalize, reset}, state::normal, "B------"},
      {confirms, {activate}, state::unacknowledged, "-DBC--D"},
      {confirms, {activate, acknowledge}, state::acknowledged, "-uB-C-u"},
      {confirms, {activate, acknowledge, confirm}, state::acknowledged, "-AB---A"},
      {confirms, {activate, normalize}, state::returned, "B--u---"},
      {confirms, {activate, normalize, acknowledge}, state::unconfirmed, "B---A--"},
      {both, {activate, normalize}, state::latched_unacknowledged, "B--e---"},
      {both, {activate, acknowledge, normalize}, state::latched_acknowledged, "B---eu-"},
      {both, {activate, acknowledge, normalize, confirm}, state::latched_acknowledged, "B----A-"},
      {both, {activate, acknowledge, normalize, reset}, state::unconfirmed, "B---A--"},
  };
  return all;
}

TEST(states, are_those_of_the_figure_for_every_event) {
  for (const auto& each : rows()) {
    for (std::size_t i = 0; i < process_events.size(); ++i) {
      walker w(each.designed);
      for (const auto step : each.path) ASSERT_TRUE(w.happens(step));
      const auto where = std::format("{}{}, event {}", letter_of(each.from), each.designed, i);
      ASSERT_EQ(state_of(w.now()), each.from) << where;
      const bool happened = w.happens(process_events[i]);
      EXPECT_EQ(happened, each.then[i] != '-') << where;
      EXPECT_EQ(state_of(w.now()), happened ? letters().at(each.then[i]) : each.from) << where;
    }
  }
}

TEST(states, go_on_below_what_puts_an_alarm_aside) {
  const std::map<event, state> ways{
      {shelve, state::shelved}, {suppress, state::suppressed}, {event::remove, state::out_of_service}};
  const std::map<event, event> back{{shelve, unshelve}, {suppress, unsuppress}, {event::remove, reinstate}};
  for (const auto& each : rows()) {
    if (each.path.empty()) continue;  // the board does not know it yet
    for (const auto& [way, aside] : ways) {
      for (std::size_t i = 0; i < process_events.size(); ++i) {
        walker w(each.designed);
        for (const auto step : each.path) ASSERT_TRUE(w.happens(step));
        EXPECT_FALSE(w.happens(back.at(way)));
        ASSERT_TRUE(w.happens(way));
        EXPECT_FALSE(w.happens(way)) << "twice";
        EXPECT_EQ(w.happens(process_events[i]), each.then[i] != '-');
        const auto below = each.then[i] == '-' ? each.from : letters().at(each.then[i]);
        EXPECT_EQ(state_of(w.now()), aside);
        EXPECT_EQ(process_state_of(w.now()), below);
        EXPECT_FALSE(is_annunciated(w.now()));
        ASSERT_TRUE(w.happens(back.at(way)));
        EXPECT_EQ(state_of(w.now()), below);
      }
    }
  }
}

TEST(states, out_of_service_counts_before_suppressed_before_shelved) {
  walker w("");
  for (const auto what : {activate, shelve, suppress, event::remove}) ASSERT_TRUE(w.happens(what));
  EXPECT_EQ(state_of(w.now()), state::out_of_service);
  w.happens(reinstate);
  EXPECT_EQ(state_of(w.now()), state::suppressed);
  w.happens(unsuppress);
  EXPECT_EQ(state_of(w.now()), state::shelved);
}

TEST(states, every_refusal_has_a_reason_and_every_arrow_is_walked) {
  std::size_t walked = 0;
  for (const auto& a : figure()) {
    for (const auto& each : rows()) {
      if (each.from != a.from) continue;
      walker w(each.designed);
      for (const auto step : each.path) ASSERT_TRUE(w.happens(step));
      if (!w.happens(a.what) || state_of(w.now()) != a.to) continue;
      ++walked;
      break;
    }
  }
  EXPECT_EQ(walked, figure().size());
  for (std::size_t what = 0; what < event_count; ++what) {
    for (unsigned flags = 0; flags < 64; ++flags) {
      const standing now{(flags & 1) != 0,    (flags & 2) != 0,  (flags & 4) != 0, (flags & 8) != 0,
                         shelving::unshelved, (flags & 16) != 0, (flags & 32) != 0};
      const auto* why = refusal(now, static_cast<event>(what));
      EXPECT_TRUE(why == nullptr || *why != '\0');
    }
  }
}

}  // namespace
}  // namespace perigee::alarm
