#include "cli/demo_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/demo_control.hpp"

namespace perigee::cli {
namespace {

class demo_folder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "pg_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(demo_folder, is_made_emptied_and_removed) {
  ASSERT_TRUE(claim_demo_folder(folder_));
  std::filesystem::create_directories(folder_ + "/fog/data");
  std::ofstream(folder_ + "/fog/data/x") << "old";
  ASSERT_TRUE(claim_demo_folder(folder_));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/fog"));
  ASSERT_TRUE(remove_demo_folder(folder_));
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(demo_folder, what_is_not_ours_is_left_alone) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ + "/thesis.txt") << "years of work";
  const auto claimed = claim_demo_folder(folder_);
  ASSERT_FALSE(claimed);
  EXPECT_TRUE(is(claimed.error(), errc::refused));
  EXPECT_FALSE(remove_demo_folder(folder_));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/thesis.txt"));
  EXPECT_FALSE(claim_demo_folder(folder_ + "/thesis.txt"));
}

TEST_F(demo_folder, nobody_answers_where_no_demo_runs) {
  ASSERT_TRUE(claim_demo_folder(folder_));
  const auto answer = ask_demo(folder_, "ping");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(is(answer.error(), errc::not_found));
}

TEST_F(demo_folder, a_name_too_long_for_a_socket_is_said) {
  const auto control = demo_control::listen("/tmp/" + std::string(200, 'x'));
  ASSERT_FALSE(control);
  EXPECT_TRUE(is(control.error(), errc::too_large));
}

}  // namespace
}  // namespace perigee::cli
