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

/// Writes one field of many texts: as one column, or as one per run (of one sender's texts) where that is smaller,
/// since each sender has a resolution and a range of its own.
class number_writer {
 public:
  explicit number_writer(integer_writer& integers) : integers_(integers) {}
  /// `runs` are sizes that add up to the field's.
  void write(std::span<const text_number> field, std::span<const std::uint32_t> runs, byte_buffer& out);

 private:
  void write_column(std::span<const text_number> column, byte_buffer& out);

  integer_writer& integers_;
  byte_buffer whole_;
  byte_buffer split_;
  std::vector<std::int64_t> digits_;
  std::vector<std::int64_t> forms_;
};

/// The fields of one batch, read one after the other. Owner: one decoder; reusable.
class number_fields {
 public:
  explicit number_fields(integer_reader& integers) : integers_(integers) {}

  void clear();
  /// Adds a field; its number is how many were there before. `runs` are sizes whose sum has been checked against a
  /// limit.
  bool read(byte_reader& in, std::span<const std::uint32_t> runs);
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  /// Appends the text of one number.
  void append(std::size_t at_field, std::size_t row, byte_buffer& out) const;

 private:
  struct column {
    std::size_t begin = 0;  // of its rows in digits_ and forms_
    bool ruled = true;
    number_rule rule;
  };
  struct field {
    std::size_t first_column = 0;
    std::size_t columns = 0;
  };
  bool read_column(byte_reader& in, std::size_t count);
  bool read_form(byte_reader& in, std::size_t count, column& to);
  [[nodiscard]] const column& column_of(const field& f, std::size_t at) const;

  integer_reader& integers_;
  std::vector<field> fields_;
  std::vector<column> columns_;
  std::vector<std::int64_t> digits_;
  std::vector<std::int64_t> forms_;  // of columns without a rule
};

}  // namespace perigee::model::detail
