#include "node/expiry_watch.hpp"

#include <gtest/gtest.h>

#include <format>

#include "alarm/telling.hpp"

#include "io/memory_disk.hpp"

namespace perigee::node {
namespace {

using std::chrono::days;

constexpr timestamp noon{1'800'000'000'000'000'000};

/// A journal whose alarm lane a board reads.
struct bench {
  io::memory_disk disk;
  io::inline_worker worker;
  metrics::registry metrics;
  std::unique_ptr<journal::journal> log;
  alarm::board board;

  bench() {
    journal::recovery_report found;
    log = *journal::journal::open(
        disk, worker, {.folder = "j", .node = "fog-1", .new_epoch = epoch(3), .new_life = epoch(4), .metrics = metrics},
        found);
  }
  /// "topic state severity" of what was told since the last call.
  std::vector<std::string> told() {
    std::vector<std::string> out;
    journal::reader reader((*log)[model::lane::alarm]);
    std::size_t at = 0;
    (void)reader.read(SIZE_MAX, [&](log_offset, const model::record_view& r) {
      if (at++ < seen) return;
      ++seen;
      const auto t = alarm::parse_telling(r.payload);
      EXPECT_TRUE(t && board.apply({.node = "fog-1"}, r.payload).changed);
      out.push_back(std::format("{} {} {}", r.topic, t->what == alarm::event::activate ? "raised" : "cleared",
                                name_of(t->severity)));
    });
    return out;
  }
  std::size_t seen = 0;
};

known_certificate ending(nanoseconds in, std::string file = "/etc/gw.crt", bool renewed_here = false) {
  return {certificate_role::own, std::move(file), "CN=gw", noon + in - days(365), noon + in, renewed_here};
}

using lines = std::vector<std::string>;

TEST(expiry_watch, is_raised_at_30_7_and_1_days_and_cleared_by_another_certificate) {
  bench b;
  expiry_watch watch("fog-1", *b.log, b.metrics, b.board);
  const auto all = std::vector{ending(days(40))};
  watch.look(all, false, noon);
  EXPECT_EQ(b.told(), lines{});
  watch.look(all, false, noon + days(10));
  watch.look(all, false, noon + days(11));
  EXPECT_EQ(b.told(), lines{"alarm/certificate/gw.crt raised info"});
  watch.look(all, false, noon + days(33));
  EXPECT_EQ(b.told(), lines{"alarm/certificate/gw.crt raised warning"});
  watch.look(all, false, noon + days(39));
  EXPECT_EQ(b.told(), lines{"alarm/certificate/gw.crt raised critical"});
  watch.look({ending(days(400))}, false, noon + days(39));
  EXPECT_EQ(b.told(), lines{"alarm/certificate/gw.crt cleared critical"});
  EXPECT_EQ(b.board.count().active, 0U);
}

TEST(expiry_watch, of_one_that_is_renewed_here_only_while_that_fails) {
  bench b;
  expiry_watch watch("fog-1", *b.log, b.metrics, b.board);
  const auto all = std::vector{ending(days(5), "/x/fog-1.pem", true), ending(days(300), "/x/root.crt")};
  watch.look(all, false, noon);
  EXPECT_EQ(b.told(), lines{});
  watch.look(all, true, noon);
  EXPECT_EQ(b.told(), lines{"alarm/certificate/fog-1.pem raised warning"});
  watch.look(all, false, noon);
  EXPECT_EQ(b.told(), lines{"alarm/certificate/fog-1.pem cleared warning"});
}

TEST(expiry_watch, goes_on_after_a_restart_and_forgets_a_file_that_is_gone) {
  bench b;
  const std::vector<known_certificate> all{ending(days(3), "a#b.pem")};
  expiry_watch("fog-1", *b.log, b.metrics, b.board).look(all, false, noon);
  EXPECT_EQ(b.told(), lines{"alarm/certificate/a_b.pem raised warning"});
  expiry_watch again("fog-1", *b.log, b.metrics, b.board);
  again.look(all, false, noon);
  EXPECT_EQ(b.told(), lines{});
  again.look({}, false, noon);
  EXPECT_EQ(b.told(), lines{"alarm/certificate/a_b.pem cleared warning"});
}

}  // namespace
}  // namespace perigee::node
