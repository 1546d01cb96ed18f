#include "base/decimal.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace perigee {
namespace {

std::string decimal(double x, unsigned decimals) {
  std::string out;
  append_decimal(out, x, decimals);
  return out;
}

TEST(Decimal, KeepsTheDeclaredDigits) {
  EXPECT_EQ(decimal(71.5, 2), "71.50");
  EXPECT_EQ(decimal(71.456, 2), "71.46");
  EXPECT_EQ(decimal(-3, 0), "-3");
  EXPECT_EQ(decimal(1e15, 3), "1000000000000000.000");
  EXPECT_EQ(decimal(0.1, 15), "0.100000000000000");
}

TEST(Decimal, HasNoNegativeZeroAndNoExponent) {
  EXPECT_EQ(decimal(-0.001, 2), "0.00");
  EXPECT_EQ(decimal(-0.0, 0), "0");
  EXPECT_EQ(decimal(-0.01, 2), "-0.01");
  EXPECT_EQ(decimal(1e-9, 3), "0.000");
  EXPECT_EQ(decimal(9.9e17, 15).size(), 34U);
}

TEST(Decimal, WhatHasNoDecimalsIsNull) {
  EXPECT_EQ(decimal(std::numeric_limits<double>::infinity(), 1), "null");
  EXPECT_EQ(decimal(std::numeric_limits<double>::quiet_NaN(), 1), "null");
  EXPECT_EQ(decimal(-1e18, 1), "null");
}

}  // namespace
}  // namespace perigee
