#include "rules/detail/window_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/rules_limits.hpp"

namespace perigee::rules::detail {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

struct window_form {
  std::string_view name;
  window_kind kind;
  std::size_t numbers_min;
  std::size_t numbers_max;
  std::string_view usage;
};
constexpr std::array<window_form, 5> forms{{
    {"TUMBLINGWINDOW", window_kind::tumbling, 1, 1, "TUMBLINGWINDOW(ss, 10): every 10 seconds, of the last 10"},
    {"HOPPINGWINDOW", window_kind::hopping, 2, 2, "HOPPINGWINDOW(ss, 60, 5): every 5 seconds, of the last 60"},
    {"SLIDINGWINDOW", window_kind::sliding, 1, 1, "SLIDINGWINDOW(mi, 1): with every message, of the last minute"},
    {"SESSIONWINDOW", window_kind::session, 2, 2,
     "SESSIONWINDOW(ss, 300, 10): after 10 seconds without a message, 300 at most"},
    {"COUNTWINDOW", window_kind::count, 1, 2, "COUNTWINDOW(5) or COUNTWINDOW(5, 1): of 5 messages, told with each one"},
}};

struct unit {
  std::string_view name;
  std::string_view suffix;
  std::string_view spelled;
  nanoseconds length;
};
constexpr std::array<unit, 5> units{{{"DD", "d", "DAY", 24h},
                                     {"HH", "h", "HOUR", 1h},
                                     {"MI", "m", "MINUTE", 1min},
                                     {"SS", "s", "SECOND", 1s},
                                     {"MS", "ms", "MILLISECOND", 1ms}}};

const window_form* form_of(const token& t) {
  const auto found = std::ranges::find_if(forms, [&](const auto& f) { return t.is_word(f.name); });
  return found == forms.end() ? nullptr : &*found;
}

struct reading {
  token_cursor& tokens;
  const window_form& form;
  range where;

  std::optional<window_clause> wrong(std::string message) const {
    tokens.wrong().add(where, "P0227", std::move(message), std::string(form.usage));
    return std::nullopt;
  }

  std::optional<nanoseconds> take_unit() const {
    const auto found = std::ranges::find_if(units, [&](const auto& u) { return tokens.peek().is_word(u.name); });
    if (found == units.end()) {
      tokens.unexpected("a unit of time", "the units are dd, hh, mi, ss and ms");
      return std::nullopt;
    }
    tokens.take();
    if (!tokens.expect_symbol(",")) return std::nullopt;
    return found->length;
  }

  bool take_number(std::vector<double>& out) const {
    const auto& t = tokens.peek();
    if (t.kind != token_kind::number || t.number != std::trunc(t.number) || t.number < 1 ||
        t.number > limits::rule_window_number_max) {
      tokens.unexpected("a whole number from 1", std::string(form.usage));
      return false;
    }
    out.push_back(tokens.take().number);
    return true;
  }
};

constexpr auto longest = std::chrono::seconds(limits::rule_window_seconds_max);

std::optional<window_clause> timed(const reading& at, nanoseconds unit, std::span<const double> numbers) {
  window_clause out{.spec = {.kind = at.form.kind}, .where = at.where};
  // In seconds first: the product may be more than nanoseconds can count.
  for (const double n : numbers) {
    if (n * std::chrono::duration<double>(unit).count() > static_cast<double>(longest.count())) {
      return at.wrong(std::format("a window is at most {} days long", longest / 24h));
    }
  }
  const auto length = [&](std::size_t i) { return unit * static_cast<std::int64_t>(numbers[i]); };
  auto& spec = out.spec;
  spec.size = length(0);
  if (spec.kind == window_kind::tumbling) spec.hop = spec.size;
  if (spec.kind == window_kind::hopping) spec.hop = length(1);
  if (spec.kind == window_kind::session) spec.timeout = length(1);
  if (spec.kind == window_kind::hopping && spec.hop > spec.size) {
    return at.wrong("a window that hops further than it is long would pass over messages");
  }
  if (spec.hop != 0ns && spec.size / pane_of(spec) > limits::rule_panes_max) {
    return at.wrong(std::format("this window is made of more than {} parts", limits::rule_panes_max));
  }
  return out;
}

std::optional<window_clause> counted(const reading& at, std::span<const double> numbers) {
  window_clause out{.spec = {.kind = window_kind::count}, .where = at.where};
  out.spec.count = static_cast<std::uint32_t>(numbers[0]);
  out.spec.every = static_cast<std::uint32_t>(numbers.back());
  if (out.spec.every > out.spec.count) return at.wrong("a window cannot be told less often than it is long");
  if (out.spec.every != out.spec.count && out.spec.count > limits::rule_panes_max) {
    return at.wrong(std::format("this window is made of more than {} parts", limits::rule_panes_max));
  }
  return out;
}

}  // namespace

bool is_window(const token& t) { return form_of(t) != nullptr; }

std::optional<window_clause> parse_window(token_cursor& tokens) {
  const auto* form = form_of(tokens.peek());
  const auto start = tokens.take().where;
  const reading at{tokens, *form, start};
  if (!tokens.expect_symbol("(")) return std::nullopt;
  nanoseconds unit{};
  if (form->kind != window_kind::count) {
    const auto found = at.take_unit();
    if (!found) return std::nullopt;
    unit = *found;
  }
  std::vector<double> numbers;
  do {
    if (!at.take_number(numbers)) return std::nullopt;
  } while (tokens.take_symbol(","));
  const reading whole{tokens, *form, start.until(tokens.peek().where)};
  if (!tokens.expect_symbol(")")) return std::nullopt;
  if (numbers.size() < form->numbers_min || numbers.size() > form->numbers_max) {
    if (form->kind == window_kind::sliding) {
      tokens.wrong().add(whole.where, "P0209", "a sliding window that waits is not yet in this version");
      return std::nullopt;
    }
    return whole.wrong(std::format("'{}' does not take {} numbers", form->name, numbers.size()));
  }
  return form->kind == window_kind::count ? counted(whole, numbers) : timed(whole, unit, numbers);
}

std::optional<nanoseconds> parse_duration(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc()) return std::nullopt;
  auto suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  suffix.remove_prefix(std::min(suffix.find_first_not_of(' '), suffix.size()));
  const auto found = std::ranges::find(units, suffix, &unit::suffix);
  if (found == units.end()) return std::nullopt;
  if (number > longest / found->length) return std::nullopt;
  return number * found->length;
}

std::optional<nanoseconds> parse_spelled_duration(token_cursor& tokens) {
  constexpr auto example = "write FOR 10 SECONDS";
  const auto& number = tokens.peek();
  if (number.kind != token_kind::number || !(number.number > 0)) {
    tokens.unexpected("a number above 0", example);
    return std::nullopt;
  }
  const double count = tokens.take().number;
  const auto& named = tokens.peek();
  const auto spelled = [&](const unit& u) {
    return named.is_word(u.spelled) || named.is_word(std::string(u.spelled) + "S") || named.is_word(u.name);
  };
  const auto found = std::ranges::find_if(units, spelled);
  if (found == units.end()) {
    tokens.unexpected("a unit of time", example);
    return std::nullopt;
  }
  const auto where = tokens.take().where;
  const auto seconds = count * std::chrono::duration<double>(found->length).count();
  if (seconds > static_cast<double>(longest.count())) {
    tokens.wrong().add(where, "P0227", std::format("a condition is held for at most {} days", longest / 24h));
    return std::nullopt;
  }
  return std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace perigee::rules::detail
