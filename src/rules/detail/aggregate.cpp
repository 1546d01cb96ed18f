#include "rules/detail/aggregate.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/rules_limits.hpp"
#include "rules/detail/lexer.hpp"

namespace perigee::rules::detail {
namespace {

constexpr auto any = value_type::any;
constexpr auto number = value_type::number;
using kind = aggregate_kind;

constexpr auto table = std::to_array<aggregate_function>({
    {"count", "count(*), count(value) or count(DISTINCT value)",
     "how many: messages, values that are not NULL, different ones", kind::count, 1, any},
    {"sum", "sum(number)", "their sum", kind::sum},
    {"avg", "avg(number)", "their mean", kind::avg},
    {"min", "min(number)", "the least", kind::min},
    {"max", "max(number)", "the greatest", kind::max},
    {"stddev", "stddev(number)", "the standard deviation, of all there are", kind::stddev},
    {"stddevs", "stddevs(number)", "the same, of a sample of them", kind::sample_stddev},
    {"var", "var(number)", "the variance, of all there are", kind::variance},
    {"vars", "vars(number)", "the same, of a sample of them", kind::sample_variance},
    {"first", "first(value)", "the one of the earliest time", kind::first, 1, any},
    {"first_value", "first_value(value)", "the same", kind::first, 1, any},
    {"last", "last(value)", "the one of the latest time", kind::last, 1, any},
    {"last_value", "last_value(value)", "the same", kind::last, 1, any},
    {"delta", "delta(number)", "the last less the first", kind::delta},
    {"rate", "rate(number)", "that by the seconds between the two; NULL of fewer than two", kind::rate},
    {"twa", "twa(number)",
     "the mean weighted by time: each value holds until the next one, the last until the window ends", kind::twa},
    {"percentile", "percentile(number, fraction)", "the value below which that fraction from 0 to 1 lies, by t-digest",
     kind::percentile, 2},
    {"percentile_cont", "percentile_cont(number, fraction)", "the same", kind::percentile, 2},
    {"median", "median(number)", "percentile(number, 0.5)", kind::percentile, 1, number, 0.5},
});

double seconds_between(timestamp from, timestamp to) { return std::chrono::duration<double>(to - from).count(); }

/// FNV-1a over the form at rest: the same on every machine, for it is kept.
std::uint64_t hash_of(const value& v) {
  byte_buffer bytes;
  byte_writer to(bytes);
  encode_value(to, v);
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const auto one : bytes) hash = (hash ^ one) * 0x100000001b3U;
  return hash;
}

bool insert(std::vector<std::uint64_t>& sorted, std::uint64_t hash) {
  const auto at = std::ranges::lower_bound(sorted, hash);
  if (at != sorted.end() && *at == hash) return true;
  if (sorted.size() >= limits::rule_distinct_max) return false;
  sorted.insert(at, hash);
  return true;
}

template <class... Each>
struct overloaded : Each... {
  using Each::operator()...;
};

void put(byte_writer& to, timestamp at) { to.u64(static_cast<std::uint64_t>(at.ns)); }
timestamp take_time(byte_reader& from) { return {static_cast<std::int64_t>(from.u64())}; }
double take_finite(byte_reader& from) {
  const double x = from.f64();
  if (!std::isfinite(x)) from.fail();
  return x;
}

}  // namespace

std::span<const aggregate_function> aggregate_functions() { return table; }

const aggregate_function* find_aggregate(std::string_view name) {
  const auto found = std::ranges::find_if(table, [&](const auto& f) { return equal_ignoring_case(f.name, name); });
  return found == table.end() ? nullptr : &*found;
}

bool is_of_numbers(aggregate_kind of) {
  return of != kind::count && of != kind::count_distinct && of != kind::first && of != kind::last;
}

accumulator::accumulator(aggregate_kind of) : kind_(of), state_(empty(of)) {}

accumulator::state accumulator::empty(aggregate_kind of) {
  switch (of) {
    case kind::count: return counted{};
    case kind::count_distinct: return distinct{};
    case kind::sum:
    case kind::avg: return total{};
    case kind::min:
    case kind::max: return extreme{};
    case kind::variance:
    case kind::sample_variance:
    case kind::stddev:
    case kind::sample_stddev: return moments{};
    case kind::first:
    case kind::last: return end_value{};
    case kind::delta:
    case kind::rate: return change{};
    case kind::twa: return weighted{};
    case kind::percentile: return t_digest{};
  }
  return counted{};
}

bool accumulator::add(timestamp at, const value& v) {
  const double x = v.number;
  const auto into = overloaded{
      [](counted& s) { return ++s.count, true; },
      [&](distinct& s) { return insert(s.hashes, hash_of(v)); },
      [&](total& s) {
        ++s.count;
        s.sum += x;
        return true;
      },
      // Welford's way: no difference of large numbers.
      [&](moments& s) {
        const double before = x - s.mean;
        s.mean += before / ++s.count;
        s.squares += before * (x - s.mean);
        return true;
      },
      [&](extreme& s) {
        if (!s.any || (kind_ == kind::min ? x < s.x : x > s.x)) s.x = x;
        return s.any = true;
      },
      [&](end_value& s) {
        if (!s.any || (kind_ == kind::first ? at < s.at : at >= s.at)) s = {true, at, kept_value(v)};
        return true;
      },
      [&](change& s) {
        if (s.count == 0 || at < s.first_at) s.first_at = at, s.first = x;
        if (s.count == 0 || at >= s.last_at) s.last_at = at, s.last = x;
        return ++s.count, true;
      },
      [&](weighted& s) {
        if (s.any && at < s.last_at) return false;
        if (s.any) s.integral += s.last * seconds_between(s.last_at, at);
        if (!s.any) s.first_at = at;
        s.last_at = at;
        s.last = x;
        return s.any = true;
      },
      [&](t_digest& s) { return s.add(x), true; },
  };
  return std::visit(into, state_);
}

void accumulator::moments::merge(const moments& later) {
  if (later.count == 0) return;
  const double all = count + later.count;
  const double apart = later.mean - mean;
  mean += apart * later.count / all;
  squares += later.squares + apart * apart * count * later.count / all;
  count = all;
}

void accumulator::change::merge(const change& later) {
  if (later.count == 0) return;
  if (count == 0 || later.first_at < first_at) {
    first_at = later.first_at;
    first = later.first;
  }
  if (count == 0 || later.last_at >= last_at) {
    last_at = later.last_at;
    last = later.last;
  }
  count += later.count;
}

void accumulator::weighted::merge(const weighted& later) {
  if (!later.any) return;
  if (!any) {
    *this = later;
    return;
  }
  integral += last * seconds_between(last_at, later.first_at) + later.integral;
  last_at = later.last_at;
  last = later.last;
}

void accumulator::merge(const accumulator& later) {
  const auto into = overloaded{
      [](counted& s, const counted& o) { s.count += o.count; },
      [](distinct& s, const distinct& o) {
        for (const auto hash : o.hashes) insert(s.hashes, hash);
      },
      [](total& s, const total& o) {
        s.count += o.count;
        s.sum += o.sum;
      },
      [](moments& s, const moments& o) { s.merge(o); },
      [this](extreme& s, const extreme& o) {
        if (!o.any) return;
        if (!s.any || (kind_ == kind::min ? o.x < s.x : o.x > s.x)) s = o;
      },
      [this](end_value& s, const end_value& o) {
        if (o.any && (!s.any || (kind_ == kind::first ? o.at < s.at : o.at >= s.at))) s = o;
      },
      [](change& s, const change& o) { s.merge(o); },
      [](weighted& s, const weighted& o) { s.merge(o); },
      [](t_digest& s, const t_digest& o) { s.merge(o); },
      [](auto&, const auto&) {},  // of another kind: the rule's aggregates stand in one order
  };
  std::visit(into, state_, later.state_);
}

value accumulator::spread(const moments& m) const {
  const bool sample = kind_ == kind::sample_variance || kind_ == kind::sample_stddev;
  const double degrees = sample ? m.count - 1 : m.count;
  if (degrees <= 0) return {};
  const double variance = std::max(0.0, m.squares / degrees);
  return of_number(kind_ == kind::stddev || kind_ == kind::sample_stddev ? std::sqrt(variance) : variance);
}

value accumulator::result(double parameter, timestamp end) const {
  const auto of = overloaded{
      [](const counted& s) { return of_number(static_cast<double>(s.count)); },
      [](const distinct& s) { return of_number(static_cast<double>(s.hashes.size())); },
      [this](const total& s) {
        if (s.count == 0) return value{};
        return of_number(kind_ == kind::sum ? s.sum : s.sum / static_cast<double>(s.count));
      },
      [this](const moments& s) { return spread(s); },
      [](const extreme& s) { return s.any ? of_number(s.x) : value{}; },
      [](const end_value& s) { return s.any ? s.what.view() : value{}; },
      [this](const change& s) {
        const double over = seconds_between(s.first_at, s.last_at);
        if (s.count == 0 || (kind_ == kind::rate && over <= 0)) return value{};
        return of_number((s.last - s.first) / (kind_ == kind::rate ? over : 1));
      },
      [&](const weighted& s) {
        const double over = seconds_between(s.first_at, end);
        if (!s.any || over <= 0) return s.any ? of_number(s.last) : value{};
        return of_number((s.integral + s.last * seconds_between(s.last_at, end)) / over);
      },
      [&](const t_digest& s) {
        const double x = s.quantile(parameter);
        return std::isnan(x) ? value{} : of_number(x);
      },
  };
  const auto out = std::visit(of, state_);
  // A sum may have grown past what a double can tell.
  return out.kind == value_kind::number && !std::isfinite(out.number) ? value{} : out;
}

std::size_t accumulator::bytes() const {
  const auto heap = overloaded{
      [](const distinct& s) { return s.hashes.size() * sizeof(std::uint64_t); },
      [](const end_value& s) { return s.what.heap_bytes(); },
      [](const t_digest& s) { return s.heap_bytes(); },
      [](const auto&) { return std::size_t{0}; },
  };
  return sizeof(*this) + std::visit(heap, state_);
}

void accumulator::encode(byte_writer& to) const {
  const auto write = overloaded{
      [&](const counted& s) { to.varint(s.count); },
      [&](const distinct& s) {
        to.varint(s.hashes.size());
        for (const auto hash : s.hashes) to.u64(hash);
      },
      [&](const total& s) {
        to.varint(s.count);
        to.f64(s.sum);
      },
      [&](const moments& s) {
        to.f64(s.count);
        to.f64(s.mean);
        to.f64(s.squares);
      },
      [&](const extreme& s) {
        to.u8(s.any ? 1 : 0);
        to.f64(s.x);
      },
      [&](const end_value& s) {
        to.u8(s.any ? 1 : 0);
        put(to, s.at);
        encode_value(to, s.what.view());
      },
      [&](const change& s) {
        to.varint(s.count);
        put(to, s.first_at);
        put(to, s.last_at);
        to.f64(s.first);
        to.f64(s.last);
      },
      [&](const weighted& s) {
        to.u8(s.any ? 1 : 0);
        put(to, s.first_at);
        put(to, s.last_at);
        to.f64(s.last);
        to.f64(s.integral);
      },
      [&](const t_digest& s) { s.encode(to); },
  };
  std::visit(write, state_);
}

accumulator accumulator::decode(aggregate_kind of, byte_reader& from) {
  accumulator out(of);
  const auto read = overloaded{
      [&](counted& s) { s.count = from.varint(); },
      [&](distinct& s) {
        const auto count = from.varint();
        if (count > limits::rule_distinct_max) from.fail();
        for (std::uint64_t i = 0; i < count && from.ok(); ++i) s.hashes.push_back(from.u64());
        if (!std::ranges::is_sorted(s.hashes, std::ranges::less_equal{})) from.fail();
      },
      [&](total& s) { s = {from.varint(), from.f64()}; },
      [&](moments& s) { s = {take_finite(from), take_finite(from), take_finite(from)}; },
      [&](extreme& s) { s = {from.u8() != 0, take_finite(from)}; },
      [&](end_value& s) { s = {from.u8() != 0, take_time(from), kept_value(decode_value(from))}; },
      [&](change& s) { s = {from.varint(), take_time(from), take_time(from), take_finite(from), take_finite(from)}; },
      [&](weighted& s) { s = {from.u8() != 0, take_time(from), take_time(from), take_finite(from), from.f64()}; },
      [&](t_digest& s) { s = t_digest::decode(from); },
  };
  std::visit(read, out.state_);
  return out;
}

}  // namespace perigee::rules::detail
