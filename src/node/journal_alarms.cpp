#include "node/journal_alarms.hpp"

#include <format>

#include "base/log.hpp"

namespace perigee::node {
namespace {

std::string_view name_of_key(std::size_t key) {
  return key < model::lane_count ? model::name_of(static_cast<model::lane>(key)) : "disk";
}

}  // namespace

journal_alarms::journal_alarms(journal::journal& log) : log_(log) {
  log_.on_trouble([this](const journal::trouble& t) { heard(t); });
}

journal_alarms::~journal_alarms() { log_.on_trouble(nullptr); }

void journal_alarms::heard(const journal::trouble& t) {
  const auto lane = static_cast<std::size_t>(t.lane);
  const bool low = t.what == journal::trouble::kind::disk_low;
  if (low) low_.set(lane, t.began);
  auto& a = alarms_[low ? disk_key : lane];
  const bool raised = low ? low_.any() : t.began;
  if (raised && !a.raised) {
    a.since = {};
    a.why = t.why;
    a.owes_raise = true;
  }
  a.raised = raised;
}

void journal_alarms::tick(timestamp now) {
  for (std::size_t key = 0; key < alarms_.size(); ++key) {
    auto& a = alarms_[key];
    if (a.owes_raise && a.since.ns == 0) a.since = now;
    if (a.owes_raise && tell(key, true, now)) {
      a.owes_raise = false;
      a.told_raised = true;
    }
    if (!a.raised && a.told_raised && !a.owes_raise && tell(key, false, now)) a.told_raised = false;
  }
}

bool journal_alarms::tell(std::size_t key, bool raised, timestamp now) {
  const auto& a = alarms_[key];
  const auto name = name_of_key(key);
  const auto text =
      std::format(R"({{"alarm":"journal","key":"{}","severity":"critical","state":"{}","ts":{},"since":{},)"
                  R"("values":{{"reason":"{}"}}}})",
                  name, raised ? "raised" : "cleared", now.ns / 1000, a.since.ns / 1000, a.why);
  const auto topic = std::format("alarm/journal/{}", name);
  model::record_view r;
  r.lane = model::lane::alarm;
  r.topic = topic;
  r.payload = as_bytes(text);
  r.qos = 1;
  r.retain = true;
  r.source = "journal";
  r.arrival = now;
  return log_.append(r).has_value();
}

}  // namespace perigee::node
