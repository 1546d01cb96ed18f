#include "cli/mqtt_target.hpp"

#include <gtest/gtest.h>

#include <format>

namespace perigee::cli {
namespace {

std::string parts(std::string_view url) {
  const auto u = parse_mqtt_url(url);
  if (!u) return "malformed";
  return std::format("{}{}{} {}", u->tls ? "tls " : "", u->websocket ? "ws " : "", u->host, u->port);
}

TEST(mqtt_url, has_a_scheme_a_host_and_perhaps_a_port) {
  EXPECT_EQ(parts("mqtt://broker"), "broker 1883");
  EXPECT_EQ(parts("mqtt://broker:1884/"), "broker 1884");
  EXPECT_EQ(parts("mqtts://10.0.0.7"), "tls 10.0.0.7 8883");
  EXPECT_EQ(parts("ws://broker/mqtt"), "ws broker 80");
  EXPECT_EQ(parts("wss://broker:8443/mqtt"), "tls ws broker 8443");
  EXPECT_EQ(parts("mqtt://[::1]:1884"), "::1 1884");
  EXPECT_EQ(parts("mqtts://[fe80::1]"), "tls fe80::1 8883");
}

TEST(mqtt_url, is_refused_where_it_is_something_else) {
  for (const auto* wrong :
       {"", "broker", "broker:1883", "http://broker", "mqtt://", "mqtt://:1883", "mqtt://broker:", "mqtt://broker:0",
        "mqtt://broker:65536", "mqtt://broker:18x", "mqtt://broker/mqtt", "ws://broker/other", "mqtt://[::1",
        "mqtt://[::1]1883", "mqtt://me@broker", "mqtt://me:pw@broker"})
    EXPECT_EQ(parts(wrong), "malformed") << wrong;
}

}  // namespace
}  // namespace perigee::cli
