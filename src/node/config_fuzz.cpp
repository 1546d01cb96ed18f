// Any text as a configuration: an answer, never a crash, and every error has its place inside the text.

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "node/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  const auto text = as_text({data, size});
  const auto parsed = node::parse_config({"fuzz.toml", text}, "/etc/perigee");
  if (parsed) {
    PG_CHECK(!parsed->node_id.empty(), "a configuration without a node was taken");
    return 0;
  }
  PG_CHECK(!parsed.error().empty(), "refused without a reason");
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  for (const auto& one : parsed.error()) {
    PG_CHECK(one.line <= lines, "an error is outside of the file");
    PG_CHECK(!one.render().empty(), "an error says nothing");
  }
  return 0;
}
