#include <algorithm>
#include <format>

#include "cli/api_list.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/doctor.hpp"
#include "cli/node_api.hpp"
#include "io/file.hpp"
#include "node/run_file.hpp"

namespace perigee::cli {
namespace {

std::string_view word_for(verdict v) { return v == verdict::good ? "good" : v == verdict::note ? "note" : "bad"; }

void show(const std::vector<finding>& all, bool json) {
  const bool colours = stdout_has_colour();
  std::string out;
  for (const auto& one : all) {
    if (json) {
      out += std::format("{}{{\"check\":{},\"verdict\":\"{}\",\"text\":{}}}", out.empty() ? "" : ",",
                         json_text(one.check), word_for(one.how), json_text(one.text));
      continue;
    }
    constexpr colour shades[] = {colour::green, colour::yellow, colour::red};
    out += std::format("{}  {:<12} {}\n",
                       painted(std::format("{:<4}", word_for(one.how)), shades[static_cast<int>(one.how)], colours),
                       one.check, one.text);
  }
  print(json ? std::format("{{\"findings\":[{}]}}\n", out) : out);
}

/// `what` is renewed by the node itself.
finding check_renewal(const char* what, const boost::json::object& now) {
  const auto due = "about " + to_second(text_of(now, "due"));
  if (const auto why = text_of(now, "failing"); !why.empty())
    return {what, verdict::bad, std::format("was due {}, and fails: {}", due, why)};
  return {what, verdict::good, due};
}

std::optional<finding> check_known_time(const boost::json::object& clock) {
  const auto from = text_of(clock, "known_from");
  if (from.empty()) return std::nullopt;
  return finding{"time", verdict::note,
                 std::format("the clock is behind; certificates are checked at {}, known from {}",
                             to_second(text_of(clock, "checked_at")), from)};
}

/// What the running node says of its own identity; nothing where none runs.
std::vector<finding> ask_running(const invocation& called, const node::config& chosen) {
  std::vector<finding> out;
  const auto info = node::read_run_file(io::real_disk(), chosen.data);
  if (!info || !info->api) return out;
  const auto running = node_api::find(called, "doctor", "file");
  const auto said = running ? running->ask("GET", "/api/v1/identity") : std::unexpected(running.error());
  if (!said) return out;
  for (const auto* what : {"renewal", "authority_renewal"}) {
    const auto* renewal = said->if_contains(what);
    if (renewal != nullptr && renewal->is_object()) out.push_back(check_renewal(what, renewal->get_object()));
  }
  const auto* clock = said->if_contains("clock");
  auto time = clock != nullptr && clock->is_object() ? check_known_time(clock->get_object()) : std::nullopt;
  if (time) out.push_back(*std::move(time));
  return out;
}

}  // namespace

exit_code run_doctor(const invocation& called) {
  std::optional<node::config> chosen;
  if (const auto file = called.text("file")) {
    auto loaded = node::load_config(*file);
    if (!loaded) {
      complain(render_all(loaded.error()));
      return exit_code::config;
    }
    chosen = std::move(*loaded);
  }
  io::shard shard;
  const auto network = io::real_network(shard);
  auto all = examine({shard, *network, chosen ? &*chosen : nullptr});
  if (chosen) std::ranges::move(ask_running(called, *chosen), std::back_inserter(all));
  show(all, called.json());
  return std::ranges::contains(all, verdict::bad, &finding::how) ? exit_code::unavailable : exit_code::ok;
}

}  // namespace perigee::cli
