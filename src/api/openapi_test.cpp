#include "api/openapi.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/schema.hpp"

namespace perigee::api {
namespace {

namespace json = boost::json;

TEST(a_schema, is_short_for_json_schema) {
  EXPECT_EQ(schema_of("text?"), json::parse(R"({"anyOf":[{"type":"string"},{"type":"null"}]})"));
  EXPECT_EQ(schema_of("up|away"), json::parse(R"({"type":"string","enum":["up","away"]})"));
  EXPECT_EQ(schema_of("[[number]]"),
            json::parse(R"({"type":"array","items":{"type":"array","items":{"type":"number"}}})"));
  EXPECT_EQ(schema_of("{a:whole,b?:{*:bool}}"),
            json::parse(R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer"},
                "b":{"type":"object","additionalProperties":{"type":"boolean"}}},"required":["a"]})"));
}

TEST(openapi, describes_what_is_served) {
  const auto nothing = at_once([](const request&) { return answer{}; });
  const auto all =
      with_openapi({{"GET", "/livez", nothing, access::anybody},
                    {"GET",
                     "/things/{id}",
                     nothing,
                     access::known_peer,
                     {"One thing",
                      {text_parameter("id", "which", 9).within(parameter::place::path),
                       whole_parameter("n", "many", 1, 9, "3"), choice_parameter("as", "how", {"a", "b"}, "a").many()},
                      "{id:text}"}},
                    {"POST",
                     "/things/{id}",
                     nothing,
                     access::operators,
                     {"Change it",
                      {text_parameter("id", "which", 9).within(parameter::place::path),
                       text_parameter("to", "what", 5).within(parameter::place::body).needed()},
                      "{id:text}",
                      201}}},
                   "1.2");
  const auto document = openapi_of(all, "1.2");
  EXPECT_EQ(document.at("info").at("version"), "1.2");
  const auto& paths = document.at("paths").get_object();
  EXPECT_FALSE(paths.contains("/livez"));
  EXPECT_TRUE(paths.contains("/api/v1/openapi.json"));
  const auto& get = paths.at("/things/{id}").at("get");
  EXPECT_EQ(get.at("parameters").at(0).at("in"), "path");
  EXPECT_EQ(get.at("parameters").at(1).at("schema"),
            json::parse(R"({"type":"integer","minimum":1,"maximum":9,"default":3})"));
  EXPECT_EQ(get.at("parameters").at(2).at("schema").at("type"), "array");
  const auto& post = paths.at("/things/{id}").at("post");
  EXPECT_EQ(post.at("requestBody").at("content").at("application/json").at("schema").at("required").at(0), "to");
  EXPECT_TRUE(post.at("responses").as_object().contains("201"));
  EXPECT_EQ(post.at("security").as_array().size(), 2U);
  EXPECT_EQ(get.at("x-perigee-role"), "viewer");
  EXPECT_EQ(post.at("x-perigee-role"), "operator");
  EXPECT_EQ(get.at("x-perigee-scope"), "read");
  EXPECT_EQ(post.at("x-perigee-scope"), "things");
  EXPECT_TRUE(post.at("responses").as_object().contains("403"));
  EXPECT_TRUE(all.back().answer_with);
}

}  // namespace
}  // namespace perigee::api
