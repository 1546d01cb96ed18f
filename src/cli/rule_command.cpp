// `perigee rule`: the rules of a running node, and what rules would have done to what was recorded.

#include <boost/json.hpp>
#include <format>

#include "base/percent.hpp"
#include "base/rules_limits.hpp"
#include "cli/api_list.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/journal_place.hpp"
#include "cli/payload_text.hpp"
#include "cli/rule_replay.hpp"
#include "io/file.hpp"
#include "node/at_rest.hpp"
#include "node/prepare.hpp"
#include "rules/explain.hpp"
#include "rules/infer.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view place = "rule";

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee rule: {}\n", sentence));
  return code;
}

std::expected<json::object, exit_code> ask_rules(const invocation& called) {
  const auto node = node_api::find(called, place);
  if (!node) return std::unexpected(node.error());
  return node->ask("GET", "/api/v1/rules");
}

std::vector<std::string> to_row(const json::object& r) {
  return {text_of(r, "name"),    text_of(r, "state"),  text_of(r, "evaluated"), text_of(r, "matched"),
          text_of(r, "actions"), text_of(r, "errors"), text_of(r, "dropped"),   text_of(r, "file")};
}

std::string member_text(const json::object& r, std::string_view list, std::string_view name) {
  const auto* found = r.if_contains(list);
  return found != nullptr && found->is_object() ? text_of(found->get_object(), name) : "";
}

std::string describe(const json::object& r) {
  std::string out;
  for (const auto* name : {"name", "file", "state", "evaluated", "matched", "actions", "errors", "dropped"})
    out += std::format("{:<12} {}\n", name, text_of(r, name));
  for (const auto* name : {"late", "forgotten", "keys", "state_bytes"}) {
    if (!text_of(r, name).empty()) out += std::format("{:<12} {}\n", name, text_of(r, name));
  }
  if (const auto at = member_text(r, "last_output", "at"); !at.empty()) {
    out += std::format("{:<12} {} {} {}\n", "last output", at, member_text(r, "last_output", "topic"),
                       member_text(r, "last_output", "payload"));
  }
  if (const auto at = member_text(r, "last_error", "at"); !at.empty())
    out += std::format("{:<12} {} {}\n", "last error", at, member_text(r, "last_error", "text"));
  return out;
}

/// Prints what rules do, a line each.
class printer final : public replay_sink {
 public:
  explicit printer(bool json) : json_(json) {}

  void on_publish(const rules::publish_action& a) override { tell(a.rule, "publish", a.topic, a.payload); }
  void on_store(const rules::store_action& a) override { tell(a.rule, "store", a.topic, a.payload); }
  void on_alarm(const rules::alarm_action& a) override {
    const auto name = a.key.empty() ? std::string(a.name) : std::format("{}/{}", a.name, a.key);
    tell(a.rule, a.raised ? "raise" : "clear", name, a.payload);
  }

 private:
  void tell(std::string_view rule, std::string_view what, std::string_view target, byte_view payload) const {
    const auto at = to_iso8601(now);
    const auto shown = payload_text(payload);
    print(json_ ? std::format("{{\"at\":\"{}\",\"rule\":{},\"action\":\"{}\",\"target\":{},\"payload\":{}}}\n", at,
                              json_text(rule), what, json_text(target), json_text(shown))
                : std::format("{}  {:<16} {:<8} {}  {}\n", at, rule, what, target, shown));
  }

  bool json_;
};

std::string to_text(const rules::rule_set& of, const journal_sum& sum) {
  auto out = std::format("{} messages{}\n", sum.messages,
                         sum.missing == 0 ? "" : std::format(", {} records are missing", sum.missing));
  for (std::size_t i = 0; i < of.size(); ++i) {
    const auto stats = of.stats(i);
    out += std::format("{}: {} seen, {} matched, {} actions, {} errors, {} dropped{}\n", stats.name, stats.seen,
                       stats.matched, stats.actions, stats.errors, stats.dropped,
                       stats.last_error ? std::format("; the last error: {}", stats.last_error->what) : "");
  }
  return out;
}

/// A moment of --from or --to.
std::expected<timestamp, exit_code> moment(const invocation& called, std::string_view name, timestamp otherwise) {
  const auto given = called.text(name);
  if (!given) return otherwise;
  const auto read = from_iso8601(*given);
  if (read) return *read;
  return std::unexpected(refuse(exit_code::usage, std::format("{}: {}", name, read.error().text())));
}

struct readable_span {
  journal_span span;
  journal::keyring keys;
};

/// What --replay, --data, --from and --to say. What is wrong with them is said on stderr.
std::expected<readable_span, exit_code> find_span(const invocation& called, std::string_view command) {
  const auto from = moment(called, "--from", timestamp{});
  if (!from) return std::unexpected(from.error());
  const auto to = moment(called, "--to", timestamp{INT64_MAX});
  if (!to) return std::unexpected(to.error());
  const auto journal = find_journal(called, command, "--replay");
  if (!journal) return std::unexpected(journal.error());
  auto keys = node::read_keys(journal->keys);
  if (!keys) return std::unexpected(refuse(exit_code::config, keys.error().text()));
  return readable_span{{.folder = journal->folder, .node = journal->node, .from = *from, .to = *to}, *std::move(keys)};
}

/// The rule of a file, or those of a folder. What is wrong with them is said on stderr.
std::expected<rules::rule_set, exit_code> load_rules(const std::string& path) {
  std::vector<rules::rule_source> sources;
  if (const auto whole = io::read_whole(io::real_disk(), path, limits::rule_file_bytes_max)) {
    sources.push_back({path, std::string(as_text(*whole))});
  } else {
    auto read = node::read_rules(path, io::real_disk());
    if (!read) {
      complain(render_all(read.error()));
      return std::unexpected(exit_code::config);
    }
    sources = std::move(*read);
  }
  auto made = rules::rule_set::load(sources, node::table_files_on{io::real_disk()});
  if (made && made->size() != 0) return std::move(*made);
  if (made) return std::unexpected(refuse(exit_code::usage, path + " has no *.rule.sql"));
  complain(render_all(made.error()));
  return std::unexpected(exit_code::config);
}

}  // namespace

exit_code run_rule(const invocation&) {
  return refuse(exit_code::usage, "which? `perigee rule ls`, `show`, `tap`, `run`, `explain` or `infer`");
}

exit_code run_rule_ls(const invocation& called) {
  const auto list = ask_rules(called);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  print(
      to_text(*list, "rules",
              text_table({{"rule"}, {"state"}, {"seen"}, {"matched"}, {"actions"}, {"errors"}, {"dropped"}, {"file"}}),
              to_row, "this node has no rules"));
  return exit_code::ok;
}

exit_code run_rule_show(const invocation& called) {
  const auto list = ask_rules(called);
  if (!list) return list.error();
  const auto name = *called.text("name");
  for (const auto& each : list->at("rules").as_array()) {
    if (!each.is_object() || text_of(each.get_object(), "name") != name) continue;
    if (called.json()) return print_json(each.get_object()), exit_code::ok;
    print(describe(each.get_object()));
    return exit_code::ok;
  }
  return refuse(exit_code::failed, std::format("there is no rule '{}': `perigee rule ls` shows them", name));
}

exit_code run_rule_run(const invocation& called) {
  auto rules = load_rules(*called.text("rules"));
  if (!rules) return rules.error();
  const auto from = find_span(called, "rule run");
  if (!from) return from.error();
  printer out(called.json());
  const auto done = replay(io::real_disk(), from->keys, from->span, *rules, out);
  if (!done) return refuse(exit_code::unavailable, std::format("{}: {}", from->span.folder, done.error().text()));
  complain(to_text(*rules, *done));
  return exit_code::ok;
}

exit_code run_rule_tap(const invocation& called) {
  const auto count = called.whole_number("--count", 0);
  if (!count) return refuse(exit_code::usage, "--count takes a whole number");
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto rule = *called.text("name");
  std::uint64_t left = *count;  // 0: without end
  return node->follow("/api/v1/rules/" + percent_encode(rule) + "/tap", [&](std::string_view line) {
    boost::system::error_code failed;
    const auto parsed = json::parse(line, failed);
    if (failed || !parsed.is_object()) return true;
    const auto& what = parsed.get_object();
    const auto event = text_of(what, "event");
    if (event == "started") {
      complain(std::format("perigee rule: tapping {}; Ctrl-C ends it\n", printable(rule)));
      return true;
    }
    if (event == "missed") {
      complain(std::format("perigee rule: {} missed: this reader is too slow\n", text_of(what, "lines")));
      return true;
    }
    print(called.json() ? std::string(line) + "\n"
                        : printable(std::format("{}  {:<9} {}  {}", text_of(what, "at"), event, text_of(what, "topic"),
                                                text_of(what, "payload"))) +
                              "\n");
    return left == 0 || --left != 0;
  });
}

exit_code run_rule_infer(const invocation& called) {
  const auto filter = *called.text("filter");
  if (!wire::mqtt::is_topic_filter(filter)) {
    return refuse(exit_code::usage, std::format("'{}' is no topic filter", filter));
  }
  const auto from = find_span(called, "rule infer");
  if (!from) return from.error();
  rules::field_survey seen;
  const auto look = [&](const journal_message& one) {
    if (wire::mqtt::matches(filter, one.message.topic)) seen.add(one.message.payload);
  };
  const auto done = for_each_message(io::real_disk(), from->keys, from->span, [](model::lane, timestamp) {}, look);
  if (!done) return refuse(exit_code::unavailable, std::format("{}: {}", from->span.folder, done.error().text()));
  if (seen.messages() == 0) return refuse(exit_code::failed, std::format("no message on {} is JSON", filter));
  print(seen.header());
  complain(std::format("{} messages, {} of them no JSON\n", seen.messages() + seen.unreadable(), seen.unreadable()));
  return exit_code::ok;
}

exit_code run_rule_explain(const invocation& called) {
  const auto path = *called.text("rule");
  const auto whole = io::read_whole(io::real_disk(), path, limits::rule_file_bytes_max);
  if (!whole) return refuse(exit_code::usage, std::format("{}: {}", path, whole.error().text()));
  const auto told = rules::explain({path, std::string(as_text(*whole))}, node::table_files_on{io::real_disk()});
  if (!told) {
    complain(render_all(told.error()));
    return exit_code::config;
  }
  print(*told);
  return exit_code::ok;
}

}  // namespace perigee::cli
