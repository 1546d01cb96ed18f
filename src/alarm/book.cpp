#include "alarm/book.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>
#include <tuple>

#include "base/limits.hpp"
#include "crypto/password.hpp"

namespace perigee::alarm {
namespace {

namespace json = boost::json;

/// The names come from outside and may hold anything, so their sizes keep them apart.
std::string id_of(std::string_view node, std::string_view name, std::string_view key) {
  const auto digest = crypto::sha256(as_bytes(std::format("{} {} {}{}{}", node.size(), name.size(), node, name, key)));
  std::string out;
  for (const auto b : byte_view(digest).first(8)) std::format_to(std::back_inserter(out), "{:02x}", b);
  return out;
}

std::string text_in(const json::object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::optional<timestamp> time_in(const json::object& in, std::string_view name) {
  const auto at = from_iso8601(text_in(in, name));
  return at ? std::optional(*at) : std::nullopt;
}

std::optional<timestamp> microseconds_in(const json::object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  if (found == nullptr || !found->is_int64()) return std::nullopt;
  const auto us = found->get_int64();
  if (us < 0 || us > INT64_MAX / 1000) return std::nullopt;
  return timestamp{us * 1000};
}

int severity_of(std::string_view word) {
  if (word == "critical") return 1;
  return word == "info" ? 4 : 2;
}

/// "temperature 93.2, speed 1480": what the rule had selected.
std::string describe(const json::object& values) {
  std::string out;
  for (const auto& [name, value] : values) {
    if (value.is_structured()) continue;
    out += std::format("{}{} {}", out.empty() ? "" : ", ", std::string_view(name),
                       value.is_string() ? std::string(value.get_string()) : json::serialize(value));
  }
  return out.substr(0, limits::alarm_key_bytes_max);
}

std::optional<double> first_number(const json::object& values) {
  for (const auto& [name, value] : values) {
    boost::system::error_code ec;
    if (value.is_number()) return value.to_number<double>(ec);
  }
  return std::nullopt;
}

}  // namespace

std::string_view alarm::state() const {
  if (cleared) return "cleared";
  return acknowledged ? "acknowledged" : "raised";
}

result<told> read_alarm(std::string_view payload) {
  boost::system::error_code ec;
  const auto parsed = json::parse(payload, ec);
  if (ec || !parsed.is_object()) return fail(errc::malformed, "an alarm is a JSON object");
  const auto& in = parsed.get_object();
  told out;
  out.name = text_in(in, "alarm");
  out.key = text_in(in, "key");
  out.severity = severity_of(text_in(in, "severity"));
  const auto state = text_in(in, "state");
  const auto at = microseconds_in(in, "ts");
  const bool known = state == "raised" || state == "cleared";
  if (out.name.empty() || out.name.size() > limits::rule_name_bytes_max || !known || !at ||
      out.key.size() > limits::alarm_key_bytes_max) {
    return fail(errc::malformed, "an alarm has a name, a state and a time");
  }
  out.raised = state == "raised";
  out.at = *at;
  out.since = microseconds_in(in, "since").value_or(*at);
  if (const auto* values = in.if_contains("values"); values != nullptr && values->is_object()) {
    out.message = describe(values->get_object());
    out.value = first_number(values->get_object());
  }
  return out;
}

void book::hear(std::string_view node, const told& what) {
  auto id = id_of(node, what.name, what.key);
  const auto found = all_.find(id);
  if (found == all_.end() && !what.raised) return;  // it was forgotten, or never heard of
  if (found == all_.end() && all_.size() >= limits::alarms_max) make_room();
  auto& one = found == all_.end() ? all_[id] : found->second;
  if (!one.id.empty() && what.at <= one.changed) return;  // heard already
  if (what.raised) {
    one = {.id = std::move(id),
           .node = std::string(node),
           .name = what.name,
           .key = what.key,
           .severity = what.severity,
           .raised = what.since,
           .changed = what.at,
           .message = what.message,
           .value = what.value};
  } else if (!one.cleared) {
    one.cleared = what.at;
  }
  one.changed = what.at;
  one.version = ++version_;
}

void book::make_room() {
  // Those that are cleared first, then by age.
  all_.erase(std::ranges::min_element(all_, {}, [](const auto& each) {
    const auto& a = each.second;
    return std::tuple(!a.cleared, a.changed);
  }));
}

const alarm* book::find(std::string_view id) const {
  const auto found = all_.find(id);
  return found == all_.end() ? nullptr : &found->second;
}

result<const alarm*> book::acknowledge(std::string_view id, acknowledgement by) {
  const auto found = all_.find(id);
  if (found == all_.end()) return fail(errc::not_found, "There is no such alarm.");
  auto& one = found->second;
  if (one.acknowledged) return fail(errc::refused, "The alarm is acknowledged already.");
  one.acknowledged = std::move(by);
  one.version = ++version_;
  return &one;
}

result<const alarm*> book::clear(std::string_view id, timestamp now) {
  const auto found = all_.find(id);
  if (found == all_.end()) return fail(errc::not_found, "There is no such alarm.");
  auto& one = found->second;
  if (one.cleared) return fail(errc::refused, "The alarm is cleared already.");
  one.cleared = now;
  one.version = ++version_;
  return &one;
}

std::string book::to_json() const {
  json::array rows;
  for (const auto& [id, a] : all_) {
    json::object row{{"node", a.node},
                     {"name", a.name},
                     {"key", a.key},
                     {"severity", a.severity},
                     {"raised", to_iso8601(a.raised)},
                     {"changed", to_iso8601(a.changed)},
                     {"message", a.message}};
    if (a.cleared) row["cleared"] = to_iso8601(*a.cleared);
    if (a.value) row["value"] = *a.value;
    if (a.acknowledged) {
      row["acknowledged"] = json::object{
          {"by", a.acknowledged->by}, {"at", to_iso8601(a.acknowledged->at)}, {"comment", a.acknowledged->comment}};
    }
    rows.push_back(std::move(row));
  }
  return json::serialize(json::object{{"version", 1}, {"alarms", std::move(rows)}}) + "\n";
}

namespace {

std::optional<alarm> alarm_in(const json::value& from) {
  if (!from.is_object()) return std::nullopt;
  const auto& in = from.get_object();
  const auto raised = time_in(in, "raised");
  const auto changed = time_in(in, "changed");
  const auto* severity = in.if_contains("severity");
  if (!raised || !changed || severity == nullptr || !severity->is_int64()) return std::nullopt;
  alarm out{.id = {},
            .node = text_in(in, "node"),
            .name = text_in(in, "name"),
            .key = text_in(in, "key"),
            .severity = static_cast<int>(std::clamp<std::int64_t>(severity->get_int64(), 1, 4)),
            .raised = *raised,
            .changed = *changed,
            .message = text_in(in, "message")};
  out.id = id_of(out.node, out.name, out.key);
  out.cleared = time_in(in, "cleared");
  const auto* value = in.if_contains("value");
  boost::system::error_code ec;
  if (value != nullptr && value->is_number()) out.value = value->to_number<double>(ec);
  const auto* by = in.if_contains("acknowledged");
  if (by == nullptr || !by->is_object()) return out;
  const auto at = time_in(by->get_object(), "at");
  if (!at) return std::nullopt;
  out.acknowledged = acknowledgement{text_in(by->get_object(), "by"), *at, text_in(by->get_object(), "comment")};
  return out;
}

}  // namespace

result<> book::restore(std::string_view text) {
  boost::system::error_code ec;
  const auto parsed = json::parse(text, ec);
  if (ec || !parsed.is_object()) return fail(errc::malformed, "this is no book of alarms");
  const auto* version = parsed.get_object().if_contains("version");
  const auto* rows = parsed.get_object().if_contains("alarms");
  if (version == nullptr || *version != 1 || rows == nullptr || !rows->is_array()) {
    return fail(errc::malformed, "this is no book of alarms of version 1");
  }
  alarms found;
  for (const auto& each : rows->get_array()) {
    auto one = alarm_in(each);
    if (!one || found.size() >= limits::alarms_max) return fail(errc::malformed, "the book has what is no alarm");
    one->version = ++version_;
    auto id = one->id;
    found.insert_or_assign(std::move(id), *std::move(one));
  }
  all_ = std::move(found);
  return {};
}

}  // namespace perigee::alarm
