#include "node/prometheus.hpp"

#include <iterator>

#include "base/limit_table.hpp"
#include "io/timer.hpp"
#include "readers/history/promql_source.hpp"

namespace perigee::node {

prometheus::prometheus(io::shard& on, prometheus_options options, metrics::registry& registry,
                       readers::history::history_reader* from, std::function<void()> measure)
    : on_(on), options_(std::move(options)), registry_(registry), from_(from), measure_(std::move(measure)) {}

api::routes prometheus::routes() {
  api::routes out{{"GET", "/metrics", api::at_once([this](const api::request& asked) {
                     const auto format = metrics::preferred_format(asked.accept);
                     return api::answer{200, metrics::media_type_of(format), exposed(format)};
                   })}};
  if (from_ == nullptr) return out;
  std::ranges::move(api::prometheus_routes(on_, *this, PERIGEE_VERSION), std::back_inserter(out));
  return out;
}

std::string prometheus::exposed(metrics::text_format f) {
  measure_();
  metrics::exposition out(f);
  registry_.expose(out);
  expose_limits(out);
  return out.take();
}

void prometheus::ask(std::chrono::milliseconds within, std::move_only_function<void(promql::catalog&)> question,
                     std::move_only_function<void()> done) {
  from_->ask(
      within,
      [question = std::move(question), node = options_.node](readers::history::store& history) mutable {
        readers::history::promql_source source(history, std::move(node));
        question(source);
      },
      std::move(done));
}

io::task<> prometheus::run() {
  if (from_ == nullptr || options_.own_metrics_every.count() == 0) co_return result<>();
  for (;;) {
    sample();
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, options_.own_metrics_every));
  }
}

void prometheus::sample() {
  measure_();
  std::vector<readers::history::own_sample> samples;
  registry_.for_each_sample([&samples](std::string_view name, std::string_view labels, double value) {
    samples.push_back({std::string(name), std::string(labels), value});
  });
  from_->note_own(clock::wall(), std::move(samples));
}

}  // namespace perigee::node
