#include "csv/reader.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <vector>

#include "base/limits.hpp"

namespace perigee::csv {
namespace {

/// Gives at most `step` bytes at a time.
class slow_source final : public byte_source {
 public:
  slow_source(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
  result<std::size_t> read_at(std::uint64_t position, byte_span into) override {
    return text_.read_at(position, into.first(std::min(step_, into.size())));
  }

 private:
  text_source text_;
  std::size_t step_;
};

/// "line|field@column|..." per row, "line:column code" per problem.
std::vector<std::string> read(byte_source& from, char separator = ',') {
  reader reader(from, separator);
  std::vector<std::string> out;
  for (;;) {
    const auto got = reader.next();
    if (got == reader::outcome::end) return out;
    if (got == reader::outcome::bad) {
      out.push_back(std::format("{}:{} {}", reader.problem().line, reader.problem().column, reader.problem().code));
      continue;
    }
    auto& line = out.emplace_back(std::to_string(reader.line()));
    for (const auto& f : reader.row()) line += std::format("|{}@{}", f.text, f.column);
  }
}

std::vector<std::string> read(std::string text, char separator = ',') {
  text_source from(std::move(text));
  return read(from, separator);
}
using rows = std::vector<std::string>;

TEST(Csv, ReadsRowsAndTheirPlaces) {
  EXPECT_EQ(read("a,bc,d\n1,,3\n"), (rows{"1|a@1|bc@3|d@6", "2|1@1|@3|3@4"}));
  EXPECT_EQ(read("a,b"), rows{"1|a@1|b@3"}) << "no line break at the end";
  EXPECT_EQ(read("a;b\tc", ';'), rows{"1|a@1|b\tc@3"});
  EXPECT_TRUE(read("").empty());
}

TEST(Csv, TakesWhatWindowsAndPeopleAdd) {
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "a,b\r\n1,2\r\n"),
            (rows{"1|a@1|b@3", "2|1@1|2@3"}));
  EXPECT_EQ(read("# from the press\n\na,b\n\r\n# x\n1,2\n\n"), (rows{"3|a@1|b@3", "6|1@1|2@3"}));
  EXPECT_EQ(read("\n\n"), rows{});
}

TEST(Csv, ReadsQuotes) {
  EXPECT_EQ(read("\"a,b\",c\n"), rows{"1|a,b@1|c@7"});
  EXPECT_EQ(read("\"say \"\"hi\"\"\",\"\"\"\",\"\"\r\n"), rows{"1|say \"hi\"@1|\"@14|@19"});
  EXPECT_EQ(read("\"two\nlines\",x\ny,z"), (rows{"1|two\nlines@1|x@8", "3|y@1|z@3"}));
  EXPECT_EQ(read("5\" pipe,x"), rows{"1|5\" pipe@1|x@9"});
}

TEST(Csv, GoesOnBehindABadRow) {
  EXPECT_EQ(read("a,\"b\nc,d\n"), (rows{"1:3 P0301", "2|c@1|d@3"}));
  EXPECT_EQ(read("\"a\"b,c\nd,e"), (rows{"1:4 P0302", "2|d@1|e@3"}));
  EXPECT_EQ(read(std::string(limits::csv_columns_max, ',') + "\na"), (rows{"1:257 P0304", "2|a@1"}));
  EXPECT_EQ(read(std::string(limits::csv_line_bytes_max * 3, 'x') + "\na").size(), 2U);
}

TEST(Csv, ReadsTheSameHoweverTheBytesCome) {
  const std::string text = "# c\na,\"b\"\"\",\"x\ny\"\r\n\r\n1,2,3\n\"bad\"z,1\n4,\"open\n7,8,9";
  const auto whole = read(text);
  ASSERT_EQ(whole.size(), 5U);
  for (std::size_t step = 1; step < text.size(); ++step) {
    slow_source from(text, step);
    EXPECT_EQ(read(from), whole) << step;
  }
}

TEST(Csv, ASourceThatFailsEndsTheFileAndSaysSo) {
  class broken final : public byte_source {
    result<std::size_t> read_at(std::uint64_t, byte_span) override { return fail(errc::io, "the disk is gone"); }
  } from;
  reader reader(from, ',');
  EXPECT_EQ(reader.next(), reader::outcome::end);
  ASSERT_TRUE(reader.failure());
  EXPECT_STREQ(reader.failure()->what, "the disk is gone");
}

}  // namespace
}  // namespace perigee::csv
