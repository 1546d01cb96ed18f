// What a rule costs a message, at the engine: JSON of a machine in, decisions out, one core, no journal and no network.
//
//   rule_apply filter|tumbling|hop|many [--messages N]      a rule set of ours
//   rule_apply hand [--messages N]                          the same filter written by hand over simdjson
//
// Prints one line of JSON: messages per CPU-second, what came out, so that subjects can be compared, and of `many` the
// bytes that a rule takes.

#include <malloc.h>
#include <simdjson.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <format>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_set.hpp"

namespace {

using namespace perigee;

constexpr std::int64_t first_ms = 1'764'000'000'000;
constexpr int machines = 1000;
constexpr int rules_of_a_machine = 10;
constexpr double hot = 85.0;

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "rule_apply: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double allocated_bytes() {
  const auto of = mallinfo2();
  return static_cast<double>(of.uordblks) + static_cast<double>(of.hblkhd);
}

struct message {
  std::string topic;
  std::string payload;
};

/// Of a thousand machines, the same at every run; about one in fifty is hot.
std::vector<message> messages() {
  std::vector<message> out;
  std::uint64_t random = 1;
  const auto below = [&random](std::uint64_t bound) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    return (random >> 33) % bound;
  };
  for (int i = 0; i < 20 * machines; ++i) {
    const auto temperature = static_cast<double>(below(866)) / 10;
    out.push_back(
        {std::format("plant/machine-{}/telemetry", below(machines)),
         std::format(R"({{"ts":{},"temperature":{:.1f},"humidity":{:.1f},"state":{{"running":{},"mode":"auto"}}}})",
                     first_ms + i, temperature, static_cast<double>(below(1000)) / 10,
                     below(8) != 0 ? "true" : "false")});
  }
  return out;
}

class counting : public rules::action_sink {
 public:
  void on_publish(const rules::publish_action&) override { ++actions; }
  void on_alarm(const rules::alarm_action&) override { ++actions; }
  void on_store(const rules::store_action&) override { ++actions; }

  std::uint64_t actions = 0;
};

rules::rule_source rule(std::string name, std::string_view select) {
  return {name + ".rule.sql", std::format("/*\n[[action]]\nstore = \"out/{}\"\n*/\n{}\n", name, select)};
}

std::vector<rules::rule_source> rules_of(std::string_view subject) {
  if (subject == "filter") {
    return {rule("hot",
                 "SELECT temperature AS t, topic(2) AS machine, ts FROM 'plant/+/telemetry' "
                 "WHERE temperature > 85.0 AND state.running = true")};
  }
  constexpr std::string_view sums =
      "SELECT topic(2) AS machine, count(*) AS n, avg(temperature) AS mean, "
      "max(temperature) AS top FROM 'plant/+/telemetry' GROUP BY machine, ";
  if (subject == "tumbling") return {rule("sums", std::string(sums) + "TUMBLINGWINDOW(ss, 60)")};
  if (subject == "hop") return {rule("sums", std::string(sums) + "HOPPINGWINDOW(ss, 60, 1)")};
  if (subject != "many") give_up("the subjects are filter, tumbling, hop, many and hand");
  std::vector<rules::rule_source> out;
  for (int machine = 0; machine < machines; ++machine) {
    for (int i = 0; i < rules_of_a_machine; ++i) {
      out.push_back(rule(std::format("r-{}-{}", machine, i),
                         std::format("SELECT temperature AS t, ts FROM 'plant/machine-{}/telemetry' "
                                     "WHERE temperature > {} AND state.running = true",
                                     machine, 85.0 + i)));
    }
  }
  return out;
}

struct outcome {
  double seconds = 0;
  std::uint64_t actions = 0;
};

/// A message every 50 us of its time: 20,000 a second, so that windows end as they do in a plant.
outcome by_rules(rules::rule_set& set, const std::vector<message>& all, std::uint64_t count) {
  counting out;
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto& m = all[i % all.size()];
    const timestamp now{first_ms * 1'000'000 + static_cast<std::int64_t>(i) * 50'000};
    set.advance(0, now, out);
    set.apply({m.topic, as_bytes(m.payload), now, log_offset(i), {}, now}, out);
  }
  return {cpu_seconds() - start, out.actions};
}

/// What nobody would write who can write the rule.
outcome by_hand(const std::vector<message>& all, std::uint64_t count) {
  simdjson::ondemand::parser parser;
  std::array<char, 512> padded{};
  std::array<char, 512> written{};
  outcome out;
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto& m = all[i % all.size()];
    if (!m.topic.starts_with("plant/") || !m.topic.ends_with("/telemetry")) continue;
    m.payload.copy(padded.data(), m.payload.size());
    simdjson::ondemand::document document;
    if (parser.iterate(padded.data(), m.payload.size(), padded.size()).get(document) != simdjson::SUCCESS) continue;
    std::int64_t ts = 0;
    double temperature = 0;
    bool running = false;
    if (document["ts"].get_int64().get(ts) != simdjson::SUCCESS ||
        document["temperature"].get_double().get(temperature) != simdjson::SUCCESS ||
        document["state"]["running"].get_bool().get(running) != simdjson::SUCCESS) {
      continue;
    }
    if (temperature <= hot || !running) continue;
    const auto machine = std::string_view(m.topic).substr(6, m.topic.size() - 16);
    const auto end = std::format_to_n(written.data(), written.size(), R"({{"t":{},"machine":"{}","ts":{}}})",
                                      temperature, machine, ts);
    out.actions += end.size != 0 ? 1 : 0;
  }
  out.seconds = cpu_seconds() - start;
  return out;
}

void print(const outcome& of, std::uint64_t count, double bytes_per_rule) {
  std::puts(std::format(R"({{"per_second":{:.0f},"messages":{},"actions":{},"bytes_per_rule":{:.0f}}})",
                        static_cast<double>(count) / of.seconds, count, of.actions, bytes_per_rule)
                .c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.empty()) give_up("name a subject: filter, tumbling, hop, many or hand");
  std::uint64_t count = 2'000'000;
  if (words.size() == 3 && words[1] == "--messages") count = std::strtoull(argv[3], nullptr, 10);
  const auto all = messages();
  if (words[0] == "hand") {
    print(by_hand(all, count), count, 0);
    return 0;
  }
  const auto sources = rules_of(words[0]);
  const auto before = allocated_bytes();
  // The scratch space that every set has is not the rules'.
  const auto empty = rules::rule_set::load({});
  const auto with_empty = allocated_bytes();
  auto set = rules::rule_set::load(sources);
  const auto taken = allocated_bytes() - with_empty - (with_empty - before);
  if (!set) give_up(render_all(set.error()));
  print(by_rules(*set, all, count), count, taken / static_cast<double>(sources.size()));
  return 0;
}
