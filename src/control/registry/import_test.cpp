#include "control/registry/import.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <format>

#include "control/registry/fixture_test.hpp"

namespace perigee::control::registry {
namespace {

/// "line:column field" of each fault.
std::vector<std::string> faults_in(std::string_view csv) {
  std::vector<std::string> out;
  const auto read = read_things(csv);
  if (read) return out;
  for (const auto& each : read.error()) {
    out.push_back(std::format("{}:{} {}", each.line, each.column, each.field));
    EXPECT_FALSE(each.detail.empty());
    EXPECT_FALSE(each.right.empty()) << each.detail;
  }
  return out;
}
using faults = std::vector<std::string>;

TEST(import, reads_a_thing_a_row) {
  const auto read = read_things(
      "\xef\xbb\xbf"
      "name,kind,groups,serial_number,attr:maker,attr:hall\r\n"
      "press-7,,hall-2;presses,SN 1,\"Schuler, Göppingen\",2\r\n"
      "\r\n"
      "fog-1,node,,,,\r\n");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  const auto& press = read->front();
  EXPECT_EQ(press.line, 2U);
  EXPECT_EQ(press.made.name, "press-7");
  EXPECT_EQ(press.made.is, kind::device);
  EXPECT_EQ(press.made.groups, (groups{"hall-2", "presses"}));
  EXPECT_EQ(press.made.serial_number, "SN 1");
  EXPECT_EQ(press.made.attributes, (attributes{{"maker", "Schuler, Göppingen"}, {"hall", "2"}}));
  EXPECT_EQ(read->back().line, 4U);
  EXPECT_EQ(read->back().made.is, kind::node);
  EXPECT_TRUE(read->back().made.attributes.empty());
}

TEST(import, tells_everything_that_is_wrong_by_its_line) {
  EXPECT_EQ(faults_in("name,kind,groups,attr:a\n"
                      "good,,,\n"
                      "bad name,,,\n"
                      "x,robot,,\n"
                      "x,,a;a,\n"
                      "x,,\n"
                      "x,,,\"never closed\n"
                      "y,,,\x01\n"),
            (faults{"3:1 name", "4:3 kind", "5:4 groups", "6:1 ", "7:5 ", "8:5 attributes"}));
}

TEST(import, needs_a_header_that_it_knows) {
  EXPECT_EQ(faults_in(""), (faults{"1:1 "}));
  EXPECT_EQ(faults_in("press-7\npress-8\n"), (faults{"1:1 press-7", "1:1 name"}));
  EXPECT_EQ(faults_in("name,name,colour\n"), (faults{"1:6 name", "1:11 colour"}));
  EXPECT_EQ(faults_in("name\n"), (faults{"1:1 "}));
  EXPECT_EQ(faults_in("name,\"x\n"), (faults{"1:6 "}));
}

class import_into : public registry_fixture {};

TEST_F(import_into, a_registry_is_all_or_nothing) {
  std::string csv = "name,groups,serial_number,attr:hall\n";
  for (int i = 0; i < 10'000; ++i) csv += std::format("press-{},presses,SN-{},{}\n", i, i, i % 7);
  const auto read = read_things(csv);
  ASSERT_TRUE(read);
  std::vector<new_thing> all;
  for (const auto& each : *read) all.push_back(each.made);
  all.back().serial_number = "SN-1";
  const auto refused = registry_->add_all(all, operator_at(noon));
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().size(), 1U);
  EXPECT_EQ(refused.error().front().index, 9999U);
  EXPECT_TRUE(registry_->list({})->empty());
  all.back().serial_number = "SN-9999";
  EXPECT_EQ(registry_->add_all(all, operator_at(noon)), 10'000U);
  EXPECT_EQ(registry_->find("press-9999")->given.attributes.at("hall"), "3");
}

}  // namespace
}  // namespace perigee::control::registry
