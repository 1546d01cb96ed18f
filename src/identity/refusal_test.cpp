#include "identity/refusal.hpp"

#include <gtest/gtest.h>

#include <format>
#include <fstream>
#include <iterator>
#include <string>

namespace perigee::identity {
namespace {

TEST(refusal, each_has_its_name_and_sentence) {
  for (const auto& each : refusals()) {
    EXPECT_FALSE(each.name.empty());
    EXPECT_EQ(text_of(each.reason).name, each.name);
    const std::unexpected<error> refused = refuse(each.reason);
    EXPECT_EQ(reason_of(refused.error()), each.reason);
    EXPECT_EQ(refused.error().text(), std::string(each.sentence) + " (" + std::string(each.name) + ")");
  }
  EXPECT_FALSE(reason_of(error{make_error_code(errc::io)}));
}

TEST(refusal, each_is_in_the_documentation) {
  std::ifstream in("docs/identity.md");
  const std::string page(std::istreambuf_iterator<char>(in), {});
  for (const auto& each : refusals()) {
    EXPECT_TRUE(page.contains(std::format("\n| `{}` | {} |\n", each.name, each.sentence))) << each.name;
  }
}

}  // namespace
}  // namespace perigee::identity
