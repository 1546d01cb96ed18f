#include "control/enrolment/provisioning_template.hpp"

#include <gtest/gtest.h>

namespace perigee::control::enrolment {
namespace {

/// As AWS's documentation has it.
constexpr std::string_view press = R"({
  "Parameters": {
    "SerialNumber": {"Type": "String"},
    "Hall": {"Type": "String", "Default": "1"},
    "AWS::IoT::Certificate::Id": {"Type": "String"}
  },
  "Resources": {
    "thing": {"Type": "AWS::IoT::Thing", "Properties": {
      "ThingName": {"Fn::Join": ["-", ["press", {"Ref": "SerialNumber"}]]},
      "AttributePayload": {"hall": {"Ref": "Hall"}, "label": {"Fn::Sub": "no. ${SerialNumber} in ${Hall}"}},
      "ThingGroups": ["presses"]}},
    "certificate": {"Type": "AWS::IoT::Certificate",
      "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
    "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "machines"}}
  },
  "DeviceConfiguration": {"site": "plant"}
})";

std::string fault_of(std::string_view json) {
  const auto read = provisioning_template::parse(json);
  return read ? "none" : read.error();
}
/// The template with one text in the place of another.
std::string fault_with(std::string_view part, std::string_view instead) {
  std::string text(press);
  text.replace(text.find(part), part.size(), instead);
  return fault_of(text);
}

TEST(provisioning_template, makes_a_thing_of_parameters) {
  const auto read = provisioning_template::parse(press);
  ASSERT_TRUE(read) << read.error();
  const auto thing = read->apply({{"SerialNumber", "7"}}, "c1");
  ASSERT_TRUE(thing) << thing.error();
  EXPECT_EQ(thing->name, "press-7");
  EXPECT_EQ(thing->serial_number, "7");
  EXPECT_EQ(thing->attributes, (text_map{{"hall", "1"}, {"label", "no. 7 in 1"}}));
  EXPECT_EQ(thing->groups, (std::vector<std::string>{"machines", "presses"}));
  EXPECT_EQ(read->configuration(), (text_map{{"site", "plant"}}));
  EXPECT_EQ(read->apply({{"SerialNumber", "7"}, {"Hall", "2"}}, "c1")->attributes.at("hall"), "2");
}

TEST(provisioning_template, wants_its_parameters_and_no_others) {
  const auto read = provisioning_template::parse(press);
  EXPECT_EQ(read->apply({}, "c1").error(), "the parameter 'SerialNumber' is missing");
  EXPECT_EQ(read->apply({{"SerialNumber", "7"}, {"Boss", "x"}}, "c1").error(), "there is no parameter 'Boss'");
  EXPECT_EQ(read->apply({{"SerialNumber", "7"}, {"AWS::IoT::Certificate::Id", "mine"}}, "c1")->name, "press-7");
}

TEST(provisioning_template, may_name_a_thing_by_its_certificate) {
  std::string text(press);
  const std::string_view name = R"({"Fn::Join": ["-", ["press", {"Ref": "SerialNumber"}]]})";
  text.replace(text.find(name), name.size(), R"({"Ref": "AWS::IoT::Certificate::Id"})");
  const auto read = provisioning_template::parse(text);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->apply({{"SerialNumber", "7"}, {"AWS::IoT::Certificate::Id", "mine"}}, "c1")->name, "c1");
}

TEST(provisioning_template, that_cannot_be_is_refused_by_what_is_wrong) {
  EXPECT_EQ(fault_of("nothing"), "it is no JSON object");
  EXPECT_EQ(fault_of("{}"), "Resources has no AWS::IoT::Thing");
  EXPECT_EQ(fault_with("\"Parameters\"", "\"Params\""), "the template has 'Params', which is not known here");
  EXPECT_EQ(fault_with("{\"Type\": \"String\"}", "{\"Type\": \"Number\"}"),
            "the Type of every parameter is \"String\"");
  EXPECT_EQ(fault_with("AWS::IoT::Thing", "AWS::Lambda::Function"),
            "a resource of type 'AWS::Lambda::Function' is not known here");
  EXPECT_EQ(fault_with("{\"Ref\": \"Hall\"}", "{\"Ref\": \"Room\"}"), "'Room' is not among the Parameters");
  EXPECT_EQ(fault_with("Fn::Join", "Fn::Select"), "'Fn::Select' is not known here: Ref, Fn::Join or Fn::Sub");
  EXPECT_EQ(fault_with("${Hall}", "${Hall"), "Fn::Sub has a '${' without its '}'");
  EXPECT_EQ(fault_with("\"Active\"", "\"Inactive\""), "the Status of a certificate is \"Active\"");
  EXPECT_EQ(fault_with("\"PolicyName\"", "\"PolicyDocument\""),
            "AWS::IoT::Policy has 'PolicyDocument', which is not known here");
  EXPECT_EQ(fault_with("[\"presses\"]", "7"), "ThingGroups is no list");
  EXPECT_EQ(fault_of(std::string(20'000, ' ')), "it is larger than 10240 bytes");
  EXPECT_EQ(fault_of(std::string(100, '[')), "it is no JSON object");
}

}  // namespace
}  // namespace perigee::control::enrolment
