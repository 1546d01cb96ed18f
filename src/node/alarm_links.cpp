#include "node/alarm_links.hpp"

namespace perigee::node {
namespace {

constexpr std::string_view subject = "alarms";

}  // namespace

void hand_alarms_down(readers::alarms::alarms_reader& alarms, children& below) {
  alarms.hand_down_by([&below](std::string_view child, byte_view message) { below.send(child, subject, message); });
  below.on_introduction([&alarms](std::string_view child) { alarms.tell(child); });
}

void hear_of_alarms(readers::alarms::alarms_reader& alarms, std::string_view topic, byte_view message) {
  if (topic.substr(topic.rfind('/') + 1) == subject) alarms.hear(message);
}

}  // namespace perigee::node
