#include "powercut/volatile_disk.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

namespace perigee::powercut {
namespace {

constexpr mode_t file_mode = S_IFREG | 0600;
constexpr mode_t folder_mode = S_IFDIR | 0700;
constexpr int seeds = 200;

std::vector<std::uint8_t> sectors(std::size_t count, std::uint8_t filled_with) {
  return std::vector<std::uint8_t>(count * sector_bytes, filled_with);
}

volatile_disk with_file(const char* path) {
  volatile_disk disk;
  EXPECT_EQ(disk.create(path, file_mode), 0);
  disk.sync(disk.find("/"));
  return disk;
}

TEST(volatile_disk_test, keeps_what_was_synced) {
  for (int seed = 0; seed < seeds; ++seed) {
    auto disk = with_file("/a");
    disk.find("/a")->content.write(0, sectors(3, 7));
    disk.sync(disk.find("/a"));
    disk.lose_power(seed);
    ASSERT_NE(disk.find("/a"), nullptr);
    EXPECT_EQ(disk.find("/a")->content.bytes().size(), 3 * sector_bytes);
    EXPECT_EQ(disk.lost().sectors, 0);
  }
}

TEST(volatile_disk_test, loses_tears_and_reorders_what_was_not) {
  std::set<std::vector<std::uint8_t>> outcomes;
  for (int seed = 0; seed < seeds; ++seed) {
    auto disk = with_file("/a");
    auto& content = disk.find("/a")->content;
    for (std::uint8_t i = 0; i < 4; ++i) content.write(i * sector_bytes, sectors(1, i + 1));
    disk.lose_power(seed);
    const auto left = disk.find("/a")->content.bytes();
    std::vector<std::uint8_t> outcome;
    for (std::size_t at = 0; at < left.size(); at += sector_bytes) outcome.push_back(left[at]);
    outcomes.insert(outcome);
  }
  EXPECT_TRUE(outcomes.contains({}));
  EXPECT_TRUE(outcomes.contains({1, 2, 3})) << "the last write is torn off";
  EXPECT_TRUE(outcomes.contains({0, 0, 3})) << "a later write may overtake earlier ones";
}

TEST(volatile_disk_test, a_name_needs_a_sync_of_its_folder) {
  int lost = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    volatile_disk disk;
    ASSERT_EQ(disk.create("/a", file_mode), 0);
    disk.sync(disk.find("/a"));
    disk.lose_power(seed);
    if (!disk.find("/a")) ++lost;
  }
  EXPECT_GT(lost, 0);
  EXPECT_LT(lost, seeds);
}

TEST(volatile_disk_test, a_rename_happens_or_does_not) {
  for (int seed = 0; seed < seeds; ++seed) {
    auto disk = with_file("/new");
    ASSERT_EQ(disk.create("/folder", folder_mode), 0);
    disk.sync(disk.find("/"));
    ASSERT_EQ(disk.rename("/new", "/folder/old"), 0);
    disk.lose_power(seed);
    EXPECT_NE(disk.find("/new") != nullptr, disk.find("/folder/old") != nullptr);
  }
}

TEST(volatile_disk_test, the_same_seed_loses_the_same) {
  const auto run = [] {
    auto disk = with_file("/a");
    disk.find("/a")->content.write(100, sectors(20, 3));
    disk.lose_power(42);
    const auto left = disk.find("/a")->content.bytes();
    return std::vector(left.begin(), left.end());
  };
  EXPECT_EQ(run(), run());
}

TEST(volatile_disk_test, says_what_cannot_be_done) {
  auto disk = with_file("/a");
  EXPECT_EQ(disk.create("/a", file_mode), EEXIST);
  EXPECT_EQ(disk.create("/none/a", file_mode), ENOENT);
  EXPECT_EQ(disk.remove("/none"), ENOENT);
  EXPECT_EQ(disk.rename("/none", "/b"), ENOENT);
  ASSERT_EQ(disk.create("/folder", folder_mode), 0);
  ASSERT_EQ(disk.create("/folder/b", file_mode), 0);
  EXPECT_EQ(disk.remove("/folder"), ENOTEMPTY);
}

}  // namespace
}  // namespace perigee::powercut
