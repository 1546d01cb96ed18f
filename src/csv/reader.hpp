#pragma once
// CSV as it is found (RFC 4180 and its relatives): quotes, CRLF, a byte order mark, comments, empty lines.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::csv {

/// Where a CSV's bytes come from. Implemented by the node over a file, by tests over a text; outlives its readers.
class byte_source {
 public:
  virtual ~byte_source() = default;
  /// Fills the front of `into` from a byte position on; 0 at the end.
  [[nodiscard]] virtual result<std::size_t> read_at(std::uint64_t position, byte_span into) = 0;
};

/// A text in memory as a source.
class text_source final : public byte_source {
 public:
  explicit text_source(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] result<std::size_t> read_at(std::uint64_t position, byte_span into) override;

 private:
  std::string text_;
};

struct field {
  std::string_view text;     // without its quotes
  std::uint32_t column = 1;  // in its line, from 1, in bytes
};

/// What is wrong with one row, and where. `line` is the excerpt for a diagnostic.
struct fault {
  const char* code = "";
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  const char* message = "";
  std::string excerpt;
};

/// Reads row after row, holding one block of the file. Owned by whoever reads the file; ends with it.
class reader {
 public:
  enum class outcome : std::uint8_t { row, end, bad };

  reader(byte_source& from, char separator);

  /// `bad`: problem() says what; the next call goes on behind the bad row. `end` also where the source fails: error().
  [[nodiscard]] outcome next();

  /// Views that last until the next call.
  [[nodiscard]] std::span<const field> row() const { return fields_; }
  [[nodiscard]] std::uint32_t line() const { return row_line_; }  // that the row begins on, from 1
  [[nodiscard]] std::string_view line_text() const;               // of that line
  [[nodiscard]] std::uint64_t bytes_read() const { return position_; }
  [[nodiscard]] const fault& problem() const { return problem_; }
  [[nodiscard]] const std::optional<error>& failure() const { return failure_; }

 private:
  enum class parse : std::uint8_t { row, more, bad };

  void fill();
  bool skip_line_without_row();
  parse parse_row();
  parse quoted_field(std::size_t& at);
  parse plain_field(std::size_t& at);
  parse add_field(std::string_view text, std::size_t at);
  parse wrong(const char* code, std::size_t at, const char* message);
  void skip_bad_row();
  void consume(std::size_t end);
  [[nodiscard]] std::string_view rest() const { return as_text(buffer_).substr(begin_); }

  byte_source& from_;
  char separator_;
  byte_buffer buffer_;
  std::size_t begin_ = 0;       // of what is not yet read in the buffer
  std::uint64_t position_ = 0;  // in the source, of the buffer's end
  bool drained_ = false;
  std::uint32_t line_ = 1;
  std::uint32_t row_line_ = 0;
  std::size_t row_begin_ = 0;
  std::vector<field> fields_;
  std::vector<std::string> unquoted_;  // fields with doubled quotes; reused
  std::size_t unquoted_count_ = 0;
  fault problem_;
  std::optional<error> failure_;
};

}  // namespace perigee::csv
