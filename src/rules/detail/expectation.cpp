#include "rules/detail/expectation.hpp"

#include <format>

namespace perigee::rules::detail {
namespace {

template <class T>
bool agrees(const std::optional<T>& wanted, const std::optional<T>& came) {
  return !wanted || wanted == came;
}

}  // namespace

bool matches(const expectation& wanted, const expectation& came) {
  return wanted.what == came.what && wanted.target == came.target && agrees(wanted.payload, came.payload) &&
         agrees(wanted.key, came.key) && agrees(wanted.raised, came.raised);
}

std::string described(const expectation& e) {
  if (e.what != expectation::kind::alarm) {
    const auto* verb = e.what == expectation::kind::publish ? "publish" : "store";
    return std::format("{} {} {}", verb, e.target, e.payload.value_or("(any payload)"));
  }
  const auto* state = !e.raised ? "(raised or cleared)" : *e.raised ? "raised" : "cleared";
  return std::format("alarm {} {}, key '{}'", e.target, state, e.key.value_or("(any)"));
}

void action_log::on_publish(const publish_action& action) {
  actions.push_back(
      {expectation::kind::publish, std::string(action.topic), std::string(as_text(action.payload)), {}, {}});
}

void action_log::on_alarm(const alarm_action& action) {
  actions.push_back({expectation::kind::alarm, std::string(action.name), {}, std::string(action.key), action.raised});
}

void action_log::on_store(const store_action& action) {
  actions.push_back(
      {expectation::kind::store, std::string(action.topic), std::string(as_text(action.payload)), {}, {}});
}

}  // namespace perigee::rules::detail
