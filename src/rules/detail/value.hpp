#pragma once
// A value of the rule language. SQL's NULL stands for everything that is not known: a field that is absent, a division
// by zero, a text where a number was needed.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace perigee::rules::detail {

/// What the compiler knows about an expression before it runs. Fields of a payload are `any`.
enum class value_type : std::uint8_t { any, number, boolean, text };
[[nodiscard]] std::string_view name_of(value_type t);  // "a number"

enum class value_kind : std::uint8_t { null, number, boolean, text, json };

/// Texts are views: into the rule, the payload, or the event's scratch space.
struct value {
  value_kind kind = value_kind::null;
  bool flag = false;
  double number = 0;
  std::string_view text{};  // text; json: the object or array as written; number: its digits in the payload, or empty

  [[nodiscard]] bool is_null() const { return kind == value_kind::null; }
  [[nodiscard]] bool is_true() const { return kind == value_kind::boolean && flag; }
  [[nodiscard]] bool is_false() const { return kind == value_kind::boolean && !flag; }
};

[[nodiscard]] inline value of_number(double x) { return {.kind = value_kind::number, .number = x}; }
[[nodiscard]] inline value of_boolean(bool x) { return {.kind = value_kind::boolean, .flag = x}; }
[[nodiscard]] inline value of_text(std::string_view x) { return {.kind = value_kind::text, .text = x}; }

/// Whether a value may stand where `t` is asked for. NULL may stand everywhere.
[[nodiscard]] bool fits(const value& v, value_type t);

/// A bounded place for the texts that come into being while one event is evaluated. Allocates once, at its birth; the
/// memory is touched, and so counted, only as far as it was used.
class scratch {
 public:
  explicit scratch(std::size_t bytes_max) : text_(std::make_unique_for_overwrite<char[]>(bytes_max)), max_(bytes_max) {}

  void clear() { used_ = 0; }

  /// Starts a text; `put` adds to it; `take` ends it. Empty when the space ran out on the way.
  void begin() {
    start_ = used_;
    overflowed_ = false;
  }
  void put(char c) { put(std::string_view(&c, 1)); }
  void put(std::string_view text);
  [[nodiscard]] std::optional<std::string_view> take();

 private:
  std::unique_ptr<char[]> text_;
  std::size_t max_;
  std::size_t used_ = 0;
  std::size_t start_ = 0;
  bool overflowed_ = false;
};

/// As part of a JSON text: texts quoted and escaped, whole numbers without a fraction.
void put_json(scratch& out, const value& v);
void put_json_text(scratch& out, std::string_view text);
/// What stands within the quotes of a JSON text.
void put_escaped(scratch& out, std::string_view text);
void put_in_text(scratch& out, const value& v);
/// As people write it: texts as they are, NULL as "null".
void put_plain(scratch& out, const value& v);

}  // namespace perigee::rules::detail
