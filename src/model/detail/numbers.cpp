#include "model/detail/numbers.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>

namespace perigee::model::detail {
namespace {

constexpr std::size_t digits_max = 19;  // of one number, so that it fits 64 bits
constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
constexpr std::int64_t form_base = 32;  // a form is whole * form_base + decimals

enum layout : std::uint8_t { layout_ruled = 0, layout_explicit = 1 };
enum split : std::uint8_t { split_none = 0, split_by_run = 1 };
constexpr std::size_t run_mean_min = 32;  // below it, columns of their own cost more than they save

constexpr auto power_of_ten = [] {
  std::array<std::uint64_t, digits_max + 1> out{1};
  for (std::size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * 10;
  return out;
}();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::uint64_t magnitude(std::int64_t x) {
  return x < 0 ? 0 - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);
}

/// Digits in front of the point that the number itself needs, at least one.
std::size_t natural_whole(std::int64_t digits, std::size_t decimals) {
  const auto m = magnitude(digits);
  std::size_t n = 1;
  while (n <= digits_max && m >= power_of_ten[n]) ++n;
  return n > decimals ? n - decimals : 1;
}

/// Eats digits while the number fits; how many.
std::size_t eat_digits(const char*& at, const char* end, std::size_t count_max, std::uint64_t& number) {
  const auto* begin = at;
  while (at != end && is_digit(*at) && static_cast<std::size_t>(at - begin) < count_max) {
    const auto digit = static_cast<std::uint64_t>(*at - '0');
    if (number > (largest - digit) / 10) break;
    number = number * 10 + digit;
    ++at;
  }
  return static_cast<std::size_t>(at - begin);
}

/// A number without its sign; `at` stands on its first digit and then behind it.
text_number eat_number(const char*& at, const char* end) {
  std::uint64_t number = 0;
  const auto whole = eat_digits(at, end, digits_max, number);
  std::size_t decimals = 0;
  if (end - at >= 2 && at[0] == '.' && is_digit(at[1])) {
    const auto* point = at++;
    decimals = eat_digits(at, end, digits_max - whole, number);
    if (decimals == 0) at = point;
  }
  return {static_cast<std::int64_t>(number), static_cast<std::uint8_t>(whole), static_cast<std::uint8_t>(decimals)};
}

/// The widest rule that a column could follow: its extremes, and the width of a number with leading zeros.
number_rule propose_rule(std::span<const text_number> column) {
  number_rule rule{1, column[0].decimals, column[0].decimals};
  for (const auto& x : column) {
    rule.decimals_min = std::min(rule.decimals_min, x.decimals);
    rule.decimals_max = std::max(rule.decimals_max, x.decimals);
    if (x.whole > 1 && x.whole > natural_whole(x.digits, x.decimals)) rule.whole = x.whole;
  }
  return rule;
}

/// The number under the rule, where its text is the one that the rule gives.
std::optional<std::int64_t> under(const number_rule& rule, const text_number& x) {
  const auto scale = power_of_ten[static_cast<std::size_t>(rule.decimals_max - x.decimals)];
  const bool fits = magnitude(x.digits) <= largest / scale;
  const bool trimmed = x.decimals == rule.decimals_min || x.digits % 10 != 0;
  const bool padded = x.whole == std::max<std::size_t>(rule.whole, natural_whole(x.digits, x.decimals));
  if (!fits || !trimmed || !padded) return std::nullopt;
  return x.digits * static_cast<std::int64_t>(scale);
}

void append_text(std::uint64_t number, bool negative, std::size_t whole, std::size_t decimals, byte_buffer& out) {
  std::array<std::uint8_t, 48> text;
  auto at = text.size();
  const auto put = [&text, &at](char c) { text[--at] = static_cast<std::uint8_t>(c); };
  for (std::size_t i = 0; i < decimals; ++i, number /= 10) put(static_cast<char>('0' + number % 10));
  if (decimals != 0) put('.');
  for (std::size_t i = 0; i < whole || number != 0; ++i, number /= 10) put(static_cast<char>('0' + number % 10));
  if (negative) put('-');
  out.insert(out.end(), text.begin() + static_cast<std::ptrdiff_t>(at), text.end());
}

}  // namespace

void append_number(const text_number& number, byte_buffer& out) {
  append_text(magnitude(number.digits), number.digits < 0, number.whole, number.decimals, out);
}

bool text_splitter::split(std::string_view text, std::vector<text_number>& numbers) {
  if (text.size() > shape_.size() || text.contains(placeholder)) return false;
  const auto* at = text.data();
  const auto* end = at + text.size();
  auto* to = shape_.data();
  std::size_t room = limits::batch_shape_numbers_max;
  char before = ' ';
  while (at != end && room != 0) {
    const bool negative = *at == '-' && !is_word(before) && end - at >= 2 && is_digit(at[1]);
    if (!negative && !is_digit(*at)) {
      before = *to++ = *at++;
      continue;
    }
    if (negative) ++at;
    auto number = eat_number(at, end);
    if (negative && number.digits == 0) *to++ = '-';  // a sign that zero cannot carry stays text
    if (negative) number.digits = -number.digits;
    numbers.push_back(number);
    before = '0';
    *to++ = placeholder;
    --room;
  }
  to = std::copy(at, end, to);
  size_ = static_cast<std::size_t>(to - shape_.data());
  return true;
}

void number_writer::write(std::span<const text_number> field, std::span<const std::uint32_t> runs, byte_buffer& out) {
  if (field.empty()) return;
  whole_.clear();
  write_column(field, whole_);
  split_.clear();
  const bool may_split = runs.size() > 1 && field.size() / runs.size() >= run_mean_min;
  for (std::size_t i = 0, begin = 0; may_split && i < runs.size(); begin += runs[i++]) {
    write_column(field.subspan(begin, runs[i]), split_);
  }
  const bool splits = may_split && split_.size() < whole_.size();
  byte_writer to(out);
  to.u8(splits ? split_by_run : split_none);
  to.bytes(splits ? split_ : whole_);
}

void number_writer::write_column(std::span<const text_number> column, byte_buffer& out) {
  const auto rule = propose_rule(column);
  digits_.clear();
  for (const auto& x : column) {
    const auto scaled = under(rule, x);
    if (!scaled) break;
    digits_.push_back(*scaled);
  }
  byte_writer to(out);
  if (digits_.size() == column.size()) {
    for (const auto byte : {std::uint8_t{layout_ruled}, rule.whole, rule.decimals_min, rule.decimals_max}) to.u8(byte);
    return integers_.write(digits_, out);
  }
  digits_.clear();
  forms_.clear();
  for (const auto& x : column) {
    digits_.push_back(x.digits);
    forms_.push_back(x.whole * form_base + x.decimals);
  }
  to.u8(layout_explicit);
  integers_.write(forms_, out);
  integers_.write(digits_, out);
}

void number_fields::clear() {
  fields_.clear();
  columns_.clear();
  digits_.clear();
  forms_.clear();
}

bool number_fields::read(byte_reader& in, std::span<const std::uint32_t> runs) {
  field to{columns_.size(), 1};
  const auto count = std::accumulate(runs.begin(), runs.end(), std::size_t{0});
  const auto split = count == 0 ? std::uint8_t{split_none} : in.u8();
  if (split == split_none) {
    if (!read_column(in, count)) return false;
  } else {
    to.columns = runs.size();
    if (split != split_by_run) in.fail();
    for (const auto size : runs) {
      if (!in.ok() || !read_column(in, size)) return false;
    }
  }
  fields_.push_back(to);
  return in.ok();
}

bool number_fields::read_column(byte_reader& in, std::size_t count) {
  column to;
  to.begin = digits_.size();
  digits_.resize(to.begin + count);
  forms_.resize(to.begin + count);
  if (count != 0 && !read_form(in, count, to)) return false;
  columns_.push_back(to);
  return integers_.read(in, std::span(digits_).subspan(to.begin));
}

bool number_fields::read_form(byte_reader& in, std::size_t count, column& to) {
  const auto layout = in.u8();
  to.ruled = layout == layout_ruled;
  if (to.ruled) {
    to.rule = {in.u8(), in.u8(), in.u8()};
    const bool sound = to.rule.whole <= digits_max && to.rule.decimals_min <= to.rule.decimals_max;
    return in.ok() && sound && to.rule.decimals_max < digits_max;
  }
  const auto forms = std::span(forms_).subspan(to.begin, count);
  const auto sound = [](std::int64_t form) {
    constexpr auto form_end = static_cast<std::int64_t>(digits_max + 1) * form_base;
    return form >= 0 && form < form_end && form % form_base < static_cast<std::int64_t>(digits_max);
  };
  return layout == layout_explicit && integers_.read(in, forms) && std::ranges::all_of(forms, sound);
}

/// The field's column that holds row `at` of digits_: the last one that begins there or before.
const number_fields::column& number_fields::column_of(const field& f, std::size_t at) const {
  const auto of = std::span(columns_).subspan(f.first_column, f.columns);
  if (of.size() == 1) return of.front();
  return *std::prev(std::ranges::upper_bound(of, at, {}, &column::begin));
}

void number_fields::append(std::size_t at_field, std::size_t row, byte_buffer& out) const {
  const auto& f = fields_[at_field];
  const auto at = columns_[f.first_column].begin + row;
  const auto& c = column_of(f, at);
  auto number = magnitude(digits_[at]);
  const bool negative = digits_[at] < 0;
  if (!c.ruled) {
    const auto form = static_cast<std::size_t>(forms_[at]);
    return append_text(number, negative, form / form_base, form % form_base, out);
  }
  std::size_t decimals = c.rule.decimals_max;
  for (; decimals > c.rule.decimals_min && number % 10 == 0; --decimals) number /= 10;
  append_text(number, negative, c.rule.whole, decimals, out);
}

}  // namespace perigee::model::detail
