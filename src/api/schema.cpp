#include "api/schema.hpp"

#include <boost/json.hpp>

#include "base/check.hpp"

namespace perigee::api {
namespace {

namespace json = boost::json;

/// One pass over a notation.
class schema_reader {
 public:
  explicit schema_reader(std::string_view rest) : rest_(rest) {}

  json::value read_type() {
    auto out = starts('{') ? read_object() : starts('[') ? read_list() : read_word();
    if (!starts('?')) return out;
    return json::object{{"anyOf", json::array{std::move(out), json::object{{"type", "null"}}}}};
  }
  void expect_end() const { PG_CHECK(rest_.empty(), "a schema ends with its type"); }

 private:
  /// Takes it where it is next.
  bool starts(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { PG_CHECK(starts(c), "a schema of ours is misspelt"); }

  std::string_view take_name() {
    const auto end = rest_.find_first_of("{}[]?:,");
    const auto out = rest_.substr(0, end);
    rest_.remove_prefix(out.size());
    PG_CHECK(!out.empty(), "a schema of ours lacks a word");
    return out;
  }

  json::value read_object() {
    json::object members;
    json::array required;
    json::value others = false;
    while (!starts('}')) {
      const auto name = take_name();
      const bool may_lack = starts('?');
      expect(':');
      auto type = read_type();
      if (name == "*") {
        others = std::move(type);
      } else {
        members[name] = std::move(type);
        if (!may_lack) required.emplace_back(name);
      }
      if (!rest_.starts_with('}')) expect(',');
    }
    json::object out{{"type", "object"}, {"additionalProperties", std::move(others)}};
    if (!members.empty()) out["properties"] = std::move(members);
    if (!required.empty()) out["required"] = std::move(required);
    return out;
  }

  json::value read_list() {
    auto items = read_type();
    expect(']');
    return json::object{{"type", "array"}, {"items", std::move(items)}};
  }

  json::value read_word() {
    const auto word = take_name();
    if (word == "any") return json::object{};
    if (word == "text") return json::object{{"type", "string"}};
    if (word == "whole") return json::object{{"type", "integer"}};
    if (word == "number") return json::object{{"type", "number"}};
    if (word == "bool") return json::object{{"type", "boolean"}};
    if (word == "time") return json::object{{"type", "string"}, {"format", "date-time"}};
    json::array words;
    for (std::size_t begin = 0; begin <= word.size();) {
      const auto end = std::min(word.find('|', begin), word.size());
      words.emplace_back(word.substr(begin, end - begin));
      begin = end + 1;
    }
    return json::object{{"type", "string"}, {"enum", std::move(words)}};
  }

  std::string_view rest_;
};

}  // namespace

json::value schema_of(std::string_view notation) {
  schema_reader reader(notation);
  auto out = reader.read_type();
  reader.expect_end();
  return out;
}

}  // namespace perigee::api
