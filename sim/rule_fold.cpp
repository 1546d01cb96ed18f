#include "sim/rule_fold.hpp"

#include <array>
#include <format>

#include "base/check.hpp"
#include "model/derived.hpp"

namespace perigee::sim {
namespace {

constexpr std::string_view hot = R"sql(/*
name = "hot"
[[action]]
publish = "cmd/${topic(2)}"
payload = '{"slow_down":${n}}'
qos = 1
[[action]]
alarm = "hot"
key = "topic(2)"
*/
SELECT n, v FROM 'plant/+/bulk' WHERE v > 80
)sql";

constexpr std::string_view each_5_s = R"sql(/*
name = "each-5-s"
[[action]]
store = "sums/${machine}"
*/
SELECT topic(2) AS machine, count(*) AS n, sum(v) AS s, last(n) AS newest, window_end() AS until
FROM 'plant/+/bulk' GROUP BY machine, TUMBLINGWINDOW(ss, 5)
)sql";

constexpr std::string_view held = R"sql(/*
name = "held"
[[action]]
store = "held/${topic(2)}"
*/
SELECT n, v, timestamp() AS at FROM 'plant/+/bulk' WHERE v > 40 FOR 2 SECONDS
)sql";

constexpr std::string_view rising = R"sql(/*
name = "rising"
[[action]]
store = "rising/${topic(2)}"
*/
SELECT n, v - lag(v) OVER (PARTITION BY topic(2)) AS rise
FROM 'plant/+/bulk' WHERE v > lag(v) OVER (PARTITION BY topic(2)) + 50
)sql";

std::string line(std::string_view topic, byte_view payload) { return std::format("{} {}", topic, as_text(payload)); }

}  // namespace

rules::rule_set the_rules() {
  const std::array sources{rules::rule_source{"hot.rule.sql", std::string(hot)},
                           rules::rule_source{"sums.rule.sql", std::string(each_5_s)},
                           rules::rule_source{"held.rule.sql", std::string(held)},
                           rules::rule_source{"rising.rule.sql", std::string(rising)}};
  auto set = rules::rule_set::load(sources);
  PG_CHECK(set.has_value(), "the simulation's rules do not compile");
  return *std::move(set);
}

void rule_fold::take_input(log_offset at, const model::record_view& r) {
  const auto lane = static_cast<std::uint8_t>(r.lane);
  set_.advance(lane, r.arrival, *this);
  (void)opener_.for_each_message({node_, {}, at}, r, [&](const model::origin&, const model::record_view& m) {
    if (m.kind != model::record_kind::message || model::is_derived(m)) return;
    if (m.topic.starts_with('$')) return;
    set_.apply({m.topic, m.payload, m.arrival, at, m.source, r.arrival, lane}, *this);
  });
}

void rule_fold::take_output(const model::record_view& r) {
  if (!seen_.emplace(r.sequence.value(), line(r.topic, r.payload)).second) ++doubled_;
}

void rule_fold::on_publish(const rules::publish_action& action) {
  expected_.push_back(line(action.topic, action.payload));
}

void rule_fold::on_alarm(const rules::alarm_action& action) {
  expected_.push_back(line(std::format("alarm/{}/{}", action.name, action.key), action.payload));
}

void rule_fold::on_store(const rules::store_action& action) { expected_.push_back(line(action.topic, action.payload)); }

std::string rule_fold::difference() const {
  if (doubled_ != 0) return std::format("{} outputs of the rules are there twice", doubled_);
  auto next = expected_.begin();
  for (const auto& [at, is] : seen_) {
    if (next == expected_.end()) return std::format("the rules put out '{}', an uninterrupted run does not", is);
    if (*next != is) return std::format("the rules put out '{}', an uninterrupted run '{}'", is, *next);
    ++next;
  }
  if (next != expected_.end()) return std::format("the rules never put out '{}'", *next);
  return {};
}

}  // namespace perigee::sim
