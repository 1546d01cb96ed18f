#include "rules/detail/alarm_text.hpp"

#include "base/rules_limits.hpp"
#include "rules/detail/alarm_design.hpp"

namespace perigee::rules::detail {

std::optional<std::string_view> alarm_payload(scratch& out, const alarm_action& a, std::string_view members,
                                              std::string_view columns) {
  constexpr std::int64_t ns_per_us = 1000;
  out.begin();
  out.put(R"({"alarm":)");
  put_json_text(out, a.name);
  out.put(R"(,"key":)");
  put_json_text(out, a.key);
  out.put(R"(,"severity":)");
  put_json_text(out, name_of(a.severity));
  out.put(a.raised ? R"(,"state":"raised","ts":)" : R"(,"state":"cleared","ts":)");
  put_plain(out, of_number(static_cast<double>(a.at.ns / ns_per_us)));
  out.put(R"(,"since":)");
  put_plain(out, of_number(static_cast<double>(a.since.ns / ns_per_us)));
  out.put(members);
  out.put(R"(,"values":)");
  out.put(columns);
  out.put('}');
  return out.take();
}

std::string alarm_design::members() const {
  constexpr std::size_t room_bytes = 4096;
  scratch out(room_bytes);
  out.begin();
  const auto put_number = [&out](std::string_view name, std::chrono::nanoseconds d) {
    out.put(name);
    put_plain(out, of_number(static_cast<double>(std::chrono::duration_cast<std::chrono::seconds>(d).count())));
  };
  const auto put_text = [&out](std::string_view name, std::string_view text) {
    if (text.empty()) return;
    out.put(name);
    put_json_text(out, text);
  };
  if (latch) out.put(R"(,"latch":true)");
  if (confirm) out.put(R"(,"confirm":true)");
  if (realarm > std::chrono::nanoseconds::zero()) put_number(R"(,"realarm_s":)", realarm);
  if (shelve_max) put_number(R"(,"shelve_max_s":)", *shelve_max);
  put_text(R"(,"group":)", group);
  put_text(R"(,"suppresses":)", suppresses);
  return std::string(out.take().value_or(""));
}

}  // namespace perigee::rules::detail
