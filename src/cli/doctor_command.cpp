#include <algorithm>
#include <format>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/doctor.hpp"

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
  const auto all = examine({shard, *network, chosen ? &*chosen : nullptr});
  show(all, called.json());
  return std::ranges::contains(all, verdict::bad, &finding::how) ? exit_code::unavailable : exit_code::ok;
}

}  // namespace perigee::cli
