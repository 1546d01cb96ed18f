#include "csv/reader.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace perigee::csv {
namespace {

constexpr std::size_t block_bytes = limits::csv_line_bytes_max;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr char comment_mark = '#';

std::string_view first_line(std::string_view text) {
  auto line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

result<std::size_t> text_source::read_at(std::uint64_t position, byte_span into) {
  if (position >= text_.size()) return 0;
  const auto part = as_bytes(text_).subspan(static_cast<std::size_t>(position));
  const auto n = std::min(part.size(), into.size());
  std::ranges::copy(part.first(n), into.begin());
  return n;
}

reader::reader(byte_source& from, char separator) : from_(from), separator_(separator) {
  // Views into unquoted_ must not move while a row grows.
  unquoted_.resize(limits::csv_columns_max + 1);
}

reader::outcome reader::next() {
  if (position_ == 0 && !drained_) {
    while (rest().size() < byte_order_mark.size() && !drained_) fill();
    if (rest().starts_with(byte_order_mark)) begin_ += byte_order_mark.size();
  }
  while (skip_line_without_row()) {
  }
  for (;;) {
    if (failure_ || (rest().empty() && drained_)) return outcome::end;
    switch (parse_row()) {
      case parse::row: return outcome::row;
      case parse::bad: skip_bad_row(); return outcome::bad;
      case parse::more: fill();
    }
  }
}

std::string_view reader::line_text() const { return first_line(as_text(buffer_).substr(row_begin_)); }

/// Moves what is left to the front of the buffer and reads on behind it.
void reader::fill() {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  const auto kept = buffer_.size();
  buffer_.resize(kept + block_bytes);
  const auto got = from_.read_at(position_, byte_span(buffer_).subspan(kept));
  buffer_.resize(kept + got.value_or(0));
  position_ += got.value_or(0);
  drained_ = got.value_or(0) == 0;
  if (!got) failure_ = got.error();
}

/// An empty line or a comment: true when one was there, or when more must be read to tell.
bool reader::skip_line_without_row() {
  const auto end = rest().find('\n');
  if (end == std::string_view::npos && !drained_) {
    if (rest().size() > limits::csv_line_bytes_max) return false;
    fill();
    return !failure_;
  }
  const auto line = first_line(rest());
  if (rest().empty() || (!line.empty() && !line.starts_with(comment_mark))) return false;
  consume(end == std::string_view::npos ? buffer_.size() : begin_ + end + 1);
  return true;
}

reader::parse reader::parse_row() {
  fields_.clear();
  unquoted_count_ = 0;
  row_line_ = line_;
  row_begin_ = begin_;
  for (auto at = begin_;;) {
    const bool quoted = at < buffer_.size() && buffer_[at] == '"';
    const auto field = quoted ? quoted_field(at) : plain_field(at);
    if (field != parse::row) return field;
    if (at < buffer_.size() && static_cast<char>(buffer_[at]) == separator_) {
      ++at;
      continue;
    }
    consume(std::min(at + 1, buffer_.size()));
    return parse::row;
  }
}

/// Up to a separator or the end of the line, whichever comes; `at` is left on it.
reader::parse reader::plain_field(std::size_t& at) {
  const auto text = as_text(buffer_);
  const char ends[] = {separator_, '\n', '\0'};
  const auto end = text.find_first_of(std::string_view(ends, 2), at);
  if (end == std::string_view::npos && !drained_) {
    return text.size() - begin_ > limits::csv_line_bytes_max ? wrong("P0304", at, "this row is longer than 64 KiB")
                                                             : parse::more;
  }
  const auto stop = std::min(end, text.size());
  auto field = text.substr(at, stop - at);
  if ((stop == text.size() || text[stop] == '\n') && field.ends_with('\r')) field.remove_suffix(1);
  const auto start = std::exchange(at, stop);
  return add_field(field, start);
}

reader::parse reader::quoted_field(std::size_t& at) {
  const auto text = as_text(buffer_);
  const auto start = at + 1;
  bool doubled = false;
  auto close = text.find('"', start);
  while (close != std::string_view::npos && close + 1 < text.size() && text[close + 1] == '"') {
    doubled = true;
    close = text.find('"', close + 2);
  }
  const auto behind = close == std::string_view::npos ? text.size() : close + 1;
  // A quote or a carriage return means something else with another character behind it.
  const bool at_edge = behind >= text.size() || (text[behind] == '\r' && behind + 1 == text.size());
  if (at_edge && !drained_ && text.size() - begin_ <= limits::csv_line_bytes_max) return parse::more;
  if (close == std::string_view::npos) return wrong("P0301", at, "this quote never closes");
  auto field = text.substr(start, close - start);
  if (doubled) {
    auto& plain = unquoted_[unquoted_count_++];
    plain.clear();
    for (std::size_t i = 0; i < field.size(); ++i) {
      plain += field[i];
      if (field[i] == '"') ++i;
    }
    field = plain;
  }
  const auto open = std::exchange(at, close + 1);
  if (at < text.size() && text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
  if (at < text.size() && text[at] != '\n' && text[at] != separator_) {
    return wrong("P0302", at, "there is something behind the closing quote");
  }
  return add_field(field, open);
}

reader::parse reader::add_field(std::string_view text, std::size_t at) {
  if (fields_.size() == limits::csv_columns_max) return wrong("P0304", at, "this row has more than 256 columns");
  const auto line_start = as_text(buffer_).substr(0, at).rfind('\n');
  const auto from = line_start == std::string_view::npos || line_start < row_begin_ ? row_begin_ : line_start + 1;
  fields_.push_back({text, static_cast<std::uint32_t>(at - from + 1)});
  return parse::row;
}

reader::parse reader::wrong(const char* code, std::size_t at, const char* message) {
  const auto line = line_text();
  const auto column = std::min(at - row_begin_, line.size()) + 1;
  problem_ = {code, row_line_, static_cast<std::uint32_t>(column), message, std::string(line.substr(0, 200))};
  return parse::bad;
}

/// Goes on behind the line that the bad row begins on.
void reader::skip_bad_row() {
  for (;;) {
    const auto end = rest().find('\n');
    if (end != std::string_view::npos) return consume(begin_ + end + 1);
    begin_ = buffer_.size();
    if (drained_ || failure_) return;
    fill();
  }
}

void reader::consume(std::size_t end) {
  const auto taken = as_text(buffer_).substr(begin_, end - begin_);
  line_ += static_cast<std::uint32_t>(std::ranges::count(taken, '\n'));
  begin_ = end;
}

}  // namespace perigee::csv
