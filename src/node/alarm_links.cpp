#include "node/alarm_links.hpp"

namespace perigee::node {
namespace {

constexpr std::string_view subject = "alarms";

}  // namespace

result<std::unique_ptr<readers::alarms::alarms_reader>> open_alarms(const ground& on, io::worker& worker,
                                                                    journal::journal& log, children& below,
                                                                    readers::alarms::alarms_options options) {
  PG_TRY(auto made, readers::alarms::alarms_reader::open(on.shard, on.disk, worker, log, std::move(options)));
  made->hand_down_by([&below](std::string_view child, byte_view message) { below.send(child, subject, message); });
  below.on_introduction([&alarms = *made](std::string_view child) { alarms.tell(child); });
  return made;
}

void hear_of_alarms(readers::alarms::alarms_reader& alarms, std::string_view topic, byte_view message) {
  if (topic.substr(topic.rfind('/') + 1) == subject) alarms.hear(message);
}

}  // namespace perigee::node
