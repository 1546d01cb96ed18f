#pragma once
// Numbers in text, taken out so that what is left (the text's shape) repeats and the numbers become columns. Reading a
// number back gives its text to the byte: 7, 7.0, 7.00 and 007 are different texts of one number, and a column keeps
// how its numbers are written, as a rule where there is one.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "model/detail/integers.hpp"

namespace perigee::model::detail {

/// -7.50 is -750 with one whole digit and two decimals.
struct text_number {
  std::int64_t digits = 0;
  std::uint8_t whole = 1;
  std::uint8_t decimals = 0;
};

/// Appends the text that the number was.
void append_number(const text_number& number, byte_buffer& out);

/// A text without its numbers: `placeholder` stands for each.
inline constexpr char placeholder = '\0';

/// Splits one text after the other. Owner: one encoder.
class text_splitter {
 public:
  /// False for a text that has no shape: it is longer than limits::batch_shape_bytes_max or has a placeholder in it.
  /// Otherwise its numbers are appended to `numbers`; those past limits::batch_shape_numbers_max stay in the shape.
  bool split(std::string_view text, std::vector<text_number>& numbers);
  [[nodiscard]] std::string_view shape() const { return {shape_.data(), size_}; }

 private:
  std::vector<char> shape_ = std::vector<char>(limits::batch_shape_bytes_max);
  std::size_t size_ = 0;
};

/// How a column's numbers are written. Under the rule all are scaled to decimals_max, written without trailing zeros
/// down to decimals_min decimals, and with leading zeros up to `whole` digits.
struct number_rule {
  std::uint8_t whole = 1;
  std::uint8_t decimals_min = 0;
  std::uint8_t decimals_max = 0;
};

class number_writer {
 public:
  explicit number_writer(integer_writer& integers) : integers_(integers) {}
  void write(std::span<const text_number> column, byte_buffer& out);

 private:
  integer_writer& integers_;
  std::vector<std::int64_t> digits_;
  std::vector<std::int64_t> forms_;
};

/// The columns of one batch, read one after the other. Owner: one decoder; reusable.
class number_columns {
 public:
  explicit number_columns(integer_reader& integers) : integers_(integers) {}

  void clear();
  /// Adds a column; its number is how many were there before. `count` has been checked against a limit.
  bool read(byte_reader& in, std::size_t count);
  [[nodiscard]] std::size_t size() const { return columns_.size(); }
  /// Appends the text of one number.
  void append(std::size_t at_column, std::size_t row, byte_buffer& out) const;

 private:
  struct column {
    std::size_t begin = 0;  // of its rows in digits_ and forms_
    bool ruled = true;
    number_rule rule;
  };
  bool read_form(byte_reader& in, std::size_t count, column& to);

  integer_reader& integers_;
  std::vector<column> columns_;
  std::vector<std::int64_t> digits_;
  std::vector<std::int64_t> forms_;  // of columns without a rule
};

}  // namespace perigee::model::detail
