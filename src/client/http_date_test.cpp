#include "client/http_date.hpp"

#include <gtest/gtest.h>

#include <string>

namespace perigee::client {
namespace {

TEST(http_date, is_read_as_rfc_9110_has_it) {
  EXPECT_EQ(read_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), timestamp{784'111'777'000'000'000});
  EXPECT_EQ(read_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), timestamp{0});
  EXPECT_EQ(read_http_date("Thu, 29 Feb 2024 23:59:60 GMT"), timestamp{1'709'251'200'000'000'000});
}

TEST(http_date, other_texts_are_none) {
  for (const auto* wrong :
       {"", "Sun, 06 Nov 1994 08:49:37", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 31 Feb 2024 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Xyz, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 9999 08:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC"})
    EXPECT_FALSE(read_http_date(wrong)) << wrong;
  const std::string good = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (std::size_t end = 0; end < good.size(); ++end) EXPECT_FALSE(read_http_date(good.substr(0, end)));
}

}  // namespace
}  // namespace perigee::client
