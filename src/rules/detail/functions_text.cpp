// Positions and lengths are counted in characters, not bytes.

#include <algorithm>
#include <cmath>

#include "rules/detail/functions.hpp"

namespace perigee::rules::detail {
namespace {

using namespace types;
using arguments = function::arguments;

constexpr std::string_view blanks = " \t";
constexpr double padding_max = 1000;
constexpr double ascii_max = 127;

// Letters of ASCII only: the rest of Unicode needs tables that a gateway does not carry.
char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char raised(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

template <char (*convert)(char)>
value by_letter(const evaluation& with, arguments args) {
  with.texts.begin();
  for (const char c : args[0].text) with.texts.put(convert(c));
  return with.made();
}

/// The continuation bytes of UTF-8 begin no character.
bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}
/// Where in bytes the n-th character stands, from 0; the end where there are fewer.
std::size_t byte_of(std::string_view text, double n) {
  if (n <= 0) return 0;
  double seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i]) && seen++ == n) return i;
  }
  return text.size();
}

value length(const evaluation&, arguments args) { return of_number(static_cast<double>(characters(args[0].text))); }
value bytes(const evaluation&, arguments args) { return of_number(static_cast<double>(args[0].text.size())); }

value substring(const evaluation&, arguments args) {
  const auto text = args[0].text;
  const auto from = byte_of(text, std::floor(args[1].number));
  const auto to = args.size() == 2 ? text.size() : byte_of(text, std::floor(args[2].number));
  return of_text(from < to ? text.substr(from, to - from) : std::string_view());
}

value index_of(const evaluation&, arguments args) {
  const auto found = args[0].text.find(args[1].text);
  return of_number(found == std::string_view::npos ? -1
                                                   : static_cast<double>(characters(args[0].text.substr(0, found))));
}

value replaced(const evaluation& with, arguments args) {
  auto rest = args[0].text;
  const auto what = args[1].text;
  if (what.empty()) return args[0];
  with.texts.begin();
  for (auto at = rest.find(what); at != std::string_view::npos; at = rest.find(what)) {
    with.texts.put(rest.substr(0, at));
    with.texts.put(args[2].text);
    rest.remove_prefix(at + what.size());
  }
  with.texts.put(rest);
  return with.made();
}

value starts(const evaluation&, arguments args) { return of_boolean(args[0].text.starts_with(args[1].text)); }
value ends(const evaluation&, arguments args) { return of_boolean(args[0].text.ends_with(args[1].text)); }

std::string_view without_front(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
}
std::string_view without_back(std::string_view text) { return text.substr(0, text.find_last_not_of(blanks) + 1); }

value trimmed(const evaluation&, arguments args) { return of_text(without_back(without_front(args[0].text))); }
value trimmed_left(const evaluation&, arguments args) { return of_text(without_front(args[0].text)); }
value trimmed_right(const evaluation&, arguments args) { return of_text(without_back(args[0].text)); }

/// So many blanks more, as AWS IoT has it: not up to a width.
template <bool in_front>
value padded(const evaluation& with, arguments args) {
  const auto count = static_cast<int>(std::clamp(std::floor(args[1].number), 0.0, padding_max));
  with.texts.begin();
  if (!in_front) with.texts.put(args[0].text);
  for (int i = 0; i < count; ++i) with.texts.put(' ');
  if (in_front) with.texts.put(args[0].text);
  return with.made();
}

value character(const evaluation& with, arguments args) {
  const double code = std::floor(args[0].number);
  if (code < 0 || code > ascii_max) return with.wrong();
  with.texts.begin();
  with.texts.put(static_cast<char>(code));
  return with.made();
}

value split(const evaluation& with, arguments args) {
  auto rest = args[0].text;
  const auto by = args[1].text;
  if (by.empty()) return with.wrong();
  with.texts.begin();
  with.texts.put('[');
  for (auto at = rest.find(by); at != std::string_view::npos; at = rest.find(by)) {
    put_json_text(with.texts, rest.substr(0, at));
    with.texts.put(',');
    rest.remove_prefix(at + by.size());
  }
  put_json_text(with.texts, rest);
  with.texts.put(']');
  return with.made_json();
}

value split_value(const evaluation& with, arguments args) {
  auto rest = args[0].text;
  const auto by = args[1].text;
  if (by.empty()) return with.wrong();
  for (double n = 0;; ++n) {
    const auto at = rest.find(by);
    if (n == args[2].number) return of_text(rest.substr(0, at));
    if (at == std::string_view::npos) return {};
    rest.remove_prefix(at + by.size());
  }
}

value concatenated(const evaluation& with, arguments args) {
  with.texts.begin();
  for (const auto& one : args) {
    if (!one.is_null()) put_plain(with.texts, one);
  }
  return with.made();
}

constexpr std::array<value_type, 3> two_texts_and_number{text, text, number};

constexpr auto table = std::to_array<function>({
    {"lower", "lower(text)", "in small letters, those of ASCII", 1, 1, texts, text, by_letter<lowered>},
    {"upper", "upper(text)", "in capitals, those of ASCII", 1, 1, texts, text, by_letter<raised>},
    {"length", "length(text)", "its characters", 1, 1, texts, number, length},
    {"numbytes", "numbytes(text)", "its bytes in UTF-8", 1, 1, texts, number, bytes},
    {"substring", "substring(text, from [, to])", "from 0; up to and without `to`", 2, 3, text_then_numbers, text,
     substring},
    {"indexof", "indexof(text, part)", "where it begins first, from 0; -1 where it is not", 2, 2, texts, number,
     index_of},
    {"replace", "replace(text, what, by)", "with all of them replaced", 3, 3, texts, text, replaced},
    {"startswith", "startswith(text, start)", "whether it does", 2, 2, texts, boolean, starts},
    {"endswith", "endswith(text, end)", "whether it does", 2, 2, texts, boolean, ends},
    {"trim", "trim(text)", "without blanks and tabs around it", 1, 1, texts, text, trimmed},
    {"ltrim", "ltrim(text)", "without those in front", 1, 1, texts, text, trimmed_left},
    {"rtrim", "rtrim(text)", "without those behind", 1, 1, texts, text, trimmed_right},
    {"lpad", "lpad(text, count)", "with so many blanks in front, at most 1,000", 2, 2, text_then_numbers, text,
     padded<true>},
    {"rpad", "rpad(text, count)", "with so many blanks behind, at most 1,000", 2, 2, text_then_numbers, text,
     padded<false>},
    {"chr", "chr(code)", "the character of ASCII", 1, 1, numbers, text, character},
    {"split", "split(text, separator)", "the array of what is between", 2, 2, texts, any, split},
    {"split_value", "split_value(text, separator, index)", "one of them, from 0", 3, 3, two_texts_and_number, text,
     split_value},
    {"concat", "concat(value, ...)", "text of all that is not NULL", 1, function_arguments_max, anything, text,
     concatenated, true},
});

}  // namespace

std::span<const function> text_functions() { return table; }

}  // namespace perigee::rules::detail
