#pragma once
// The parameters of a request: what a route takes is a table, and the table reads them. No handler parses a number.

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.hpp"

namespace perigee::api {

/// One parameter that a route takes.
struct parameter {
  enum class place { query, path, body };
  enum class kind { text, whole, time, duration, choice, map };

  std::string_view name{};
  kind is = kind::text;
  std::string_view help{};
  place in = place::query;
  bool required = false;
  bool repeats = false;                   // may stand there several times
  std::int64_t least = 0;                 // whole: the range, ends included. text: bytes
  std::int64_t most = INT64_MAX;          //
  std::int64_t key_bytes_max = 0;         // of a map
  std::vector<std::string_view> words{};  // of a choice
  std::string_view initial{};             // what it is when absent, as it would be written

  [[nodiscard]] parameter needed() const;
  [[nodiscard]] parameter many() const;
  [[nodiscard]] parameter within(place where) const;
  /// "a whole number, 1 to 1000"
  [[nodiscard]] std::string takes() const;
};

/// Up to `bytes_max` bytes of UTF-8 without control characters but tab and line feed.
[[nodiscard]] parameter text_parameter(std::string_view name, std::string_view help, std::int64_t bytes_max = 1024);
[[nodiscard]] parameter whole_parameter(std::string_view name, std::string_view help, std::int64_t least,
                                        std::int64_t most, std::string_view initial = {});
/// ISO 8601, or whole milliseconds since 1970.
[[nodiscard]] parameter time_parameter(std::string_view name, std::string_view help);
/// "250ms", "10s", "5m", "2h", "7d"; a bare number is seconds.
[[nodiscard]] parameter duration_parameter(std::string_view name, std::string_view help);
[[nodiscard]] parameter choice_parameter(std::string_view name, std::string_view help,
                                         std::initializer_list<std::string_view> words, std::string_view initial = {});
/// In a body: an object whose members are texts as above; null takes a member away, where the route says so.
[[nodiscard]] parameter map_parameter(std::string_view name, std::string_view help, std::int64_t key_bytes_max,
                                      std::int64_t bytes_max);
/// `limit` and `after` of every list.
[[nodiscard]] std::vector<parameter> with_page(std::vector<parameter> others, std::int64_t most = 1000,
                                               std::string_view initial = "1000");

/// What is wrong with a parameter.
struct wrong_parameter {
  std::string field;
  std::string detail;
  std::string right;
};

/// Names and values as they were given, then what they mean.
class parameters {
 public:
  using value = std::variant<std::string, std::int64_t, timestamp, nanoseconds>;

  void add(std::string name, std::string text) { all_.push_back({std::move(name), std::move(text)}); }
  /// "a=1&b=%20+": a name without a value has an empty one. False where a % is misspelt.
  [[nodiscard]] bool add_form(std::string_view encoded);
  /// An object whose members are texts, numbers, lists or objects of those, or null, which is as if it were absent.
  [[nodiscard]] std::expected<void, wrong_parameter> add_json(std::string_view text);

  /// Reads what is there by the table; names that are not in it are refused. Absent ones get their initial value.
  [[nodiscard]] std::expected<void, wrong_parameter> check(std::span<const parameter> table);

  // Nothing where it is absent and has no initial value.

  /// As it was given.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> texts(std::string_view name) const;
  /// Of a map: names, and what each is; null is nothing.
  using entry = std::pair<std::string_view, std::optional<std::string_view>>;
  [[nodiscard]] std::vector<entry> entries(std::string_view name) const;
  /// It was given, if only as an empty list.
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view name) const { return checked<std::int64_t>(name); }
  [[nodiscard]] std::optional<timestamp> time(std::string_view name) const { return checked<timestamp>(name); }
  [[nodiscard]] std::optional<nanoseconds> duration(std::string_view name) const { return checked<nanoseconds>(name); }
  /// All of them, as they were given.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> pairs() const;

 private:
  struct one {
    std::string name;
    std::string text;
    value means{};                     // once checked
    bool listed = false;               // it stood in a list
    std::optional<std::string> key{};  // in a map
    bool none = false;                 // in a map: null
  };

  template <class T>
  [[nodiscard]] std::optional<T> checked(std::string_view name) const {
    const auto* found = find(name);
    const auto* held = found == nullptr ? nullptr : std::get_if<T>(&found->means);
    return held == nullptr ? std::nullopt : std::optional<T>(*held);
  }
  [[nodiscard]] const one* find(std::string_view name) const;

  [[nodiscard]] std::expected<void, wrong_parameter> check_one(one& given, const parameter& of) const;

  std::vector<one> all_;
  std::vector<std::string> empty_;  // lists and maps without members
};

}  // namespace perigee::api
