#include "node/journal_alarms.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "io/faulty_disk.hpp"
#include "io/memory_disk.hpp"

namespace perigee::node {
namespace {

/// A journal on a disk that refuses to sync what has `failing` in its path.
struct bench {
  io::memory_disk memory;
  std::string failing = "nothing";
  io::faulty_disk disk{memory, [this](io::faulty_disk::operation op, const std::string& path) {
                         return op == io::faulty_disk::operation::sync && path.contains(failing) ? errc::io : errc::ok;
                       }};
  io::inline_worker worker;
  metrics::registry metrics;
  std::unique_ptr<journal::journal> log;

  bench() {
    journal::recovery_report found;
    log = *journal::journal::open(disk, worker,
                                  {.folder = "j",
                                   .node = "n",
                                   .new_epoch = epoch(3),
                                   .new_life = epoch(4),
                                   .disk_free_min = 1000,
                                   .metrics = metrics},
                                  found);
  }
  void append() {
    model::record r;
    r.topic = "t";
    (void)log->append(r.view());
  }
  std::vector<std::string> told() {
    std::vector<std::string> out;
    journal::reader reader((*log)[model::lane::alarm]);
    (void)reader.read(SIZE_MAX, [&](log_offset, const model::record_view& r) {
      EXPECT_EQ(r.retain, r.topic.starts_with("alarm/journal/"));
      const auto text = as_text(r.payload);
      out.push_back(std::string(r.topic) + (text.contains(R"("state":"raised")") ? " raised" : " cleared"));
    });
    return out;
  }
};

TEST(journal_alarms, are_raised_and_cleared_with_the_disk_s_trouble) {
  bench b;
  journal_alarms alarms(*b.log);
  b.append();
  alarms.tick({1});
  EXPECT_TRUE(b.told().empty());
  b.failing = "/bulk/";
  b.append();
  alarms.tick({2});
  alarms.tick({3});
  EXPECT_EQ(b.told(), (std::vector<std::string>{"alarm/journal/bulk raised"}));
  b.failing = "nothing";
  b.log->tick({4});
  alarms.tick({4});
  alarms.tick({5});
  EXPECT_EQ(b.told(), (std::vector<std::string>{"alarm/journal/bulk raised", "alarm/journal/bulk cleared"}));
}

TEST(journal_alarms, wait_for_the_alarm_lane_where_that_is_what_failed) {
  bench b;
  journal_alarms alarms(*b.log);
  b.failing = "/alarm/";
  model::record r;
  r.lane = model::lane::alarm;
  r.topic = "alarm/pump";
  (void)b.log->append(r.view());
  alarms.tick({2});
  EXPECT_TRUE(b.told().empty());
  b.failing = "nothing";
  b.log->tick({3});
  alarms.tick({3});
  ASSERT_EQ(b.told().size(), 3U) << "it was raised and is over: both are told";
  EXPECT_EQ(b.told()[1], "alarm/journal/alarm raised");
  EXPECT_EQ(b.told()[2], "alarm/journal/alarm cleared");
}

TEST(journal_alarms, say_that_the_disk_is_nearly_full) {
  bench b;
  journal_alarms alarms(*b.log);
  b.append();
  const auto used = UINT64_MAX - b.memory.space("j")->free_bytes;
  b.memory.set_capacity(used + 900);
  b.append();
  b.append();
  b.memory.set_capacity(1U << 20);
  alarms.tick({2});
  b.log->tick({3});
  alarms.tick({3});
  EXPECT_EQ(b.told(), (std::vector<std::string>{"alarm/journal/disk raised", "alarm/journal/disk cleared"}));
}

}  // namespace
}  // namespace perigee::node
