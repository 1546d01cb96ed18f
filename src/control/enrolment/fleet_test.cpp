#include "control/enrolment/fleet.hpp"

#include <gtest/gtest.h>

#include <format>

namespace perigee::control::enrolment {
namespace {

std::string text_of(std::optional<fleet_topic> topic) {
  if (!topic) return "none";
  return std::format("{} {}{}", static_cast<int>(topic->call), topic->template_name, topic->cbor ? " cbor" : "");
}

byte_view bytes(std::string_view text) { return as_bytes(text); }

TEST(fleet, knows_its_topics) {
  EXPECT_EQ(text_of(parse_fleet_topic("$aws/certificates/create/json")), "0 ");
  EXPECT_EQ(text_of(parse_fleet_topic("$aws/certificates/create-from-csr/cbor")), "1  cbor");
  EXPECT_EQ(text_of(parse_fleet_topic("$aws/provisioning-templates/presses/provision/json")), "2 presses");
  for (const auto* other :
       {"", "$aws", "$aws/certificates/create", "$aws/certificates/create/xml", "$aws/certificates/create/json/x",
        "$aws/provisioning-templates//provision/json", "$aws/provisioning-templates/a/b/provision/json",
        "$aws/provisioning-templates/a", "aws/certificates/create/json"}) {
    EXPECT_EQ(text_of(parse_fleet_topic(other)), "none") << other;
  }
  EXPECT_EQ(text_of(parse_fleet_answer("$aws/certificates/create/json/accepted")), "0 ");
  EXPECT_EQ(text_of(parse_fleet_answer("$aws/provisioning-templates/presses/provision/json/+")), "2 presses");
  EXPECT_EQ(text_of(parse_fleet_answer("$aws/certificates/create/json")), "none");
  EXPECT_EQ(text_of(parse_fleet_answer("$aws/#")), "none");
}

TEST(fleet, reads_requests) {
  EXPECT_EQ(read_certificate_request(bytes(R"({"certificateSigningRequest":"PEM"})")), "PEM");
  EXPECT_EQ(read_certificate_request(bytes("{}")).error().code, "InvalidPayload");
  EXPECT_EQ(read_certificate_request(bytes("[")).error().message, "It is no JSON object.");
  EXPECT_FALSE(read_create_keys({}));
  EXPECT_FALSE(read_create_keys(bytes("{}")));
  EXPECT_TRUE(read_create_keys(bytes("7")));
  const auto read =
      read_provision_request(bytes(R"({"certificateOwnershipToken":"t","parameters":{"SerialNumber":"7"}})"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ownership_token, "t");
  EXPECT_EQ(read->parameters, (text_map{{"SerialNumber", "7"}}));
  EXPECT_TRUE(read_provision_request(bytes(R"({"certificateOwnershipToken":"t"})")));
  EXPECT_FALSE(read_provision_request(bytes(R"({"certificateOwnershipToken":"t","parameters":{"a":7}})")));
  EXPECT_FALSE(read_provision_request(bytes(R"({"parameters":{}})")));
  EXPECT_FALSE(read_provision_request(bytes("{\"certificateOwnershipToken\":\"" + std::string(40'000, 'x') + "\"}")));
}

TEST(fleet, answers_as_aws_does) {
  EXPECT_EQ(created_payload({.id = "i", .pem = "p", .ownership_token = "t"}),
            R"({"certificateId":"i","certificatePem":"p","certificateOwnershipToken":"t"})");
  EXPECT_TRUE(created_payload({"i", "p", "t", "k"}).contains(R"("privateKey":"k")"));
  EXPECT_EQ(provisioned_payload("press-7", {{"site", "plant"}}),
            R"({"deviceConfiguration":{"site":"plant"},"thingName":"press-7"})");
  EXPECT_EQ(rejected_payload({403, "AccessDenied", "No."}, false),
            R"({"statusCode":403,"errorCode":"AccessDenied","errorMessage":"No."})");
  EXPECT_EQ(rejected_payload({403, "No", std::string(30, 'x')}, true),
            "\xa3\x6astatusCode\x19\x01\x93\x69"
            "errorCode\x62No\x6c"
            "errorMessage\x78\x1e" +
                std::string(30, 'x'));
}

}  // namespace
}  // namespace perigee::control::enrolment
