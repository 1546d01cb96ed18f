#include "client/http_client.hpp"

#include <gtest/gtest.h>

namespace perigee::client {
namespace {

TEST(http_answer, head_and_body) {
  const auto answer = parse_http_answer("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nbody\r\n\r\nmore");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, "body\r\n\r\nmore");
  for (const auto* wrong : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 2", "HTTP/1.1 abc\r\n\r\n", "SSH-2.0-x\r\n\r\n"})
    EXPECT_FALSE(parse_http_answer(wrong)) << wrong;
}

TEST(http_answer, fields_by_their_names_in_any_case) {
  const auto answer =
      parse_http_answer("HTTP/1.1 200 OK\r\nDate:  Sun, 06 Nov 1994 08:49:37 GMT \r\nX:\r\nY\r\n\r\nDate: no");
  ASSERT_TRUE(answer);
  EXPECT_EQ(field_of(*answer, "date"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(field_of(*answer, "X"), "");
  EXPECT_EQ(field_of(*answer, "Y"), "");
  EXPECT_EQ(field_of(*answer, "absent"), "");
}

TEST(https_url, has_a_host_and_perhaps_a_port) {
  const auto read = [](std::string_view url) {
    const auto at = read_https_url(url);
    return at ? at->host + " " + std::to_string(at->port) : "none";
  };
  EXPECT_EQ(read("https://cloud.plant"), "cloud.plant 8443");
  EXPECT_EQ(read("https://cloud.plant:443/"), "cloud.plant 443");
  EXPECT_EQ(read("https://[::1]"), "::1 8443");
  EXPECT_EQ(read("https://[::1]:9000"), "::1 9000");
  for (const auto* wrong : {"http://cloud", "https://", "https://:1", "https://cloud:0", "https://cloud:65536",
                            "https://cloud:x", "https://cloud/api", "https://me@cloud", "cloud:8443", ""})
    EXPECT_EQ(read(wrong), "none") << wrong;
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
}  // namespace perigee::client
