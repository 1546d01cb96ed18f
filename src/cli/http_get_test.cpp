#include "cli/http_get.hpp"

#include <gtest/gtest.h>

namespace perigee::cli {
namespace {

TEST(http_answer, head_and_body) {
  const auto answer = parse_http_answer("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nbody\r\n\r\nmore");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, "body\r\n\r\nmore");
  for (const auto* wrong : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 2", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0-x\r\n\r\n"})
    EXPECT_FALSE(parse_http_answer(wrong)) << wrong;
}

TEST(metric_in, sums_the_series_that_fit) {
  constexpr std::string_view text =
      "# HELP x_total X.\n# TYPE x_total counter\nx_total{lane=\"bulk\"} 3\nx_total{lane=\"alarm\"} 4.5\nx_totals 100\n"
      "y 7\nlast 1e3";
  EXPECT_EQ(metric_in(text, "x_total"), 7.5);
  EXPECT_EQ(metric_in(text, "x_total", "lane=\"bulk\""), 3);
  EXPECT_EQ(metric_in(text, "y"), 7);
  EXPECT_EQ(metric_in(text, "last"), 1000);
  EXPECT_EQ(metric_in(text, "absent"), 0);
  EXPECT_EQ(metric_in("", "x"), 0);
}

std::string body_of(std::string_view chunks, std::size_t step) {
  chunk_reader reader;
  std::string out;
  for (std::size_t at = 0; at < chunks.size(); at += step) {
    if (!reader.take(chunks.substr(at, step), out)) return "malformed";
  }
  return out + (reader.done() ? "." : "");
}

TEST(http_get, takes_chunks_apart_wherever_they_are_cut) {
  constexpr std::string_view whole = "4\r\none,\r\nE;x=1\r\na second piece\r\n0\r\n\r\n";
  for (std::size_t step = 1; step <= whole.size(); ++step) EXPECT_EQ(body_of(whole, step), "one,a second piece.");
  EXPECT_EQ(body_of("4\r\non", 100), "on");
  for (const auto* wrong : {"x\r\n", "\r\n", "4 \r\n", "-1\r\n", "ffffffffffffffffff\r\n", "40000001\r\n"})
    EXPECT_EQ(body_of(wrong, 1), "malformed") << wrong;
  EXPECT_EQ(body_of(std::string(100, '1'), 1), "malformed");
}

}  // namespace
}  // namespace perigee::cli
