#include <algorithm>
#include <format>

#include "base/diagnostic.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/demo_script.hpp"
#include "doors/replay/codes.hpp"
#include "node/config.hpp"
#include "rules/codes.hpp"

namespace perigee::cli {
namespace {

struct explanation {
  std::string_view code;
  std::string_view title;
  std::string_view text;
};

std::vector<explanation> every_code() {
  std::vector<explanation> out;
  const auto add = [&](const auto& codes) {
    for (const auto& one : codes) out.push_back({one.code, one.title, one.text});
  };
  add(node::config_codes());
  add(rules::code_texts());
  add(doors::replay::code_texts());
  add(demo_codes());
  return out;
}

std::string options_as_json() {
  std::string out = "[";
  for (const auto& one : node::config_options()) {
    out += std::format(R"({}{{"section":{},"key":{},"type":{},"initial":{},"text":{}}})", out.size() == 1 ? "" : ",",
                       json_text(one.section), json_text(one.key), json_text(one.type), json_text(one.initial),
                       json_text(one.text));
  }
  return out + "]\n";
}

}  // namespace

exit_code run_explain(const invocation& called) {
  const auto asked = *called.text("code");
  if (asked == "config") {
    print(called.json() ? options_as_json() : node::config_reference());
    return exit_code::ok;
  }
  const auto all = every_code();
  const auto found = std::ranges::find(all, asked, &explanation::code);
  if (found == all.end()) {
    std::vector<std::string_view> known = {"config"};
    for (const auto& one : all) known.push_back(one.code);
    const auto near = did_you_mean(asked, known);
    complain(std::format("perigee explain: there is no code '{}'{}{}\n", asked, near.empty() ? "" : "; ", near));
    return exit_code::usage;
  }
  if (called.json()) {
    print(std::format("{{\"code\":{},\"title\":{},\"text\":{}}}\n", json_text(found->code), json_text(found->title),
                      json_text(found->text)));
  } else {
    print(std::format("{}: {}\n\n{}\n", found->code, found->title, found->text));
  }
  return exit_code::ok;
}

}  // namespace perigee::cli
