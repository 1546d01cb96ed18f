// Whatever payloads say, what is inferred of them is a header that a rule can have.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <format>
#include <vector>

#include "rules/infer.hpp"
#include "rules/rule_set.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  rules::field_survey survey;
  survey.add({data, size});
  survey.add(as_bytes(std::string_view(R"({"a":1,"b":{"c":true}})")));
  survey.add({data, size / 2});
  const auto text = std::format("/*\n[[action]]\nstore = \"out\"\n{}*/\nSELECT 1 AS x FROM 'a'", survey.header());
  if (!rules::rule_set::load(std::vector<rules::rule_source>{{"f.rule.sql", text}})) std::abort();
  return 0;
}
