#include "node/rule_folder.hpp"

#include <boost/json.hpp>
#include <format>
#include <utility>

#include "api/awaited.hpp"
#include "api/json_answer.hpp"
#include "base/log.hpp"
#include "node/prepare.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;

constexpr auto place_name = "rules";
constexpr auto unusable = "P0190";

io::task<api::answer> answer_reload(io::shard& on, rule_folder& folder, api::request asked) {
  const auto how = co_await api::ask<rule_folder::outcome>(on, [&](auto done) { folder.reload(std::move(done)); });
  if (!how) co_return std::unexpected(how.error());
  if (!how->wrong.empty()) {
    co_return api::problem({.status = 409,
                            .title = "The rules have errors; those of before stay in force.",
                            .type = "/problems/state",
                            .detail = render_all(how->wrong)});
  }
  log::info("api", "the rules are read again: {}", asked.who.text());
  co_return api::json_answer(json::object{{"rules", how->rules}});
}

}  // namespace

rule_folder::rule_folder(std::string folder, rules::destinations known, io::disk& disk,
                         readers::rules::rules_reader& reader, std::unique_ptr<io::worker> worker,
                         metrics::registry& registry)
    : folder_(std::move(folder)),
      known_(std::move(known)),
      disk_(disk),
      reader_(reader),
      reloads_(registry.make_counter("perigee_rule_reloads_total", "Times that the rules were read again")),
      refused_(registry.make_gauge("perigee_rule_reload_refused", "1 while the rules on the disk cannot be used")),
      worker_(std::move(worker)) {}

std::expected<rules::rule_set, diagnostics> rule_folder::read() const {
  const auto sources = read_rules(folder_, disk_);
  if (!sources) return std::unexpected(sources.error());
  return rules::rule_set::load(*sources, table_files_on{disk_}, &known_);
}

/// Each of those who ask is told of a reading that began after they asked.
void rule_folder::reload(told then) {
  if (then) waiting_.push_back(std::move(then));
  if (std::exchange(reading_, true)) {
    again_ = true;
    return;
  }
  struct job {
    std::expected<rules::rule_set, diagnostics> set = std::unexpected(diagnostics{});
    std::vector<told> who;
  };
  auto one = std::make_shared<job>();
  one->who = std::exchange(waiting_, {});
  worker_->submit([one, this] { one->set = read(); },
                  [one, this] {
                    reading_ = false;
                    outcome how;
                    take_over(std::move(one->set), how);
                    for (const auto& tell : one->who) tell(how);
                    if (std::exchange(again_, false)) reload();
                  });
}

void rule_folder::take_over(std::expected<rules::rule_set, diagnostics> read, outcome& how) {
  if (!read) {
    how.wrong = std::move(read.error());
  } else if (const auto taken = reader_.replace(std::move(*read)); !taken) {
    how.wrong.push_back(
        {.code = unusable, .file = folder_, .message = taken.error().text(), .help = {}, .excerpt = {}});
  }
  how.rules = reader_.rules();
  refused_.set(how.wrong.empty() ? 0 : 1);
  if (how.wrong.empty()) {
    reloads_.add();
    return log::info(place_name, "{} rules are in force", how.rules);
  }
  for (const auto& each : how.wrong) {
    log::fault(place_name, "{}:{}:{} {}: {}", each.file, each.line, each.column, each.code, each.message);
  }
  log::fault(place_name, "the rules stay as they were before");
}

api::routes rule_folder_routes(io::shard& on, rule_folder& folder) {
  return {{"POST",
           "/api/v1/rules/reload",
           [&on, &folder](api::request asked) { return answer_reload(on, folder, std::move(asked)); },
           api::access::operators,
           {"Read the rules of the folder again", {}, "{rules:whole}"}}};
}

}  // namespace perigee::node
