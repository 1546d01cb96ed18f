#include "node/run_file.hpp"

#include <gtest/gtest.h>

#include "io/memory_disk.hpp"

namespace perigee::node {
namespace {

TEST(run_file, comes_back_as_it_went) {
  io::memory_disk on;
  run_info info;
  info.pid = 42;
  info.id = "fog \"1\"";
  info.tier = "fog";
  info.started = "2026-11-22T10:02:03Z";
  info.start_ms = 12.5;
  info.api = {"127.0.0.1", 8443, "tls"};
  info.enrolment = {"::1", 8444, "tls"};
  info.mqtt = {{"127.0.0.1", 1883, "tcp"}, {"::1", 8883, "wss"}};
  info.token = "c0ffee";
  ASSERT_TRUE(write_run_file(on, "data", info));
  const auto read = read_run_file(on, "data");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->pid, 42);
  EXPECT_EQ(read->id, info.id);
  EXPECT_EQ(read->start_ms, 12.5);
  EXPECT_EQ(read->token, "c0ffee");
  ASSERT_TRUE(read->api);
  EXPECT_EQ(read->api->port, 8443);
  ASSERT_TRUE(read->enrolment);
  EXPECT_EQ(read->enrolment->port, 8444);
  ASSERT_EQ(read->mqtt.size(), 2U);
  EXPECT_EQ(read->mqtt[1].transport, "wss");
}

TEST(run_file, says_when_there_is_none_or_it_is_rubbish) {
  io::memory_disk on;
  EXPECT_TRUE(is(read_run_file(on, "data").error(), errc::not_found));
  for (const auto* text : {"", "[]", "{", "{\"api\":3,\"mqtt\":7}x"}) {
    ASSERT_TRUE(io::write_whole(on, "data/run.json", as_bytes(text)));
    EXPECT_TRUE(is(read_run_file(on, "data").error(), errc::malformed)) << text;
  }
  ASSERT_TRUE(io::write_whole(on, "data/run.json", as_bytes("{\"api\":3,\"mqtt\":[7],\"pid\":\"x\"}")));
  EXPECT_EQ(read_run_file(on, "data")->pid, 0);
}

}  // namespace
}  // namespace perigee::node
