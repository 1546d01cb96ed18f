#include "doors/replay/replay_source.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/limits.hpp"

namespace perigee::doors::replay {
namespace {

using namespace std::chrono_literals;
using lines = std::vector<std::string>;

constexpr timestamp start{1'700'000'000'000'000'000};
constexpr std::string_view four_rows =
    "time,t,v\n2014-04-01 00:00:00,20.50,1\n2014-04-01 00:01:00,21,+2\n2014-04-01 00:01:00,,1e-7\n"
    "2014-04-01 00:03:00,-0.004,4\n";

replay_options as_fast_as_written() {
  replay_options out;
  out.name = "press";
  out.file = "x.csv";
  out.topic = "site/press";
  return out;
}

lines problems_of(std::string text, const replay_options& options = as_fast_as_written()) {
  csv::text_source from(std::move(text));
  const auto file = check_file(from, options);
  lines out;
  if (!file) {
    for (const auto& d : file.error()) out.push_back(std::format("{}:{} {} {}", d.line, d.column, d.code, d.message));
  }
  return out;
}

struct fixture {
  explicit fixture(replay_options options, replay_position at = {epoch(5), {}}, std::string_view text = four_rows)
      : from(std::string(text)), source(from, check_file(from, options).value(), options, at, start) {}

  lines produce(timestamp now, std::size_t room = 1'000'000) {
    lines out;
    source.produce(now, [&](const model::record_view& r) {
      if (out.size() == room) return false;
      EXPECT_EQ(r.topic, "site/press");
      EXPECT_EQ(r.source, "press");
      EXPECT_EQ(r.epoch, epoch(5));
      out.push_back(std::format("{} {}", r.sequence.value(), as_text(r.payload)));
      return true;
    });
    return out;
  }

  csv::text_source from;
  replay_source source;
};

TEST(ReplaySource, ReplaysAtTheFilesOwnPace) {
  fixture f(as_fast_as_written());
  EXPECT_EQ(f.source.next_due(), start);
  EXPECT_EQ(f.produce(start), lines{R"(1 {"ts":1700000000000000,"t":20.50,"v":1})"});
  EXPECT_EQ(f.source.next_due(), start + 1min);
  EXPECT_TRUE(f.produce(start + 59s).empty());
  EXPECT_EQ(f.produce(start + 10min),
            (lines{R"(2 {"ts":1700000060000000,"t":21,"v":2})", R"(3 {"ts":1700000120000000,"v":1e-07})",
                   R"(4 {"ts":1700000240000000,"t":-0.004,"v":4})"}));
  EXPECT_EQ(f.source.next_due(), std::nullopt);
}

TEST(ReplaySource, IsFasterWithSpeedAndRoundsToTheDeclaredResolution) {
  auto options = as_fast_as_written();
  options.speed = 60;
  options.columns = {{"t", "temperature", "Cel", 1}};
  fixture f(options);
  EXPECT_EQ(f.produce(start + 2s),
            (lines{R"(1 {"ts":1700000000000000,"temperature":20.5})", R"(2 {"ts":1700000001000000,"temperature":21.0})",
                   R"(3 {"ts":1700000002000000})"}));
  EXPECT_EQ(f.produce(start + 4s), lines{R"(4 {"ts":1700000004000000,"temperature":0.0})"});
}

TEST(ReplaySource, KeepsTheOriginalTimes) {
  auto options = as_fast_as_written();
  options.time = replay_time::original;
  options.speed = 0;
  options.loop = true;
  options.columns = {{"v", "", "", {}}};
  fixture f(options);
  const auto out = f.produce(start, 6);
  ASSERT_EQ(out.size(), 6U);
  EXPECT_EQ(out[0], R"(1 {"ts":1396310400000000,"v":1})");
  EXPECT_EQ(out[1], R"(2 {"ts":1396310460000000,"v":2})");
  EXPECT_EQ(out[2], R"(3 {"ts":1396310460000000,"v":1e-07})") << "as it stands in the file";
  EXPECT_EQ(out[4], R"(5 {"ts":1396310640000000,"v":1})") << "a file's length and a step later";
}

TEST(ReplaySource, TimesOfTodayAreNeverTwiceTheSame) {
  auto options = as_fast_as_written();
  options.speed = 0;
  fixture f(options);
  const auto out = f.produce(start);
  ASSERT_EQ(out.size(), 4U);
  EXPECT_TRUE(out[3].starts_with(R"(4 {"ts":1700000000000003,)")) << out[3];
}

TEST(ReplaySource, GoesOnWhereTheJournalStands) {
  auto options = as_fast_as_written();
  options.loop = true;
  options.speed = 0;
  options.time = replay_time::original;
  fixture whole(options);
  const auto all = whole.produce(start, 11);
  ASSERT_EQ(all.size(), 11U);
  for (std::uint64_t done = 0; done < 11; ++done) {
    fixture again(options, {epoch(5), sequence(done)});
    EXPECT_EQ(again.produce(start, 11 - done), lines(all.begin() + static_cast<std::ptrdiff_t>(done), all.end()))
        << done;
  }
}

TEST(ReplaySource, AFileThatIsDoneStaysDone) {
  fixture f(as_fast_as_written(), {epoch(5), sequence(4)});
  EXPECT_EQ(f.source.next_due(), std::nullopt);
  EXPECT_TRUE(f.produce(start + 1h).empty());
}

TEST(ReplaySource, WhatIsNotTakenIsKept) {
  fixture f(as_fast_as_written());
  EXPECT_EQ(f.produce(start + 1h, 1).size(), 1U);
  EXPECT_TRUE(f.produce(start + 1h, 0).empty());
  EXPECT_EQ(f.source.position().produced, sequence(1));
  const auto rest = f.produce(start + 1h);
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_EQ(rest[0], R"(2 {"ts":1700000060000000,"t":21,"v":2})");
}

TEST(ReplaySource, GoesOnFromNowAfterAPause) {
  fixture f(as_fast_as_written());
  f.produce(start);
  f.source.resume(start + 1h);
  EXPECT_EQ(f.source.next_due(), start + 1h);
  EXPECT_EQ(f.produce(start + 1h), lines{R"(2 {"ts":1700003600000000,"t":21,"v":2})"});
  EXPECT_EQ(f.source.next_due(), start + 1h + 1min);
}

TEST(ReplaySource, CatchesUpInBoundedSlices) {
  auto options = as_fast_as_written();
  options.loop = true;
  options.speed = 0;
  fixture f(options);
  EXPECT_EQ(f.produce(start).size(), limits::replay_catch_up_max);
}

TEST(CheckFile, SaysEverythingThatIsWrongAtOnce) {
  EXPECT_EQ(problems_of("time,a,b\n2014-04-01 00:00:00,1,2\nlater,1,2\n2014-04-01 00:00:01,x,2\n2014-04-01 00:00:02,1\n"
                        "2014-04-01 00:00:03,1,\"2,5\"\n2014-04-01 00:00:04,1,\"2\n"),
            (lines{"3:1 P0308 'later' is not a time in the file's format", "4:21 P0309 'x' is not a number",
                   "5:1 P0303 this row has 2 columns, the first has 3", "6:23 P0309 '2,5' is not a number",
                   "7:23 P0301 this quote never closes"}));
}

TEST(CheckFile, ShowsNoMoreThanAPersonReads) {
  std::string text = "time,a\n2014-04-01 00:00:00,1\n";
  for (int i = 0; i < 200; ++i) text += "x,1\n";
  auto options = as_fast_as_written();
  options.columns = {{"a", "", "", {}}};
  EXPECT_EQ(problems_of(text, options).size(), limits::csv_errors_max);
}

TEST(CheckFile, TakesRealSeries) {
  const std::filesystem::path data = "../shared/data/nab";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no " << data;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
    if (entry.path().extension() != ".csv") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    csv::text_source from({std::istreambuf_iterator<char>(in), {}});
    auto options = as_fast_as_written();
    options.speed = 0;
    auto file = check_file(from, options);
    ASSERT_TRUE(file) << entry.path() << render_all(file.error());
    const auto rows = file->rows;
    EXPECT_GT(rows, 1000U);
    replay_source source(from, std::move(*file), options, {epoch(1), {}}, start);
    std::uint64_t produced = 0;
    while (source.produce(start, [&](const model::record_view&) { return ++produced, true; }) > 0) {
    }
    EXPECT_EQ(produced, rows) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 20U);
}

}  // namespace
}  // namespace perigee::doors::replay
