#include <boost/json.hpp>
#include <format>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/page_link.hpp"

namespace perigee::cli {

exit_code run_page(const invocation& called) {
  const auto node = node_api::find(called, "page", "file");
  if (!node) return node.error();
  const auto made = node->ask("POST", "/api/v1/session/tokens");
  if (!made) return made.error();
  const auto link = page_link(node->running(), text_of(*made, "token"));
  if (called.json()) {
    print(boost::json::serialize(boost::json::object{{"url", link}, {"expires", text_of(*made, "expires")}}) + "\n");
  } else {
    print(link + "\n");
    complain("It signs in once, within ten minutes.\n");
  }
  return exit_code::ok;
}

}  // namespace perigee::cli
