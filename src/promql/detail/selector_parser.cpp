#include "promql/detail/selector_parser.hpp"

#include <cmath>
#include <optional>

namespace perigee::promql::detail {
namespace {

// 292 million years; keeps sums of a few durations and times within 64 bits.
constexpr double milliseconds_max = 1e15;

outcome<std::int64_t> to_milliseconds(const token_reader& in, const token& from, double seconds) {
  const auto milliseconds = std::round(seconds * 1000);
  if (!(std::abs(milliseconds) <= milliseconds_max)) return in.wrong(from.at, "the time is out of range");
  return static_cast<std::int64_t>(milliseconds);
}

bool is_duration(const token& t) { return t.kind == token_kind::duration || t.kind == token_kind::number; }

std::optional<match_kind> match_kind_of(const token& t) {
  if (t.is("=")) return match_kind::equal;
  if (t.is("!=")) return match_kind::not_equal;
  if (t.is("=~")) return match_kind::matches;
  if (t.is("!~")) return match_kind::not_matches;
  return std::nullopt;
}

/// `"name"` in braces stands for the metric's name.
outcome<> read_matcher(token_reader& in, std::vector<matcher>& into) {
  const auto name = in.peek();
  const bool quoted = name.kind == token_kind::text;
  if (name.kind != token_kind::name && !quoted) return in.unexpected_here("label matching", "a label name or \"}\"");
  in.take();
  const auto kind = match_kind_of(in.peek());
  if (!kind && quoted) {
    PG_TRY(auto made, matcher::make(std::string(metric_name_label), match_kind::equal, name.text));
    into.push_back(std::move(made));
    return {};
  }
  if (!kind) return in.unexpected_here("label matching", "=, !=, =~ or !~");
  in.take();
  const auto value = in.peek();
  if (value.kind != token_kind::text) return in.unexpected_here("label matching", "a quoted text");
  in.take();
  auto made = matcher::make(name.text, *kind, value.text);
  if (!made) return in.wrong(value.at, made.error().message);
  into.push_back(*std::move(made));
  return {};
}

outcome<> read_braces(token_reader& in, std::vector<matcher>& into) {
  while (!in.accept("}")) {
    PG_TRY_VOID(read_matcher(in, into));
    if (in.accept("}")) return {};
    PG_TRY_VOID(in.expect(",", "label matching"));
  }
  return {};
}

outcome<> read_offset(token_reader& in, time_shift& into) {
  const double sign = in.accept("-") ? -1 : 1;
  const auto duration = in.peek();
  if (!is_duration(duration)) return in.unexpected_here("offset", "a duration");
  in.take();
  PG_TRY(into.offset_ms, to_milliseconds(in, duration, sign * duration.number));
  return {};
}

outcome<> read_anchor(token_reader& in, time_shift& into) {
  for (const auto& [word, anchor] : {std::pair("start", time_shift::anchor::start), {"end", time_shift::anchor::end}}) {
    if (!in.accept_word(word)) continue;
    PG_TRY_VOID(in.expect("(", "@"));
    into.from = anchor;
    return in.expect(")", "@");
  }
  const double sign = in.accept("-") ? -1 : 1;
  const auto time = in.peek();
  if (time.kind != token_kind::number) return in.unexpected_here("@", "a time, start() or end()");
  in.take();
  into.from = time_shift::anchor::fixed;
  PG_TRY(into.fixed_ms, to_milliseconds(in, time, sign * time.number));
  return {};
}

}  // namespace

outcome<std::vector<matcher>> read_matchers(token_reader& in) {
  std::vector<matcher> out;
  const auto first = in.peek();
  if (first.kind == token_kind::name) {
    in.take();
    PG_TRY(auto made, matcher::make(std::string(metric_name_label), match_kind::equal, first.text));
    out.push_back(std::move(made));
  }
  if (in.accept("{")) PG_TRY_VOID(read_braces(in, out));
  const auto names = std::ranges::count(out, metric_name_label, &matcher::name);
  if (first.kind == token_kind::name && names > 1) {
    return in.wrong(first.at, std::format("metric name must not be set twice: \"{}\"", first.text));
  }
  if (std::ranges::all_of(out, [](const matcher& m) { return m.matches(""); })) {
    return in.wrong(first.at, "vector selector must contain at least one non-empty matcher");
  }
  return out;
}

outcome<std::vector<std::string>> read_label_names(token_reader& in) {
  std::vector<std::string> out;
  PG_TRY_VOID(in.expect("(", "grouping opts"));
  while (!in.accept(")")) {
    if (in.peek().kind != token_kind::name && in.peek().kind != token_kind::text) {
      return in.unexpected_here("grouping opts", "a label name");
    }
    out.push_back(in.take().text);
    if (in.accept(")")) break;
    PG_TRY_VOID(in.expect(",", "grouping opts"));
  }
  return out;
}

outcome<std::int64_t> read_duration(token_reader& in, std::string_view what) {
  const auto from = in.peek();
  if (!is_duration(from)) return in.unexpected_here(what, "a duration");
  in.take();
  PG_TRY(const auto out, to_milliseconds(in, from, from.number));
  if (out <= 0) return in.wrong(from.at, "duration must be greater than 0");
  return out;
}

outcome<> read_shift(token_reader& in, time_shift& into) {
  bool has_offset = false;
  bool has_anchor = false;
  for (;;) {
    const auto at = in.peek().at;
    bool& there = in.peek().is("@") ? has_anchor : has_offset;
    if (!in.peek().is("@") && !in.peek().is_word("offset")) return {};
    if (there) return in.wrong(at, "offset and @ may each be set once");
    there = true;
    PG_TRY_VOID(in.take().is("@") ? read_anchor(in, into) : read_offset(in, into));
  }
}

}  // namespace perigee::promql::detail
