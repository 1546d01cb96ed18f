#include "node/user_file.hpp"

#include <gtest/gtest.h>

#include "io/memory_disk.hpp"

namespace perigee::node {
namespace {

std::string text_of(io::disk& on, const std::string& path) {
  const auto bytes = io::read_whole(on, path, 4096);
  return bytes ? std::string(as_text(*bytes)) : "none";
}

TEST(a_user_file, is_replaced_where_it_is_what_it_was) {
  io::memory_disk disk;
  ASSERT_TRUE(disk.make_folder("etc"));
  ASSERT_TRUE(replace_user_file(disk, "etc/users.toml", "", "first"));
  ASSERT_TRUE(replace_user_file(disk, "etc/users.toml", "first", "second"));
  EXPECT_EQ(text_of(disk, "etc/users.toml"), "second");
  EXPECT_EQ(disk.list("etc")->size(), 1U);
}

TEST(a_user_file, that_somebody_else_has_changed_is_left_alone) {
  io::memory_disk disk;
  ASSERT_TRUE(disk.make_folder("etc"));
  ASSERT_TRUE(io::write_whole(disk, "etc/users.toml", as_bytes("by hand")));
  const auto refused = replace_user_file(disk, "etc/users.toml", "before", "after");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is(refused.error(), errc::exists));
  EXPECT_EQ(text_of(disk, "etc/users.toml"), "by hand");
  EXPECT_FALSE(replace_user_file(disk, "etc/users.toml", "", "after")) << "it was not there, and is now";
  EXPECT_EQ(disk.list("etc")->size(), 1U);
}

}  // namespace
}  // namespace perigee::node
