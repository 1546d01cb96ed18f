#include "journal/lineage.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace perigee::journal {
namespace {

using model::lane;

lane_lives lives(std::initializer_list<std::pair<std::uint64_t, std::uint64_t>> all) {
  lane_lives out;
  for (const auto& [name, first] : all) out.begin(epoch(name), log_offset(first));
  return out;
}
lineage journal_of(std::uint64_t name, const lane_lives& each) { return {epoch(name), {each, each, each}}; }

TEST(lane_lives, name_each_record_by_the_opening_it_followed) {
  const auto all = lives({{1, 0}, {2, 10}, {3, 25}});
  EXPECT_EQ(all.at(log_offset(0)).epoch, epoch(1));
  EXPECT_EQ(all.at(log_offset(9)).epoch, epoch(1));
  EXPECT_EQ(all.at(log_offset(10)).epoch, epoch(2));
  EXPECT_EQ(all.at(log_offset(1000)).epoch, epoch(3));
}

TEST(lane_lives, that_took_in_nothing_are_not_kept) {
  EXPECT_EQ(lives({{1, 0}, {2, 0}, {3, 10}, {4, 10}}), lives({{2, 0}, {4, 10}}));
  EXPECT_EQ(lives({{1, 0}, {2, 10}, {3, 20}, {4, 15}}), lives({{1, 0}, {2, 10}, {4, 15}})) << "its records are gone";
}

TEST(lane_lives, are_bounded) {
  lane_lives all;
  for (std::uint64_t i = 0; i < limits::journal_lives_max + 3U; ++i) all.begin(epoch(i + 1), log_offset(i * 10));
  EXPECT_EQ(all.all().size(), limits::journal_lives_max);
  EXPECT_EQ(all.at(log_offset(0)).epoch, epoch(4));
  EXPECT_EQ(all.at(log_offset(40)).epoch, epoch(5));
}

TEST(lane_lives, of_two_copies_are_the_same_up_to_where_one_went_on_alone) {
  const auto backup = lives({{1, 0}, {2, 10}});
  const auto original = lives({{1, 0}, {2, 10}, {3, 30}});
  const auto restored = lives({{1, 0}, {2, 10}, {4, 20}});
  EXPECT_EQ(restored.same_until(original), log_offset(20));
  EXPECT_EQ(original.same_until(restored), log_offset(20));
  EXPECT_EQ(restored.same_until(backup), log_offset(20));
  EXPECT_EQ(restored.same_until(lives({{9, 0}})), std::nullopt);
}

TEST(lineage, tells_a_reader_where_to_go_on) {
  const auto then = journal_of(7, lives({{1, 0}, {2, 10}}));
  const auto restarted = journal_of(7, lives({{1, 0}, {2, 10}, {3, 50}}));
  EXPECT_EQ(restarted.resume(lane::bulk, then, log_offset(40)), log_offset(40));
  EXPECT_EQ(restarted.resume(lane::bulk, restarted, log_offset(60)), log_offset(60)) << "still the same life";
  const auto restored = journal_of(7, lives({{1, 0}, {2, 10}, {4, 20}}));
  EXPECT_EQ(restored.resume(lane::bulk, then, log_offset(40)), log_offset(20)) << "what follows is other records";
  EXPECT_EQ(restored.resume(lane::bulk, then, log_offset(15)), log_offset(15));
  const auto forgetful = journal_of(7, lives({{8, 0}, {9, 100}}));
  EXPECT_EQ(forgetful.resume(lane::bulk, then, log_offset(40)), log_offset(40));
  EXPECT_EQ(forgetful.resume(lane::bulk, then, log_offset(400)), log_offset(100)) << "never behind the end";
  EXPECT_EQ(journal_of(8, lives({{1, 0}})).resume(lane::bulk, then, log_offset(40)), log_offset(0));
}

TEST(lineage, survives_the_wire_and_rubbish_does_not) {
  const auto all = journal_of(7, lives({{1, 0}, {2, 10}, {3, 1000}}));
  byte_buffer bytes;
  byte_writer w(bytes);
  all.encode(w);
  byte_reader r(bytes);
  EXPECT_EQ(lineage::decode(r), all);
  EXPECT_TRUE(r.ok() && r.done());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    byte_reader cut(byte_view(bytes).first(n));
    (void)lineage::decode(cut);
    EXPECT_FALSE(cut.ok()) << n;
  }
  const auto refused = [](const lineage& bad) {
    byte_buffer raw;
    byte_writer to(raw);
    bad.encode(to);
    byte_reader from(raw);
    (void)lineage::decode(from);
    return !from.ok();
  };
  EXPECT_TRUE(refused({epoch(7), {lives({{1, 0}}), lives({{1, 0}}), lives({{2, 0}})}})) << "one life goes on in all";
  EXPECT_TRUE(refused({epoch(0), {lives({{1, 0}}), lives({{1, 0}}), lives({{1, 0}})}}));
  EXPECT_TRUE(refused({epoch(7), {}}));
}

}  // namespace
}  // namespace perigee::journal
