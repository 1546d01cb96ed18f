// `perigee completion`: what a shell asks for when Tab is pressed, made from the table of commands.

#include <format>

#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/console.hpp"

namespace perigee::cli {
namespace {

std::string_view last_word(std::string_view name) { return name.substr(name.rfind(' ') + 1); }

/// "demo" of "demo cut"; empty for what stands first.
std::string_view above(std::string_view name) {
  const auto space = name.rfind(' ');
  return space == std::string_view::npos ? std::string_view() : name.substr(0, space);
}

/// What may follow the command: the commands below it and its options. An empty name is the program itself.
std::string words_after(std::span<const command> table, std::string_view name) {
  std::string out;
  const auto add = [&](std::string_view word) { out += (out.empty() ? "" : " ") + std::string(word); };
  for (const auto& each : table) {
    if (above(each.name) == name) add(last_word(each.name));
    if (each.name != name) continue;
    for (const auto& argument : each.arguments) {
      if (argument.name.starts_with('-')) add(argument.name);
    }
  }
  add("--help");
  return out;
}

}  // namespace

std::string bash_completion(std::span<const command> table) {
  std::string known;
  std::string cases = std::format("    '') words='{}' ;;\n", words_after(table, ""));
  for (const auto& each : table) {
    known += (known.empty() ? "" : "|") + std::format("'{}'", each.name);
    cases += std::format("    '{}') words='{}' ;;\n", each.name, words_after(table, each.name));
  }
  return std::format(
      "_perigee() {{\n"
      "  local cur=${{COMP_WORDS[COMP_CWORD]}} at='' next words\n"
      "  for next in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
      "    case \"${{at:+$at }}$next\" in\n"
      "      {}) at=\"${{at:+$at }}$next\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$at\" in\n"
      "{}"
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "}}\n"
      "complete -o default -F _perigee perigee\n",
      known, cases);
}

exit_code run_completion(const invocation& called) {
  const auto shell = *called.text("shell");
  if (shell != "bash" && shell != "zsh") {
    complain("perigee completion: for bash or zsh: source <(perigee completion bash)\n");
    return exit_code::usage;
  }
  if (shell == "zsh") print("autoload -U +X bashcompinit && bashcompinit\n");
  print(bash_completion(commands()));
  return exit_code::ok;
}

}  // namespace perigee::cli
