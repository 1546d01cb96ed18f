#include "sim/site.hpp"

#include <gtest/gtest.h>

#include "base/log.hpp"
#include "sim/report.hpp"
#include "sim/scratch_folder.hpp"

namespace perigee::sim {
namespace {

outcome run(std::uint64_t seed) {
  log::set_level(log::level::off);
  const scratch_folder folder;
  return simulate({.seed = seed, .folder = folder.path()});
}

TEST(site, keeps_its_promises) {
  const auto o = run(1);
  EXPECT_TRUE(o.failures.empty()) << o.failures.front();
  EXPECT_GT(o.produced, 200U);
}

TEST(site, is_the_same_for_the_same_seed) {
  for (const std::uint64_t seed : {2U, 3U}) EXPECT_EQ(run(seed).trace, run(seed).trace);
  EXPECT_NE(run(2).trace, run(3).trace);
}

TEST(report, says_which_fault_never_struck) {
  report few;
  few.add({});
  EXPECT_TRUE(few.never().empty()) << "one run has not every fault";
  report many;
  for (int i = 0; i < 100; ++i) many.add({});
  EXPECT_GE(many.never().size(), all_faults().size());
  EXPECT_FALSE(many.passed());
}

TEST(report, gives_the_command_that_repeats_a_failure) {
  outcome o;
  o.seed = 17;
  o.failures.emplace_back("P1: lost");
  report all;
  all.add(o);
  EXPECT_FALSE(all.passed());
  EXPECT_NE(report::failure(o, "perigee_sim").find("replay: perigee_sim --seeds 1 --from 17 --trace"),
            std::string::npos);
  EXPECT_NE(all.json().find(R"("failed":1)"), std::string::npos);
}

}  // namespace
}  // namespace perigee::sim
