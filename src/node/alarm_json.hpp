#pragma once
// Alarms as the API shows them.

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "readers/alarms/alarms_reader.hpp"

namespace perigee::node {

/// The path segment that asks for a person's deed: "acknowledge"; empty for what is no person's.
[[nodiscard]] std::string_view verb_of(alarm::event what);

/// In the notation of api/schema.hpp.
[[nodiscard]] const std::string& alarm_notation();
inline constexpr std::string_view alarm_history_notation =
    "{history:[{at:time,what:text,by:text?,comment:text?,severity:whole,told_by:text,until:time?,one_shot:bool,"
    "message:text}]}";
inline constexpr std::string_view alarm_groups_notation =
    "{groups:[{node:text,group:text,members:whole,standing:whole,suppressed:bool,first_out:text?}],more:bool}";
inline constexpr std::string_view alarm_kpi_notation =
    "{flood:bool,flood_since:time?,last_10_minutes:whole,peak_10_minutes:whole,last_24_hours:whole,active:whole,"
    "standing:whole,unacknowledged:whole,stale:whole,shelved:whole,suppressed:whole,out_of_service:whole,"
    "chattering:[text],bad_actors:[{id:text,name:text,key:text,node:text,annunciated:whole}]}";

[[nodiscard]] boost::json::object to_json(const alarm::board& on, const alarm::entry& one);
[[nodiscard]] boost::json::object to_json(const readers::alarms::history_line& line);
[[nodiscard]] boost::json::object to_json(const alarm::board::group_view& one);
[[nodiscard]] boost::json::object kpi_to_json(const alarm::board& of);

}  // namespace perigee::node
