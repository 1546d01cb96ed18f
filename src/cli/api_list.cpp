#include "cli/api_list.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "base/limits.hpp"
#include "base/percent.hpp"
#include "cli/console.hpp"

namespace perigee::cli {

namespace json = boost::json;

std::expected<json::object, exit_code> ask_list(const node_api& node, const std::string& path, std::string_view name,
                                                std::uint64_t most) {
  json::array rows;
  std::string next;
  do {
    const auto left = std::min<std::uint64_t>(most - rows.size(), limits::mqtt_listed_max);
    auto asked = std::format("{}{}limit={}", path, path.contains('?') ? '&' : '?', left);
    if (!next.empty()) asked += "&after=" + percent_encode(next);
    auto page = node.ask("GET", asked);
    if (!page) return std::unexpected(page.error());
    if (auto* found = page->if_contains(name); found != nullptr && found->is_array()) {
      for (auto& each : found->get_array()) {
        if (each.is_object()) rows.push_back(std::move(each));
      }
    }
    next = text_of(*page, "next");
  } while (!next.empty() && rows.size() < most);
  json::object out;
  out[name] = std::move(rows);
  out["next"] = next.empty() ? json::value(nullptr) : json::value(next);
  return out;
}

std::expected<std::uint64_t, exit_code> limit_of(const invocation& called, std::string_view command) {
  const auto most = called.whole_number("--limit", UINT64_MAX);
  if (most && *most != 0) return *most;
  complain(std::format("perigee {}: --limit takes a whole number over 0\n", command));
  return std::unexpected(exit_code::usage);
}

std::string to_text(const json::object& list, std::string_view name, text_table table,
                    std::vector<std::string> (*row_of)(const json::object&), std::string_view none) {
  for (const auto& each : list.at(name).get_array()) table.add(row_of(each.get_object()));
  if (table.empty()) return std::format("{}\n", none);
  auto out = table.render(stdout_has_colour());
  if (!list.at("next").is_null()) out += "... and more: raise --limit\n";
  return out;
}

std::string to_second(std::string time) {
  if (const auto point = time.find('.'); point != std::string::npos) time.replace(point, std::string::npos, "Z");
  return time;
}

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

void print_json(const json::object& what) { print(json::serialize(what) + "\n"); }

}  // namespace perigee::cli
