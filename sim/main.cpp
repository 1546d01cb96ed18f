// perigee_sim --seeds N [--from S] [--canary[=early-ack|unstamped]] [--trace]

#include <charconv>
#include <cstdio>
#include <optional>
#include <print>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "sim/site.hpp"

namespace {

using namespace perigee;

constexpr int exit_broken = 1;
constexpr int exit_usage = 64;

struct arguments {
  std::uint64_t seeds = 20;
  std::uint64_t from = 1;
  sim::canary bird = sim::canary::none;
  std::string_view bird_name;
  bool trace = false;
};

bool take_number(std::string_view text, std::uint64_t& out) {
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end && !text.empty();
}

std::optional<arguments> parse(int argc, char** argv) {
  arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if ((word == "--seeds" || word == "--from") && i + 1 < argc) {
      if (!take_number(argv[++i], word == "--seeds" ? a.seeds : a.from)) return std::nullopt;
    } else if (word == "--canary" || word == "--canary=early-ack") {
      a.bird = sim::canary::early_ack;
      a.bird_name = " --canary=early-ack";
    } else if (word == "--canary=unstamped") {
      a.bird = sim::canary::unstamped;
      a.bird_name = " --canary=unstamped";
    } else if (word == "--trace") {
      a.trace = true;
    } else {
      return std::nullopt;
    }
  }
  return a;
}

void report(const sim::outcome& o, std::string_view bird_name) {
  std::println("seed {} fails ({} readings, {} crashes; faults: {}):", o.seed, o.produced, o.crashes, o.faults);
  for (const auto& each : o.failures) std::println("  {}", each);
  std::println("replay: perigee_sim --seeds 1 --from {}{} --trace", o.seed, bird_name);
}

}  // namespace

int main(int argc, char** argv) {
  const auto a = parse(argc, argv);
  if (!a) {
    std::println(stderr, "usage: perigee_sim --seeds N [--from S] [--canary[=early-ack|unstamped]] [--trace]");
    return exit_usage;
  }
  log::set_level(a->trace ? log::level::warning : log::level::off);
  std::uint64_t broken = 0;
  std::uint64_t readings = 0;
  std::uint64_t crashes = 0;
  for (auto seed = a->from; seed < a->from + a->seeds; ++seed) {
    const auto o = sim::simulate(seed, a->bird, a->trace);
    readings += o.produced;
    crashes += o.crashes;
    if (o.failures.empty()) continue;
    ++broken;
    report(o, a->bird_name);
  }
  std::println("{} seeds: {} fail; {} readings, {} crashes", a->seeds, broken, readings, crashes);
  return broken == 0 ? 0 : exit_broken;
}
