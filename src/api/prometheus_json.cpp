#include "api/prometheus_json.hpp"

#include <boost/json.hpp>
#include <cstdlib>
#include <format>
#include <iterator>

#include "base/limits.hpp"
#include "base/utf8.hpp"

namespace perigee::api {
namespace {

/// Seconds with as many decimals as milliseconds need: "1700000000", "1700000000.250".
void put_time(std::string& out, std::int64_t ms) {
  const auto* const sign = ms < 0 ? "-" : "";
  const auto size = ms < 0 ? -ms : ms;
  std::format_to(std::back_inserter(out), "{}{}", sign, size / 1000);
  if (size % 1000 != 0) std::format_to(std::back_inserter(out), ".{:03}", size % 1000);
}

void put_sample(std::string& out, const promql::sample& s) {
  out += '[';
  put_time(out, s.time_ms);
  out.append(",\"").append(promql::to_text(s.value)).append("\"]");
}

void put_samples(std::string& out, const std::vector<promql::sample>& all) {
  const auto* separator = "[";
  for (const auto& each : all) {
    out += std::exchange(separator, ",");
    put_sample(out, each);
    if (out.size() > limits::promql_answer_bytes_max) return;
  }
  out += ']';
}

}  // namespace

std::string quoted_json(std::string_view text) {
  return boost::json::serialize(boost::json::string(in_utf8(std::string(text))));
}

std::string to_prometheus_json(const promql::labels& of) {
  std::string out = "{";
  for (const auto& each : of) {
    if (out.size() > 1) out += ',';
    out.append(quoted_json(each.name)).append(":").append(quoted_json(each.value));
  }
  return out + "}";
}

promql::outcome<std::string> to_prometheus_json(const promql::answer& of) {
  auto out = std::format(R"({{"resultType":"{}","result":)", promql::name_of(of.type));
  if (of.type == promql::value_type::scalar) {
    put_sample(out, of.scalar);
  } else if (of.type == promql::value_type::string) {
    out += '[';
    put_time(out, of.scalar.time_ms);
    out.append(",").append(quoted_json(of.text)).append("]");
  } else {
    out += '[';
    for (const auto& each : of.series) {
      if (out.back() != '[') out += ',';
      out.append(R"({"metric":)").append(to_prometheus_json(each.labels));
      if (of.type == promql::value_type::vector) {
        out += R"(,"value":)";
        put_sample(out, each.samples.front());
      } else {
        out += R"(,"values":)";
        put_samples(out, each.samples);
      }
      out += '}';
      if (out.size() > limits::promql_answer_bytes_max) {
        return promql::cannot_execute(std::format("the answer has over {} bytes: ask for fewer series or a wider step",
                                                  limits::promql_answer_bytes_max));
      }
    }
    out += ']';
  }
  return out + "}";
}

}  // namespace perigee::api
