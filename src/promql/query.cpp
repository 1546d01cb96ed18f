#include "promql/query.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <format>

#include "base/limits.hpp"
#include "promql/detail/evaluator.hpp"
#include "promql/detail/lexer.hpp"
#include "promql/detail/parser.hpp"
#include "promql/detail/selector_parser.hpp"

namespace perigee::promql {
namespace {

using namespace detail;

/// A range's answer on its way: the samples of each set of labels.
class collector {
 public:
  explicit collector(evaluator& of) : of_(of) {}

  outcome<> add(const instant_vector& values, std::int64_t instant_ms) {
    PG_TRY_VOID(of_.count_samples(values.size()));
    for (const auto& each : values) {
      const auto [place, fresh] = places_.try_emplace(each.labels, out_.size());
      if (fresh) out_.push_back({of_.pool()[each.labels], {}});
      out_[place->second].samples.push_back({instant_ms, each.value});
    }
    return {};
  }
  [[nodiscard]] std::vector<series> take() {
    std::ranges::sort(out_, {}, &series::labels);
    return std::move(out_);
  }

 private:
  evaluator& of_;
  std::unordered_map<label_set, std::size_t> places_;
  std::vector<series> out_;
};

outcome<answer> evaluate_at(evaluator& with, const expression& root, std::int64_t time_ms) {
  answer out{.type = root.type, .series = {}, .scalar = {time_ms, 0}, .text = {}};
  switch (root.type) {
    case value_type::string: out.text = evaluator::text_of(root); break;
    case value_type::matrix:
      out.series = with.matrix_at(root, time_ms);
      std::ranges::sort(out.series, {}, &series::labels);
      break;
    case value_type::scalar: {
      PG_TRY(out.scalar.value, with.scalar_at(root, time_ms));
      break;
    }
    case value_type::vector: {
      PG_TRY(const auto values, with.vector_at(root, time_ms));
      for (const auto& each : values) out.series.push_back({with.pool()[each.labels], {{time_ms, each.value}}});
      break;
    }
  }
  return out;
}

}  // namespace

struct query::parsed {
  expression_ptr root;
};

query::query(std::unique_ptr<const parsed> made) : parsed_(std::move(made)) {}
query::query(query&&) noexcept = default;
query& query::operator=(query&&) noexcept = default;
query::~query() = default;

std::string_view name_of(value_type t) {
  constexpr std::array<std::string_view, 4> names{"scalar", "string", "vector", "matrix"};
  return names[static_cast<std::size_t>(t)];
}

outcome<query> query::parse(std::string_view text) {
  PG_TRY(auto root, detail::parse(text));
  return query(std::make_unique<const parsed>(std::move(root)));
}

value_type query::type() const { return parsed_->root->type; }

outcome<answer> query::at(source& from, std::int64_t time_ms) const {
  const auto& root = *parsed_->root;
  evaluator with(from, {time_ms, time_ms, 1});
  PG_TRY_VOID(with.load(root));
  return evaluate_at(with, root, time_ms);
}

outcome<answer> query::over(source& from, const evaluation_range& when) const {
  const auto& root = *parsed_->root;
  if (root.type != value_type::scalar && root.type != value_type::vector) {
    return bad_data(std::format("invalid expression type \"{}\" for range query, must be scalar or instant vector",
                                root.type == value_type::matrix ? "range vector" : "string"));
  }
  if (when.step_ms <= 0 || when.end_ms < when.start_ms) {
    return bad_data("the step is positive, and the end is not before the start");
  }
  const auto distance = static_cast<std::uint64_t>(when.end_ms) - static_cast<std::uint64_t>(when.start_ms);
  const auto instants = distance / static_cast<std::uint64_t>(when.step_ms) + 1;
  if (instants > limits::promql_steps_max) {
    return bad_data(
        std::format("exceeded maximum resolution of {} points per timeseries. Try decreasing the query "
                    "resolution (?step=XX)",
                    limits::promql_steps_max));
  }
  evaluator with(from, when);
  PG_TRY_VOID(with.load(root));
  collector into(with);
  for (std::uint64_t i = 0; i < instants; ++i) {
    const auto t = when.start_ms + static_cast<std::int64_t>(i) * when.step_ms;
    if (root.type == value_type::scalar) {
      PG_TRY(const auto x, with.scalar_at(root, t));
      PG_TRY_VOID(into.add({{with.pool().intern({}), x}}, t));
    } else {
      PG_TRY(const auto values, with.vector_at(root, t));
      PG_TRY_VOID(into.add(values, t));
    }
  }
  return answer{.type = value_type::matrix, .series = into.take(), .scalar = {}, .text = {}};
}

outcome<std::vector<matcher>> parse_selector(std::string_view text) {
  PG_TRY(auto all, lex(text));
  token_reader in(text, std::move(all));
  if (in.peek().kind != token_kind::name && !in.peek().is("{")) return in.unexpected_here("selector", "a selector");
  PG_TRY(auto out, read_matchers(in));
  if (in.peek().kind != token_kind::end) return in.unexpected_here("selector", "its end");
  return out;
}

outcome<std::int64_t> parse_duration(std::string_view text) {
  const auto seconds = duration_seconds(text);
  if (!seconds || !(*seconds > 0) || *seconds > 1e12) {
    return bad_data(std::format("\"{}\" is not a valid duration: write 15s, 5m or 1h30m", text));
  }
  return static_cast<std::int64_t>(std::round(*seconds * 1000));
}

std::string to_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 400> buffer{};  // the longest double without an exponent has 1 + 309 digits, or 0. and 340
  const auto size = std::abs(value);
  const bool plain = value == 0 || (size >= 1e-6 && size < 1e21);
  const auto [end, wrong] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                          plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {buffer.data(), end};
}

}  // namespace perigee::promql
