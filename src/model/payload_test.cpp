#include "model/payload.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <vector>

#include "base/limits.hpp"

namespace perigee::model {
namespace {

constexpr timestamp arrival{77};

class payload : public testing::Test {
 protected:
  result<std::vector<reading>> decode(std::string_view text, payload_format format = payload_format::automatic,
                                      std::string_view topic = "plant/press-4") {
    std::vector<reading> out;
    PG_TRY_VOID(decoder_.decode(format, topic, as_bytes(text), arrival,
                                [&out](const reading_view& r) { out.emplace_back(r); }));
    return out;
  }
  std::string why_not(std::string_view text, payload_format format = payload_format::automatic) {
    const auto r = decode(text, format);
    return r ? "it was taken" : r.error().what;
  }
  std::int64_t time_of(std::string_view json) {
    const auto r = decode(std::format(R"({{"ts":{},"x":1}})", json));
    return r && r->size() == 1 ? (*r)[0].time.ns : -1;
  }

  payload_decoder decoder_;
};

TEST_F(payload, every_scalar_field_is_a_metric) {
  const auto r = decode(R"({"t": 21.5, "n": -3, "ok": true, "state": "op\u0065n", "gone": null})");
  ASSERT_TRUE(r);
  ASSERT_EQ(r->size(), 5U);
  EXPECT_EQ((*r)[0].device, "plant/press-4");
  EXPECT_EQ((*r)[0].metric, "t");
  EXPECT_EQ((*r)[0].time, arrival);
  EXPECT_EQ((*r)[0].value, value(21.5));
  EXPECT_EQ((*r)[1].value, value(std::int64_t{-3}));
  EXPECT_EQ((*r)[2].value, value(true));
  EXPECT_EQ((*r)[3].value, value(std::string("open")));
  EXPECT_EQ((*r)[4].value, value());
  EXPECT_EQ((*r)[4].quality, quality::bad);
  EXPECT_EQ((*r)[4].why, "the device sent null");
}

TEST_F(payload, nested_objects_get_dotted_names) {
  const auto r = decode(R"({"motor":{"rpm":1480,"bearing":{"de":0.4}},"t":1})");
  ASSERT_TRUE(r);
  ASSERT_EQ(r->size(), 3U);
  EXPECT_EQ((*r)[0].metric, "motor.rpm");
  EXPECT_EQ((*r)[1].metric, "motor.bearing.de");
  EXPECT_EQ((*r)[2].metric, "t");
}

TEST_F(payload, the_time_is_told_apart_by_its_size) {
  EXPECT_EQ(time_of("1732291200"), 1'732'291'200'000'000'000);
  EXPECT_EQ(time_of("1732291200123"), 1'732'291'200'123'000'000);
  EXPECT_EQ(time_of("1732291200123456"), 1'732'291'200'123'456'000);
  EXPECT_EQ(time_of("1732291200123456789"), 1'732'291'200'123'456'789);
  EXPECT_EQ(time_of("1732291200.5"), 1'732'291'200'500'000'000);
  EXPECT_EQ(time_of(R"("2024-11-22T16:00:00.123Z")"), 1'732'291'200'123'000'000);
}

TEST_F(payload, only_the_first_time_field_of_the_top_level_is_the_time) {
  const auto r = decode(R"({"time":1732291200,"ts":5,"motor":{"ts":6}})");
  ASSERT_TRUE(r);
  ASSERT_EQ(r->size(), 2U);
  EXPECT_EQ((*r)[0].metric, "ts");
  EXPECT_EQ((*r)[1].metric, "motor.ts");
  EXPECT_EQ((*r)[1].time.ns, 1'732'291'200'000'000'000);
}

TEST_F(payload, a_time_behind_the_values_counts_for_all) {
  const auto r = decode(R"({"x":1,"timestamp":1732291200})");
  ASSERT_TRUE(r);
  EXPECT_EQ((*r)[0].time.ns, 1'732'291'200'000'000'000);
}

TEST_F(payload, a_plain_number_takes_its_names_from_the_topic) {
  const auto r = decode(" 21.5\n", payload_format::automatic, "plant/press-4/temperature");
  ASSERT_TRUE(r);
  ASSERT_EQ(r->size(), 1U);
  EXPECT_EQ((*r)[0].device, "plant/press-4");
  EXPECT_EQ((*r)[0].metric, "temperature");
  EXPECT_EQ((*r)[0].value, value(21.5));
  const auto whole = decode("-7", payload_format::plain_number, "press-4");
  ASSERT_TRUE(whole);
  EXPECT_EQ((*whole)[0].device, "press-4");
  EXPECT_EQ((*whole)[0].metric, "value");
  EXPECT_EQ((*whole)[0].value, value(std::int64_t{-7}));
}

TEST_F(payload, numbers_past_64_bits_become_doubles) {
  const auto r = decode(R"({"a":18446744073709551615,"b":9223372036854775807})");
  ASSERT_TRUE(r);
  EXPECT_EQ((*r)[0].value, value(18446744073709551615.0));
  EXPECT_EQ((*r)[1].value, value(std::int64_t{9'223'372'036'854'775'807}));
}

TEST_F(payload, says_what_is_wrong) {
  EXPECT_EQ(why_not("open"), "the payload is neither a JSON object nor a number");
  EXPECT_EQ(why_not(""), "the payload is neither a JSON object nor a number");
  EXPECT_EQ(why_not("21,5", payload_format::plain_number), "the payload is not a number");
  EXPECT_EQ(why_not("[1]", payload_format::flat_json), "the payload is not one whole JSON object");
  EXPECT_EQ(why_not(R"({"a":1)"), "the payload is not one whole JSON object");
  EXPECT_EQ(why_not(R"({"a":1}{"b":2})"), "something follows the payload's JSON object");
  EXPECT_EQ(why_not(R"({"a":nul})"), "the payload is not valid JSON");
  EXPECT_EQ(why_not(R"({"a":[1,2]})"), "a field is an array; each metric must be a single value");
  EXPECT_EQ(why_not(R"({"a":1e400})"), "a number is out of range");
  EXPECT_EQ(why_not(R"({"ts":true,"a":1})"), "the time is neither a number nor RFC 3339 text");
  EXPECT_EQ(why_not(R"({"ts":99999999999,"a":1})"), "the time is outside the years 1677 to 2262");
}

TEST_F(payload, an_error_comes_before_the_first_reading) {
  int calls = 0;
  const auto r = decoder_.decode(payload_format::automatic, "t", as_bytes(R"({"a":1,"b":[2]})"), arrival,
                                 [&calls](const reading_view&) { ++calls; });
  EXPECT_FALSE(r);
  EXPECT_EQ(calls, 0);
}

TEST_F(payload, has_bounds) {
  std::string deep;
  for (std::uint32_t i = 0; i < limits::payload_depth_max; ++i) deep += R"({"a":)";
  EXPECT_TRUE(decode(deep + "1" + std::string(limits::payload_depth_max, '}')));
  EXPECT_EQ(why_not(R"({"a":)" + deep + "1" + std::string(limits::payload_depth_max + 1, '}')),
            "objects stand in objects more than 16 deep");
  std::string wide = "{";
  for (std::uint32_t i = 0; i <= limits::payload_readings_max; ++i)
    wide += std::format(R"({}"m{}":1)", i ? "," : "", i);
  EXPECT_EQ(why_not(wide + "}"), "the payload has over 1,024 readings");
  EXPECT_EQ(why_not(std::format(R"({{"{}":1}})", std::string(limits::metric_bytes_max + 1, 'm'))),
            "a metric's name is over 512 bytes");
  EXPECT_EQ(why_not(std::format(R"({{"a":"{}"}})", std::string(limits::reading_text_bytes_max + 1, 't'))),
            "a text is over 64 KiB");
}

}  // namespace
}  // namespace perigee::model
