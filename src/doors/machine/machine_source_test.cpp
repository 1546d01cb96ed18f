#include "doors/machine/machine_source.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.hpp"

namespace perigee::doors::machine {
namespace {

using namespace std::chrono_literals;

constexpr timestamp start{1'700'000'000'000'000'000};

machine_source make(double rate_hz = 10) {
  return {{.name = "motor-1", .topic = "site/m1", .rate_hz = rate_hz, .seed = 7, .faults = {}}, epoch(99), start};
}

std::vector<model::record> produce(machine_source& from, timestamp now, std::size_t room = 1'000'000) {
  std::vector<model::record> out;
  from.produce(now, [&](const model::record_view& r) {
    if (out.size() == room) return false;
    out.emplace_back(r);
    return true;
  });
  return out;
}

std::string text(const model::record& r) { return std::string(as_text(r.payload)); }

TEST(MachineSource, ProducesAtItsRateWithStamps) {
  auto m = make();
  EXPECT_EQ(m.next_due(), start);
  EXPECT_TRUE(produce(m, start - 1ns).empty());
  const auto out = produce(m, start + 200ms);
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].topic, "site/m1");
  EXPECT_EQ(out[0].source, "motor-1");
  EXPECT_EQ(out[0].epoch, epoch(99));
  EXPECT_EQ(out[2].sequence, sequence(3));
  EXPECT_TRUE(text(out[2]).starts_with(R"({"ts":1700000000200000,"speed":)")) << text(out[2]);
  EXPECT_EQ(m.next_due(), start + 300ms);
}

TEST(MachineSource, WritesEachValueAtItsResolution) {
  auto m = make();
  const auto all = produce(m, start + 60s);
  model::payload_decoder decoder;
  std::vector<std::string> metrics;
  ASSERT_TRUE(decoder.decode(model::payload_format::flat_json, all.back().view(), [&](const model::reading_view& r) {
    metrics.emplace_back(r.metric);
    EXPECT_EQ(r.time, start + 60s);
    EXPECT_EQ(r.device, "site/m1");
  }));
  EXPECT_EQ(metrics, (std::vector<std::string>{"speed", "load", "temperature", "current", "vibration", "running"}));
  const auto written = text(all.back());
  const auto from = written.find("\"temperature\":") + 14;
  const auto digits = written.substr(from, written.find(',', from) - from);
  EXPECT_EQ(digits.size() - digits.find('.'), 3U) << digits;
}

TEST(MachineSource, WhatIsNotTakenIsKept) {
  auto m = make();
  auto reference = make();
  const auto expected = produce(reference, start + 500ms);
  auto out = produce(m, start + 500ms, 2);
  EXPECT_EQ(out.size(), 2U);
  EXPECT_TRUE(produce(m, start + 500ms, 0).empty());
  for (auto& r : produce(m, start + 500ms)) out.push_back(std::move(r));
  ASSERT_EQ(out.size(), expected.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i].payload, expected[i].payload);
    EXPECT_EQ(out[i].sequence, expected[i].sequence);
  }
}

TEST(MachineSource, CatchesUpInBoundedSlicesOrGoesOnFromNow) {
  auto m = make(1000);
  EXPECT_EQ(produce(m, start + 10s).size(), limits::machine_catch_up_max);
  EXPECT_EQ(produce(m, start + 10s).size(), limits::machine_catch_up_max);
  m.resume(start + 10s);
  const auto out = produce(m, start + 10s);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].sequence, sequence(2001));
}

TEST(MachineSource, ObeysCommands) {
  auto m = make();
  produce(m, start + 30s);
  const auto told = m.on_command(as_bytes(R"({"speed":0.5,"ts":1700000029900000})"), start + 30s);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->speed, 0.5);
  EXPECT_EQ(told->decided_on, start + 29'900ms);
  produce(m, start + 60s);
  EXPECT_NEAR(m.machine().read().speed_rpm, 735, 10);
  ASSERT_TRUE(m.on_command(as_bytes(R"({"stop":true})"), start));
  produce(m, start + 90s);
  EXPECT_FALSE(m.machine().read().running);
  ASSERT_TRUE(m.on_command(as_bytes(R"({"fault":"overload"})"), start));
  EXPECT_TRUE(m.machine().has(fault::overload));
  ASSERT_TRUE(m.on_command(as_bytes(R"({"heal":"overload","speed":1})"), start));
  EXPECT_FALSE(m.machine().has(fault::overload));
}

TEST(MachineSource, RefusesWhatIsNoCommand) {
  auto m = make();
  for (const auto* bad : {"", "fast", "{}", R"({"speed":"fast"})", R"({"fault":"rust"})", R"({"stop":false})", "[1]"}) {
    EXPECT_FALSE(m.on_command(as_bytes(bad), start)) << bad;
  }
  produce(m, start + 30s);
  EXPECT_TRUE(m.machine().read().running);
}

}  // namespace
}  // namespace perigee::doors::machine
