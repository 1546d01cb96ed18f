#pragma once
// Prometheus's HTTP API apart from HTTP: https://prometheus.io/docs/prometheus/latest/querying/api/. Everything here
// runs where series may be read, which is not the shard.

#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "promql/source.hpp"

namespace perigee::api {

/// A call's parameters, of its query and of a form in its body; a name may stand there several times.
using prometheus_arguments = std::multimap<std::string, std::string, std::less<>>;

/// A status and Prometheus's JSON envelope.
struct prometheus_reply {
  unsigned status = 200;
  std::string body;
};

/// `query`: an expression at one instant, now unless `time` says another.
[[nodiscard]] prometheus_reply answer_query(const prometheus_arguments& given, timestamp now, promql::catalog& from);
/// `query_range`: an expression from `start` to `end`, every `step`.
[[nodiscard]] prometheus_reply answer_query_range(const prometheus_arguments& given, promql::catalog& from);
/// `labels`: the names of the labels of the series that `match[]` selects, or of all.
[[nodiscard]] prometheus_reply answer_labels(const prometheus_arguments& given, promql::catalog& from);
/// `label/NAME/values`.
[[nodiscard]] prometheus_reply answer_label_values(std::string_view name, const prometheus_arguments& given,
                                                   promql::catalog& from);
/// `series`: the labels of the series that `match[]`, which is required, selects.
[[nodiscard]] prometheus_reply answer_series(const prometheus_arguments& given, promql::catalog& from);
/// `metadata`: type and help of each family of a metrics text (the plain format).
[[nodiscard]] prometheus_reply answer_metadata(const prometheus_arguments& given, std::string_view metrics_text);

/// Seconds since the epoch with decimals, or RFC 3339, in milliseconds.
[[nodiscard]] promql::outcome<std::int64_t> read_prometheus_time(std::string_view text);
/// Seconds with decimals, or a duration such as 15s, in milliseconds; positive.
[[nodiscard]] promql::outcome<std::int64_t> read_prometheus_duration(std::string_view text);

/// The envelope of an error.
[[nodiscard]] prometheus_reply prometheus_failure(const promql::fault& why);
/// The envelope around `data`, which is JSON.
[[nodiscard]] prometheus_reply prometheus_success(std::string_view data, std::string_view warning = {});

}  // namespace perigee::api
