#include <algorithm>
#include <charconv>
#include <filesystem>
#include <format>

#include "base/limits.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/demo_folder.hpp"
#include "cli/demo_supervisor.hpp"
#include "cli/run_to_end.hpp"
#include "node/quantity.hpp"

namespace perigee::cli {
namespace {

constexpr std::string_view default_folder = "perigee-demo";
constexpr double rate_max = 1'000'000;

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee demo: {}\n", sentence));
  return code;
}

template <class T>
std::optional<T> number(const std::string& text, T least, T most) {
  T out{};
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || rest != text.data() + text.size() || !(out >= least && out <= most)) return std::nullopt;
  return out;
}

std::string absolute(const std::string& path) {
  std::error_code failed;
  return std::filesystem::absolute(path, failed).string();
}

std::expected<demo_example, std::string> example_called(const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& each : examples()) names.push_back(each.name);
  const auto found = std::ranges::find(examples(), name, &example::name);
  if (found == examples().end()) {
    std::string sentence = std::format("there is no example '{}'; there are", name);
    for (const auto each : names) sentence += std::format(" {}", each);
    return std::unexpected(std::move(sentence));
  }
  auto made = plan_example(*found);
  if (!made) return std::unexpected(made.error().text());
  return *std::move(made);
}

/// What the command line says, or which option is wrong.
std::expected<demo_plan, std::string> plan_from(const invocation& called) {
  const auto rate = number(called.text("--rate").value_or("60"), 0.01, rate_max);
  if (!rate) return std::unexpected("--rate takes readings a second, over 0 and at most a million");
  const auto seed = number<std::uint64_t>(called.text("--seed").value_or("1"), 0, INT64_MAX);
  if (!seed) return std::unexpected("--seed takes a whole number");
  demo_plan plan;
  std::optional<std::string> replay;
  if (const auto file = called.text("--replay")) replay = absolute(*file);
  std::optional<demo_example> example;
  if (const auto name = called.text("--example")) {
    if (called.text("--rate") || called.text("--replay")) {
      return std::unexpected("--example has devices of its own: leave out --rate and --replay");
    }
    auto found = example_called(*name);
    if (!found) return std::unexpected(found.error());
    example = *std::move(found);
  }
  plan.site = plan_site({}, *rate, *seed, std::move(replay), std::move(example));
  if (const auto text = called.text("--for")) {
    plan.duration = node::parse_duration(*text);
    if (!plan.duration) return std::unexpected("--for takes a time such as 60s");
  }
  if (const auto file = called.text("--report")) {
    if (!plan.duration) return std::unexpected("--report needs --for: a demo counts when it ends by itself");
    plan.report_file = absolute(*file);
  }
  return plan;
}

/// The script's steps; an exit code where it is wrong.
std::expected<std::vector<demo_step>, exit_code> read_script(const invocation& called) {
  const auto file = called.text("--script");
  if (!file) return {};
  const auto bytes = io::read_whole(io::real_disk(), *file, limits::config_bytes_max);
  if (!bytes) return std::unexpected(refuse(exit_code::config, *file + ": " + bytes.error().text()));
  auto steps = parse_demo_script({*file, as_text(*bytes)}, demo_node_names());
  if (steps) return std::move(*steps);
  complain(render_all(steps.error()));
  return std::unexpected(exit_code::config);
}

exit_code supervise(demo_plan plan) {
  auto control = demo_control::listen(plan.site.folder);
  if (!control) return refuse(exit_code::unavailable, control.error().text());
  io::shard shard;
  const auto network = io::real_network(shard);
  demo_supervisor supervisor(shard, *network, std::move(plan), std::move(*control));
  if (const auto ready = supervisor.prepare(); !ready) return refuse(exit_code::unavailable, ready.error().text());
  auto ended = run_to_end(shard, supervisor.run());
  if (!ended) return refuse(exit_code::unavailable, ended.error().text());
  return supervisor.code();
}

exit_code ask(const invocation& called, demo_verb verb) {
  const auto folder = absolute(called.text("--data").value_or(std::string(default_folder)));
  const auto answer = ask_demo(folder, std::format("{} {}", name_of(verb), called.text("node").value_or("fog")));
  if (!answer) return refuse(exit_code::unavailable, answer.error().text());
  print(*answer + "\n");
  return answer->starts_with("ok") ? exit_code::ok : exit_code::failed;
}

}  // namespace

exit_code run_demo(const invocation& called) {
  auto plan = plan_from(called);
  if (!plan) return refuse(exit_code::usage, plan.error());
  auto script = read_script(called);
  if (!script) return script.error();
  plan->script = std::move(*script);
  const auto wanted = absolute(called.text("--data").value_or(std::string(default_folder)));
  if (ask_demo(wanted, "ping")) return refuse(exit_code::unavailable, "a demo runs in this folder already");
  auto folder = claim_demo_folder(wanted);
  if (!folder) return refuse(exit_code::unavailable, std::format("{}: {}", wanted, folder.error().text()));
  plan->site.folder = *folder;
  auto code = supervise(std::move(*plan));
  if (called.has("--clean")) {
    if (const auto removed = remove_demo_folder(*folder); !removed) {
      code = refuse(exit_code::unavailable, removed.error().text());
    }
  }
  return code;
}

exit_code run_demo_cut(const invocation& called) { return ask(called, demo_verb::cut); }
exit_code run_demo_heal(const invocation& called) { return ask(called, demo_verb::heal); }
exit_code run_demo_kill(const invocation& called) { return ask(called, demo_verb::kill); }
exit_code run_demo_start(const invocation& called) { return ask(called, demo_verb::start); }

exit_code run_demo_stop(const invocation& called) {
  const auto folder = absolute(called.text("--data").value_or(std::string(default_folder)));
  const auto answer = ask_demo(folder, "stop");
  if (!answer) return refuse(exit_code::unavailable, answer.error().text());
  print(*answer + "\n");
  return exit_code::ok;
}

}  // namespace perigee::cli
