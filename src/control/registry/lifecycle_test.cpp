#include "control/registry/lifecycle.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace perigee::control::registry {
namespace {

using enum lifecycle;

/// What each step makes of each stage; nothing where it is refused.
struct row {
  stage from;
  std::optional<stage> provisioned, activated, suspended, resumed, retired;
};

const std::vector<row> table{
    {{registered}, stage{provisioned}, {}, {}, {}, stage{retired}},
    {{provisioned}, stage{provisioned}, stage{active}, stage{suspended, provisioned}, {}, stage{retired}},
    {{active}, stage{active}, stage{active}, stage{suspended, active}, {}, stage{retired}},
    {{suspended, active}, {}, {}, {}, stage{active}, stage{retired}},
    {{suspended, provisioned}, {}, {}, {}, stage{provisioned}, stage{retired}},
    {{retired}, {}, {}, {}, {}, {}},
};

void expect(stage from, step taken, const std::optional<stage>& wanted) {
  SCOPED_TRACE(std::string(name_of(from.now)) + " -> " + std::string(done_of(taken)));
  const auto got = next(from, taken);
  ASSERT_EQ(got.has_value(), wanted.has_value());
  if (wanted) {
    EXPECT_EQ(*got, *wanted);
  } else {
    EXPECT_NE(std::string(got.error()).find(": "), std::string::npos) << "a refusal says what would be right";
  }
}

TEST(lifecycle, takes_the_steps_of_the_table_and_no_other) {
  for (const auto& each : table) {
    expect(each.from, step::provision, each.provisioned);
    expect(each.from, step::activate, each.activated);
    expect(each.from, step::suspend, each.suspended);
    expect(each.from, step::resume, each.resumed);
    expect(each.from, step::retire, each.retired);
  }
}

TEST(lifecycle, forgets_what_never_had_a_certificate_or_is_retired) {
  EXPECT_FALSE(unfit_to_delete(registered));
  EXPECT_FALSE(unfit_to_delete(retired));
  for (const auto l : {provisioned, active, suspended}) EXPECT_TRUE(unfit_to_delete(l)) << name_of(l);
}

TEST(lifecycle, is_read_by_the_name_that_it_is_shown_by) {
  for (std::size_t i = 0; i < lifecycle_count; ++i) {
    const auto l = static_cast<lifecycle>(i);
    EXPECT_EQ(lifecycle_of(name_of(l)), l);
  }
  for (const auto* wrong : {"", "Active", "active ", "deleted"}) EXPECT_FALSE(lifecycle_of(wrong)) << wrong;
}

}  // namespace
}  // namespace perigee::control::registry
