#include "cli/demo_script.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <optional>

#include "node/quantity.hpp"

namespace perigee::cli {
namespace {

constexpr std::array<std::string_view, 4> verbs = {"cut", "heal", "kill", "start"};

struct word {
  std::string_view text;
  std::size_t at = 0;  // in the whole script
};

std::vector<word> words_of(std::string_view line, std::size_t at) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<word> out;
  line = line.substr(0, line.find('#'));
  for (std::size_t start = line.find_first_not_of(blanks); start != std::string_view::npos;) {
    const auto end = std::min(line.find_first_of(blanks, start), line.size());
    out.push_back({line.substr(start, end - start), at + start});
    start = line.find_first_not_of(blanks, end);
  }
  return out;
}

class script_reader {
 public:
  script_reader(source_text source, std::span<const std::string_view> nodes) : source_(source), nodes_(nodes) {}

  void line(std::string_view text, std::size_t at) {
    const auto words = words_of(text, at);
    if (words.empty()) return;
    if (words.size() != 3) {
      refuse(words.front(), "P0401", "a line is a time, what to do, and a node", "15s cut fog");
      return;
    }
    const auto when = node::parse_duration(words[0].text);
    if (!when) refuse(words[0], "P0402", "not a time", "a number and ms, s or m: 15s");
    const auto verb = std::ranges::find(verbs, words[1].text);
    if (verb == verbs.end()) refuse(words[1], "P0403", "not something to do", near(words[1].text, verbs));
    if (!std::ranges::contains(nodes_, words[2].text)) {
      refuse(words[2], "P0404", "there is no such node", near(words[2].text, nodes_));
    }
    if (when && verb != verbs.end())
      steps.push_back({*when, static_cast<demo_verb>(verb - verbs.begin()), std::string(words[2].text)});
  }

  std::vector<demo_step> steps;
  diagnostics errors;

 private:
  void refuse(const word& at, std::string code, std::string message, std::string help) {
    errors.push_back(source_.at(at.at, at.text.size(), std::move(code), std::move(message), std::move(help)));
  }
  static std::string near(std::string_view found, std::span<const std::string_view> known) {
    auto help = did_you_mean(found, known);
    if (!help.empty()) return help;
    for (const auto one : known) help += std::format("{}{}", help.empty() ? "one of " : ", ", one);
    return help;
  }

  source_text source_;
  std::span<const std::string_view> nodes_;
};

}  // namespace

std::string_view name_of(demo_verb v) { return verbs[static_cast<std::size_t>(v)]; }

std::expected<std::vector<demo_step>, diagnostics> parse_demo_script(source_text source,
                                                                     std::span<const std::string_view> nodes) {
  script_reader reader(source, nodes);
  for (std::size_t start = 0; start < source.text.size();) {
    const auto end = std::min(source.text.find('\n', start), source.text.size());
    reader.line(source.text.substr(start, end - start), start);
    start = end + 1;
  }
  if (!reader.errors.empty()) return std::unexpected(std::move(reader.errors));
  std::ranges::stable_sort(reader.steps, {}, &demo_step::at);
  return std::move(reader.steps);
}

std::span<const demo_code> demo_codes() {
  static constexpr demo_code codes[] = {
      {"P0401", "a line of a demo script has three words", "A time, what to do, and a node: `15s cut fog`."},
      {"P0402", "not a time", "A number with ms, s or m behind it, counted from the moment that the site runs."},
      {"P0403", "not something that a demo can do",
       "cut (the cable upwards), heal (join it), kill (SIGKILL) or start (again)."},
      {"P0404", "no node of the demo", "The demo has cloud, fog, edge-1, edge-2 and edge-3."},
  };
  return codes;
}

}  // namespace perigee::cli
