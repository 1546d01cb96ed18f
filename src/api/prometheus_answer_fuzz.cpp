// Any parameters of any call: answered or refused in JSON that parses, in Prometheus's envelope.

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdlib>

#include "api/parameters.hpp"
#include "api/prometheus_answer.hpp"

namespace {

using namespace perigee;
using namespace perigee::api;

/// Three series whose labels need escaping, and time for so many looks at the clock.
class hurried_catalog final : public promql::catalog {
 public:
  promql::outcome<std::vector<promql::series>> select(const promql::selection& what) override {
    PG_TRY(const auto found, list(what));
    std::vector<promql::series> out;
    for (const auto& labels : found) {
      auto& made = out.emplace_back(labels, std::vector<promql::sample>());
      for (std::int64_t t = 0; t <= 100'000; t += 10'000) {
        if (t > what.after_ms && t <= what.until_ms) made.samples.push_back({t, 1.0 / static_cast<double>(t)});
      }
    }
    return out;
  }
  promql::outcome<std::vector<promql::labels>> list(const promql::selection& what) override {
    std::vector<promql::labels> out;
    for (const auto* device : {"m\"1", "m\\2\n", "m\xc3\xa9"}) {
      const promql::labels made{{"__name__", "heat"}, {"device", device}, {"le", "1"}};
      const auto fits = [&made](const promql::matcher& m) { return m.matches(made.get(m.name())); };
      if (std::ranges::all_of(what.matchers, fits)) out.push_back(made);
    }
    return out;
  }
  bool out_of_time() override { return ++looks_ > 200; }

 private:
  int looks_ = 0;
};

prometheus_reply asked(std::uint8_t what, const prometheus_arguments& given, std::string_view rest) {
  hurried_catalog from;
  switch (what % 6) {
    case 0: return answer_query(given, timestamp{75'000'000'000}, from);
    case 1: return answer_query_range(given, from);
    case 2: return answer_labels(given, from);
    case 3: return answer_series(given, from);
    case 4: return answer_label_values(rest.substr(0, rest.find('&')), given, from);
    default: return answer_metadata(given, "# HELP heat a \"thing\"\n# TYPE heat gauge\nheat 1\n");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  parameters form;
  if (!form.add_form(rest)) return 0;
  const auto pairs = form.pairs();
  const auto reply = asked(data[0], {pairs.begin(), pairs.end()}, rest);
  boost::system::error_code bad;
  const auto parsed = boost::json::parse(reply.body, bad);
  const auto* const envelope = bad ? nullptr : parsed.if_object();
  if (envelope == nullptr || !envelope->contains("status")) std::abort();
  const bool good = envelope->at("status") == "success";
  if (good != (reply.status == 200) || good != envelope->contains("data")) std::abort();
  return 0;
}
