// perigee_sim [--seeds N] [--from S] [--until-broken P1] [--json] [--trace]

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <print>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "sim/report.hpp"
#include "sim/scratch_folder.hpp"
#include "sim/site.hpp"

namespace {

using namespace perigee;

constexpr int exit_broken = 1;
constexpr int exit_usage = 64;
constexpr std::string_view usage =
    "usage: perigee_sim [--seeds N] [--from S] [--until-broken PROMISE] [--json] [--trace]";

struct arguments {
  std::uint64_t seeds = 20;
  std::uint64_t from = 1;
  std::string_view until_broken;  // stop with success where this promise is broken; fail where it never is
  bool json = false;
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
    const bool more = i + 1 < argc;
    if ((word == "--seeds" || word == "--from") && more) {
      if (!take_number(argv[++i], word == "--seeds" ? a.seeds : a.from)) return std::nullopt;
    } else if (word == "--until-broken" && more) {
      a.until_broken = argv[++i];
    } else if (word == "--json") {
      a.json = true;
    } else if (word == "--trace") {
      a.trace = true;
    } else {
      return std::nullopt;
    }
  }
  return a;
}

bool breaks(const sim::outcome& o, std::string_view promise) {
  return std::ranges::any_of(o.failures, [&](const auto& each) { return each.starts_with(promise); });
}

}  // namespace

int main(int argc, char** argv) {
  const auto a = parse(argc, argv);
  if (!a) {
    std::println(stderr, "{}", usage);
    return exit_usage;
  }
  log::set_level(a->trace ? log::level::warning : log::level::off);
  sim::report all;
  for (auto seed = a->from; seed < a->from + a->seeds; ++seed) {
    const sim::scratch_folder folder;
    const auto o = sim::simulate({.seed = seed, .show_trace = a->trace, .folder = folder.path()});
    all.add(o);
    if (!o.failures.empty()) std::print(stderr, "{}", sim::report::failure(o, argv[0]));
    if (!a->until_broken.empty() && breaks(o, a->until_broken)) return 0;
  }
  std::print("{}", a->json ? all.json() : all.text());
  return all.passed() && a->until_broken.empty() ? 0 : exit_broken;
}
