#include <algorithm>
#include <charconv>
#include <cstdio>
#include <format>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/diagnostic.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"

namespace perigee::cli {
namespace {

/// A command as CLI11 has it, and where its values land.
struct parsed_command {
  const command* row;
  CLI::App* app;
  std::map<std::string_view, std::vector<std::string>> values;
  std::map<std::string_view, bool> flags;
};

std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  const auto space = name.rfind(' ');
  return space == std::string_view::npos ? std::pair(std::string_view(), name)
                                         : std::pair(name.substr(0, space), name.substr(space + 1));
}

void add_arguments(parsed_command& into) {
  for (const auto& one : into.row->arguments) {
    const std::string name(one.name);
    const std::string help(one.help);
    if (one.value.empty()) {
      into.app->add_flag(name, into.flags[one.name], help);
      continue;
    }
    auto* option =
        into.app->add_option(name, into.values[one.name], help)->type_name("")->option_text(std::string(one.value));
    using enum presence;
    option->required(one.need == required || one.need == many);
    if (one.need != many) option->allow_extra_args(false);  // one value each time; the next word is another argument
    if (one.need == optional || one.need == required)
      option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  }
}

CLI::App* find_or_add(CLI::App& root, std::span<const std::unique_ptr<parsed_command>> so_far, const command& row) {
  const auto [above, name] = split_name(row.name);
  auto* parent = &root;
  for (const auto& one : so_far) {
    if (one->row->name == above) parent = one->app;
  }
  auto* app = parent->add_subcommand(std::string(name), std::string(row.summary));
  app->allow_extras();
  return app;
}

/// The words that could have stood where `word` does: commands, or options of `in`.
std::string suggestion(std::string_view word, std::span<const command> table, const command* in) {
  std::vector<std::string_view> known;
  if (in != nullptr && word.starts_with('-')) {
    for (const auto& one : in->arguments) known.push_back(one.name);
  } else {
    for (const auto& one : table) {
      const auto [above, name] = split_name(one.name);
      if (above == (in == nullptr ? std::string_view() : in->name)) known.push_back(name);
    }
  }
  return did_you_mean(word, known);
}

int refuse(std::string_view what, std::string_view help) {
  complain(std::format("perigee: {}{}{}\n", what, help.empty() ? "" : "; ", help));
  return static_cast<int>(exit_code::usage);
}

invocation values_of(const parsed_command& chosen) {
  invocation out;
  for (const auto& [name, set] : chosen.flags) {
    if (set) out.set(name, {});
  }
  for (const auto& [name, values] : chosen.values) {
    if (!values.empty()) out.set(name, values);
  }
  return out;
}

/// The deepest command that was named.
const parsed_command* chosen_of(std::span<const std::unique_ptr<parsed_command>> all) {
  const parsed_command* chosen = nullptr;
  for (const auto& one : all) {
    if (one->app->parsed()) chosen = one.get();
  }
  return chosen;
}

}  // namespace

int run_command_line(std::span<const command> table, int argc, const char* const* argv) {
  CLI::App root("Computation where the data is born.", "perigee");
  root.require_subcommand(1);
  root.allow_extras();
  std::vector<std::unique_ptr<parsed_command>> all;
  for (const auto& row : table) {
    all.push_back(std::make_unique<parsed_command>(&row, find_or_add(root, all, row)));
    add_arguments(*all.back());
  }
  // A word that is no command is said before anything that follows from it.
  if (argc > 1 && argv[1][0] != '-' && !std::ranges::contains(table, argv[1], &command::name)) {
    const auto near = suggestion(argv[1], table, nullptr);
    return refuse(std::format("there is no command '{}'", argv[1]),
                  near.empty() ? "`perigee --help` lists them" : near);
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return root.exit(help);
  } catch (const CLI::ParseError& wrong) {
    return argc < 2 ? (complain(root.help()), static_cast<int>(exit_code::usage)) : refuse(wrong.what(), "");
  }
  const auto* chosen = chosen_of(all);
  if (const auto extra = chosen->app->remaining(); !extra.empty()) {
    return refuse(std::format("'{}' means nothing to `perigee {}`", extra.front(), chosen->row->name),
                  suggestion(extra.front(), table, chosen->row));
  }
  return static_cast<int>(chosen->row->run(values_of(*chosen)));
}

std::optional<std::string> invocation::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second.front();
}

result<std::uint64_t> invocation::whole_number(std::string_view name, std::uint64_t otherwise) const {
  const auto given = text(name);
  if (!given) return otherwise;
  std::uint64_t number = 0;
  const auto* end = given->data() + given->size();
  const auto [rest, failed] = std::from_chars(given->data(), end, number);
  if (failed != std::errc() || rest != end) return fail(errc::malformed, "not a whole number");
  return number;
}

std::span<const std::string> invocation::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::span<const std::string>() : std::span(found->second);
}

}  // namespace perigee::cli
