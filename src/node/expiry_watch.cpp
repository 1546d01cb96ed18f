#include "node/expiry_watch.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "alarm/telling.hpp"

namespace perigee::node {
namespace {

using control::enrolment::nearness;
using control::enrolment::upkeep;
using severity = alarm::severity;

constexpr std::string_view alarm_name = "certificate";

/// The file's name, as a level of a topic and the value of a label can have it.
std::string key_of(const std::string& file) {
  auto out = file.substr(file.rfind('/') + 1);
  std::ranges::replace_if(out, [](char c) { return c < ' ' || std::string_view("+#\"\\").contains(c); }, '_');
  return out;
}

std::optional<severity> severity_of(nearness how) {
  switch (how) {
    case nearness::far: return std::nullopt;
    case nearness::month: return severity::info;
    case nearness::week: return severity::warning;
    case nearness::day: break;
  }
  return severity::critical;
}

std::string values_of(const known_certificate& one) {
  return boost::json::serialize(boost::json::object{{"subject", one.subject},
                                                    {"file", one.file},
                                                    {"role", name_of(one.role)},
                                                    {"not_after", to_iso8601(one.not_after)}});
}

}  // namespace

expiry_watch::expiry_watch(std::string node, journal::journal& log, metrics::registry& metrics,
                           const alarm::board& so_far)
    : node_(std::move(node)), log_(log), metrics_(metrics) {
  for (const auto* each : so_far.in_order()) {
    if (each->node == node_ && each->name == alarm_name && each->condition)
      told_.emplace(each->key, raised{each->severity, each->since});
  }
}

void expiry_watch::look(const std::vector<known_certificate>& all, bool failing, timestamp now) {
  std::map<std::string, finding> found;
  for (const auto& [key, was] : told_) found[key] = {};  // a file that is gone ends its alarm
  for (const auto& each : all) {
    auto& of = found[key_of(each.file)];
    const auto by = !each.renewed_here ? upkeep::person : failing ? upkeep::failing : upkeep::itself;
    const auto level = severity_of(nearness_of({each.not_before, each.not_after}, by, now));
    if (of.worst == nullptr || each.not_after < of.worst->not_after) of.worst = &each;
    if (level && (!of.level || *of.level < *level)) of.level = level;
  }
  for (const auto& [key, what] : found) {
    if (what.worst != nullptr) measure(key, *what.worst, now);
    const auto was = told_.find(key);
    const bool same = was == told_.end() ? !what.level : what.level == was->second.level;
    if (!same) (void)tell(key, what, now);
  }
}

bool expiry_watch::tell(const std::string& key, const finding& what, timestamp now) {
  const auto was = told_.find(key);
  alarm::telling said{.name = std::string(alarm_name), .key = key};
  said.what = what.level ? alarm::event::activate : alarm::event::normalize;
  said.severity = what.level.value_or(was == told_.end() ? severity::info : was->second.level);
  said.at = now;
  said.since = was == told_.end() ? now : was->second.since;
  if (what.worst != nullptr) said.values = values_of(*what.worst);
  const auto payload = alarm::to_payload(said);
  const auto topic = std::format("alarm/{}/{}", alarm_name, key);
  model::record_view r;
  r.lane = model::lane::alarm;
  r.topic = topic;
  r.payload = as_bytes(payload);
  r.qos = 1;
  r.retain = true;
  r.source = alarm_name;
  r.arrival = now;
  if (!log_.append(r)) return false;
  if (what.level) told_.insert_or_assign(key, raised{*what.level, said.since});
  if (!what.level) told_.erase(key);
  return true;
}

void expiry_watch::measure(const std::string& key, const known_certificate& one, timestamp now) {
  metrics_
      .make_gauge("perigee_certificate_expires_seconds", "Until the first certificate of a file ends; below 0: it has",
                  std::format("file=\"{}\",role=\"{}\"", key, name_of(one.role)))
      .set(static_cast<double>((one.not_after - now).count()) / 1e9);
}

}  // namespace perigee::node
