#include "api/question.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <format>

namespace perigee::api {
namespace {

using step = request_reader::step;

step feed(request_reader& to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = to.room();
    const auto n = std::min(room.size(), bytes.size());
    std::ranges::copy(bytes.substr(0, n), room.begin());
    to.filled(n);
    bytes.remove_prefix(n);
    if (!bytes.empty() && to.next() != step::wants_more) break;
  }
  return to.next();
}

TEST(a_request, is_whole_when_its_body_is) {
  request_reader reader;
  EXPECT_FALSE(reader.in_request());
  EXPECT_EQ(feed(reader, "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nCookie: x=y\r\n\r\n{"),
            step::wants_more);
  EXPECT_TRUE(reader.in_request());
  EXPECT_EQ(feed(reader, "}"), step::whole);
  const auto got = reader.take();
  EXPECT_EQ(got.method, "POST");
  EXPECT_EQ(got.target, "/a?b");
  EXPECT_EQ(got.cookie, "x=y");
  EXPECT_EQ(got.body, "{}");
  EXPECT_TRUE(got.keep_alive);
  EXPECT_FALSE(reader.in_request());
}

TEST(a_request, comes_byte_by_byte_as_well) {
  request_reader reader;
  constexpr std::string_view bytes =
      "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) ASSERT_EQ(feed(reader, bytes.substr(i, 1)), step::wants_more) << i;
  ASSERT_EQ(feed(reader, bytes.substr(bytes.size() - 1)), step::whole);
  EXPECT_EQ(reader.take().body, "{}");
}

TEST(a_request, may_follow_at_once) {
  request_reader reader;
  ASSERT_EQ(feed(reader, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.0\r\n\r\n"), step::whole);
  EXPECT_EQ(reader.take().target, "/1");
  EXPECT_TRUE(reader.in_request());
  ASSERT_EQ(reader.next(), step::whole);
  const auto second = reader.take();
  EXPECT_EQ(second.target, "/2");
  EXPECT_FALSE(second.keep_alive);
  EXPECT_FALSE(second.knows_chunks);
}

TEST(a_request, is_told_once_to_go_on) {
  request_reader reader;
  EXPECT_EQ(feed(reader, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
            step::expects_continue);
  EXPECT_EQ(reader.next(), step::wants_more);
  EXPECT_EQ(feed(reader, "{}"), step::whole);
}

TEST(a_request, may_have_a_larger_body_where_its_head_says_so) {
  const auto bound = [](const question& head) { return head.target == "/import" ? 100'000U : 1U; };
  const auto ask = [&](std::string_view target, std::size_t announced) {
    request_reader reader(bound);
    const auto head = std::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", target, announced);
    const auto got = feed(reader, head + std::string(announced, 'x'));
    if (got == step::whole) return std::format("{} bytes", reader.take().body.size());
    return got == step::refused ? std::to_string(reader.refusal().status) : "?";
  };
  EXPECT_EQ(ask("/import", 100'000), "100000 bytes");
  EXPECT_EQ(ask("/import", 100'001), "413");
  EXPECT_EQ(ask("/other", 65'537), "413");
  EXPECT_EQ(ask("/other", 65'536), "65536 bytes") << "the bound of all is not asked about";
  request_reader reader(bound);
  const auto chunk = "11170\r\n" + std::string(70'000, 'x') + "\r\n";
  EXPECT_EQ(feed(reader, "POST /import HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk),
            step::wants_more);
  EXPECT_EQ(feed(reader, chunk), step::refused) << "chunks count together";
  EXPECT_EQ(reader.refusal().status, 413U);
}

TEST(a_request, has_bounds) {
  const auto refusal = [](std::string_view bytes) {
    request_reader reader;
    return feed(reader, bytes) == step::refused ? reader.refusal().status : 0;
  };
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x')), 431U);
  EXPECT_EQ(refusal("GET /" + std::string(9000, 'x')), 431U);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n"), 413U);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("GET / HTTP/9.9\r\n\r\n"), 400U);
  EXPECT_EQ(refusal("\x16\x03\x01"), 400U);
}

TEST(a_request, that_others_might_read_otherwise_is_refused) {
  const auto status = [](std::string_view headers, std::string_view body = "", std::string_view version = "1.1") {
    request_reader reader;
    const auto bytes = std::format("POST /a HTTP/{}\r\n{}\r\n{}", version, headers, body);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto next = feed(reader, bytes.substr(i, 1));
      if (next == step::refused) return reader.refusal().status;
      if (next == step::whole) return 200U;
    }
    return 0U;
  };
  EXPECT_EQ(status("Host: a\r\nContent-Length: 0\r\n"), 200U);
  EXPECT_EQ(status("host: gw-1.example:8080\r\ntransfer-encoding: Chunked\r\n", "0\r\n\r\n"), 200U);
  EXPECT_EQ(status("", "", "1.0"), 200U);
  for (const auto* headers :
       {"Content-Length: 0\r\n", "Host: a\r\nHost: b\r\n", "Host: a/b\r\n", "Host: a b\r\n",
        "Host: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n", "Host: a\r\nContent-Length: 0, 0\r\n",
        "Host: a\r\nContent-Length: +0\r\n", "Host: a\r\nContent-Length: 0x0\r\n",
        "Host: a\r\nTransfer-Encoding: xchunked\r\n", "Host: a\r\nTransfer-Encoding: identity\r\n",
        "Host: a\r\nTransfer-Encoding: chunked, identity\r\n", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
        "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n", "Host: a\r\nX: 1\r\n 2\r\n",
        "Host: a\r\nTransfer-Encoding:\r\n chunked\r\n", "Host: a\r\nX: 1\r\n\t2\r\n", "Host : a\r\n"}) {
    EXPECT_EQ(status(headers, "0\r\n\r\n"), 400U) << headers;
  }
  EXPECT_EQ(status("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "1.0"), 400U);
}

TEST(a_request, may_name_whose_its_target_is) {
  const auto taken = [](std::string_view target) {
    request_reader reader;
    EXPECT_EQ(feed(reader, std::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", target)), step::whole);
    const auto got = reader.take();
    return got.host + " " + got.target;
  };
  EXPECT_EQ(taken("http://evil.example/a?b=http://c"), "evil.example /a?b=http://c");
  EXPECT_EQ(taken("HTTPS://gw-1:8443"), "gw-1:8443 /");
  EXPECT_EQ(taken("http://gw-1?x"), "gw-1 /?x");
  EXPECT_EQ(taken("/a/http://b"), "127.0.0.1 /a/http://b");
}

}  // namespace
}  // namespace perigee::api
