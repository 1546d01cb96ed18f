// The journal against a list in memory, through power cuts, failing disks and full ones, from seeds: what was
// acknowledged is there after every crash, in order and once, and the marks agree with the records (promises P1, P2).

#include <gtest/gtest.h>

#include <algorithm>

#include "io/faulty_disk.hpp"
#include "journal/fixture_test.hpp"

namespace perigee::journal {
namespace {

/// A source that stamps, sends again what was not acknowledged, and a lane that may crash at any moment.
class story {
 public:
  explicit story(std::uint64_t seed, bool encrypted)
      : random_(seed), faulty_(bench_.memory, [this](auto op, const auto&) { return fault(op); }) {
    bench_.disk = &faulty_;
    bench_.options.segment_bytes = 1024 + random_.below(4096);
    bench_.options.write_ahead_bytes = random_.chance(0.5) ? 2048 : 0;
    fails_ = random_.chance(0.5) ? 0.05 : 0;
    fills_ = random_.chance(0.3);
    if (encrypted) bench_.keys = keyring({crypto::key{1, 2, 3}});
  }

  void run() {
    ASSERT_TRUE(bench_.open());
    for (int step = 0; step < 400 && !testing::Test::HasFatalFailure(); ++step) one_step();
    heal();
  }

 private:
  void one_step() {
    const auto draw = random_.below(100);
    if (draw < 60) {
      send();
    } else if (draw < 85) {
      bench_.worker.run_one();
      learn();
    } else if (draw < 95) {
      bench_.log->tick({});
    } else if (draw < 97) {
      crash();
    } else if (draw < 99) {
      restart();
    } else if (fills_) {
      bench_.memory.set_capacity(random_.chance(0.5) ? 2000 : 1U << 30);
    }
  }

  errc fault(io::faulty_disk::operation op) {
    using enum io::faulty_disk::operation;
    const bool may_fail = op == write || op == sync || op == rename || op == sync_folder;
    return armed_ && may_fail && random_.chance(fails_) ? errc::io : errc::ok;
  }

  void send() {
    const auto next = sent_ + 1;
    armed_ = true;
    const auto at = bench_.append(stamped(next, "press", 1, next));
    if (at) {
      sent_ = next;
      EXPECT_EQ(at->value(), next - 1) << "offsets have no holes";
    } else {
      EXPECT_FALSE(is(at.error(), errc::duplicate)) << next;
    }
  }

  void learn() { acked_ = std::max(acked_, bench_.log->acknowledged().value()); }

  void crash() {
    bench_.memory.crash(random_);
    reopen();
  }
  void restart() {
    if (random_.chance(0.5)) bench_.worker.run_all();
    learn();
    reopen();
  }

  void reopen() {
    armed_ = false;
    ASSERT_TRUE(bench_.open());
    const auto staged = bench_.log->staged().value();
    ASSERT_GE(staged, acked_) << "an acknowledged record is gone";
    ASSERT_LE(staged, sent_);
    EXPECT_EQ(bench_.found.damaged_bytes, 0U);
    EXPECT_EQ(bench_.found.missing_segments, 0U);
    const auto mark = bench_.log->high_water("press");
    EXPECT_EQ(mark ? mark->sequence.value() : 0, staged) << "the mark and its record stand or fall together";
    sent_ = staged;
  }

  void heal() {
    fails_ = 0;
    bench_.memory.set_capacity(1U << 30);
    for (int i = 0; i < 3; ++i) {
      bench_.log->tick({});
      bench_.worker.run_all();
    }
    ASSERT_EQ(bench_.log->committed().value(), sent_) << "everything drains once the disk is well";
    const auto all = read_all(*bench_.log);
    ASSERT_EQ(all.size(), sent_);
    for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].record.sequence.value(), i + 1);
  }

  prng random_;
  lane_bench bench_;
  io::faulty_disk faulty_;
  double fails_ = 0;
  bool fills_ = false;
  bool armed_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t acked_ = 0;
};

class lane_log_crashes : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(encrypted, lane_log_crashes, testing::Bool());

TEST_P(lane_log_crashes, lose_nothing_acknowledged) {
  const std::uint64_t seeds = GetParam() ? 20 : 60;  // encrypted ones take longer
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    story(seed, GetParam()).run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace perigee::journal
