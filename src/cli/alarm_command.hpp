#pragma once
// `perigee alarm`: docs/alarms.md.

#include "cli/command.hpp"
#include "cli/common_arguments.hpp"

namespace perigee::cli {

exit_code run_alarm(const invocation& called);
exit_code run_alarm_ls(const invocation& called);
exit_code run_alarm_show(const invocation& called);
exit_code run_alarm_history(const invocation& called);
exit_code run_alarm_ack(const invocation& called);
exit_code run_alarm_confirm(const invocation& called);
exit_code run_alarm_reset(const invocation& called);
exit_code run_alarm_clear(const invocation& called);
exit_code run_alarm_shelve(const invocation& called);
exit_code run_alarm_unshelve(const invocation& called);
exit_code run_alarm_suppress(const invocation& called);
exit_code run_alarm_unsuppress(const invocation& called);
exit_code run_alarm_out_of_service(const invocation& called);
exit_code run_alarm_return_to_service(const invocation& called);
exit_code run_alarm_comment(const invocation& called);
exit_code run_alarm_groups(const invocation& called);
exit_code run_alarm_kpi(const invocation& called);

namespace arguments {

inline constexpr argument this_alarm = {"id", "ID", "as `perigee alarm ls` shows it", required};
inline constexpr argument as_whom = {"--as", "NAME", "who does it (default the user of this shell)", optional};
inline constexpr argument comment = {"--comment", "TEXT", "why, or what is done about it", optional};
inline constexpr argument alarm_ls_arguments[] = {
    {"--state", "STATE", "standing, all, raised, aside, shelved, normal, ... (default standing)", optional},
    {"--of", "NODE", "those of this node", optional},
    {"--group", "GROUP", "those of this group", optional},
    {"--severity", "N", "1, the worst, to 4", optional},
    row_limit,
    of_node,
    data,
    json,
};
inline constexpr argument alarm_show_arguments[] = {this_alarm, of_node, data, json};
inline constexpr argument alarm_arguments[] = {this_alarm, comment, as_whom, of_node, data, json};
inline constexpr argument alarm_shelve_arguments[] = {
    this_alarm,
    {"--for", "TIME", "30m, 2h (default as long as the alarm may be)", optional},
    {"--once", "", "not beyond this activation", optional},
    comment,
    as_whom,
    of_node,
    data,
    json,
};
inline constexpr argument alarm_group_arguments[] = {
    {"id", "ID", "as `perigee alarm ls` shows it", optional},
    {"--group", "GROUP", "all of a group in its place", optional},
    {"--of", "NODE", "whose group that is", optional},
    comment,
    as_whom,
    of_node,
    data,
    json,
};
inline constexpr argument alarm_comment_arguments[] = {
    this_alarm, {"text", "TEXT", "what there is to say", required}, as_whom, of_node, data, json};
inline constexpr argument alarm_whole_arguments[] = {of_node, data, json};

}  // namespace arguments

}  // namespace perigee::cli
