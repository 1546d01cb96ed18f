#include "rules/detail/test_reader.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "base/toml.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::rules::detail {
namespace {

constexpr auto code = "P0230";
constexpr std::array<std::string_view, 1> file_keys{"test"};
constexpr std::array<std::string_view, 4> test_keys{"name", "until", "input", "expect"};
constexpr std::array<std::string_view, 3> input_keys{"topic", "payload", "at"};
constexpr std::array<std::string_view, 8> expect_keys{"publish", "store",   "alarm", "webhook",
                                                      "email",   "payload", "key",   "state"};

class test_reader {
 public:
  explicit test_reader(const rule_source& source) : source_{source.file, source.text} {}

  std::expected<std::vector<test_case>, diagnostics> run() {
    const auto parsed = toml::parse(source_.text);
    if (!parsed) {
      wrong(parsed.error().source(), std::string(parsed.error().description()));
    } else {
      check_keys(parsed.table(), file_keys);
      each(parsed.table(), "test", [this](const auto& table) { read_test(table); });
    }
    if (!wrong_.empty()) return std::unexpected(std::move(wrong_));
    return std::move(out_);
  }

 private:
  void read_test(const toml::table& table) {
    check_keys(table, test_keys);
    auto& made = out_.emplace_back();
    made.name = text(table, "name").value_or(std::format("test {}", out_.size()));
    made.until = time(table, "until");
    each(table, "input", [&](const auto& input) { read_input(input, made); });
    each(table, "expect", [&](const auto& expect) { read_expectation(expect, made); });
    if (made.inputs.empty()) wrong(table.source(), "this test has no [[test.input]]");
  }

  void read_input(const toml::table& table, test_case& out) {
    check_keys(table, input_keys);
    test_input made{text(table, "topic").value_or(""), text(table, "payload").value_or(""), {}};
    if (!wire::mqtt::is_topic_name(made.topic)) wrong(table.source(), "an input needs a topic without wildcards");
    made.at = time(table, "at").value_or(timestamp{});
    out.inputs.push_back(std::move(made));
  }

  std::optional<timestamp> time(const toml::table& in, std::string_view key) {
    const auto* node = in.get(key);
    if (node == nullptr) return std::nullopt;
    const auto date = node->value_exact<toml::date_time>();
    const auto out = date ? from_toml(*date) : result<timestamp>(fail(errc::malformed, ""));
    if (!out) wrong(node->source(), std::format("'{}' is a time such as 2026-11-22T10:00:00Z", key));
    return out ? std::optional(*out) : std::nullopt;
  }

  static result<timestamp> from_toml(const toml::date_time& t) {
    auto written = std::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", t.date.year, t.date.month, t.date.day,
                               t.time.hour, t.time.minute, t.time.second, t.time.nanosecond);
    PG_TRY(const auto local, from_iso8601(written));
    return local - std::chrono::minutes(t.offset ? t.offset->minutes : 0);
  }

  void read_expectation(const toml::table& table, test_case& out) {
    using kind = expectation::kind;
    check_keys(table, expect_keys);
    constexpr std::array<std::pair<std::string_view, kind>, 5> kinds{{{"publish", kind::publish},
                                                                      {"store", kind::store},
                                                                      {"alarm", kind::alarm},
                                                                      {"webhook", kind::store},
                                                                      {"email", kind::store}}};
    expectation made;
    int named = 0;
    for (const auto& [key, what] : kinds) {
      if (!table.contains(key)) continue;
      ++named;
      made.what = what;
      made.target = text(table, key).value_or("");
      if (key == "webhook" || key == "email") made.target = std::format("{}{}/{}", delivery_prefix, key, made.target);
    }
    if (named != 1) wrong(table.source(), "an expectation names one of publish, store, alarm, webhook and email");
    made.payload = text(table, "payload");
    made.key = text(table, "key");
    if (const auto state = text(table, "state")) {
      if (*state != "raised" && *state != "cleared")
        wrong(table.get("state")->source(), "'state' is raised or cleared");
      made.raised = *state == "raised";
    }
    out.expected.push_back(std::move(made));
  }

  void each(const toml::table& in, std::string_view key, auto&& read) {
    const auto* node = in.get(key);
    if (node == nullptr) return;
    if (!node->is_array_of_tables()) return wrong(node->source(), std::format("'{}' is a list of tables", key));
    for (const auto& one : *node->as_array()) read(*one.as_table());
  }

  std::optional<std::string> text(const toml::table& in, std::string_view key) {
    const auto* node = in.get(key);
    if (node == nullptr) return std::nullopt;
    auto out = node->value_exact<std::string>();
    if (!out) wrong(node->source(), std::format("'{}' is a string", key));
    return out;
  }

  void check_keys(const toml::table& table, std::span<const std::string_view> known) {
    for (const auto& [key, node] : table) {
      if (std::ranges::contains(known, key.str())) continue;
      wrong(key.source(), std::format("unknown key '{}'", key.str()), did_you_mean(key.str(), known));
    }
  }

  void wrong(const toml::source_region& where, std::string message, std::string help = {}) {
    wrong_.push_back(source_.at_line(where.begin.line, where.begin.column, code, std::move(message), std::move(help)));
  }

  source_text source_;
  std::vector<test_case> out_;
  diagnostics wrong_;
};

}  // namespace

std::expected<std::vector<test_case>, diagnostics> read_tests(const rule_source& source) {
  return test_reader(source).run();
}

}  // namespace perigee::rules::detail
