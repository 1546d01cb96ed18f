#include "node/rule_tap.hpp"

#include <boost/json.hpp>

#include "base/log.hpp"
#include "base/rules_limits.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;

json::object to_json(const readers::rules::rule_output& what) {
  return {{"at", to_iso8601(what.at)}, {"event", what.kind}, {"topic", what.topic}, {"payload", as_text(what.payload)}};
}

api::answer tap(io::shard& on, readers::rules::rules_reader& of, const api::request& asked) {
  auto started = rule_tap::start(on, of, asked.captured.front());
  if (!started && is(started.error(), errc::not_found)) return api::problem(404, "There is no rule of this name.");
  if (!started) return api::problem(409, "As many rules are tapped as can be at once.");
  log::info("api", "the rule '{}' is tapped by {}", asked.captured.front(), asked.who.text());
  api::answer out{.status = 200, .type = "application/x-ndjson"};
  out.goes_on = *std::move(started);
  return out;
}

}  // namespace

result<std::unique_ptr<rule_tap>> rule_tap::start(io::shard& on, readers::rules::rules_reader& of,
                                                  std::string_view rule) {
  auto made = std::make_unique<rule_tap>(on);
  PG_TRY(made->listening_, of.listen(rule, [to = made.get()](const auto& what) { to->add(to_json(what)); }));
  made->add({{"at", to_iso8601(clock::wall())}, {"event", "started"}, {"rule", rule}});
  return made;
}

api::routes rule_tap_routes(io::shard& on, readers::rules::rules_reader& of) {
  const auto rule =
      api::text_parameter("rule", "its name", limits::rule_name_bytes_max).within(api::parameter::place::path);
  return {{"GET",
           "/api/v1/rules/{rule}/tap",
           api::at_once([&on, &of](const api::request& asked) { return tap(on, of, asked); }),
           api::access::operators,
           {"What a rule does, a line of JSON for each action", {rule}, "application/x-ndjson"}}};
}

}  // namespace perigee::node
