// Any bytes as births, data and deaths of an edge node and its device.

#include "base/check.hpp"
#include "base/limits.hpp"
#include "model/payload.hpp"

using namespace perigee;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static model::payload_decoder decoder;
  constexpr const char* topics[] = {"spBv1.0/g/NBIRTH/e",   "spBv1.0/g/NDATA/e",   "spBv1.0/g/NDEATH/e",
                                    "spBv1.0/g/DBIRTH/e/d", "spBv1.0/g/DDATA/e/d", "spBv1.0/g/DDEATH/e/d"};
  if (size == 0) return 0;
  std::size_t readings = 0;
  const auto decoded = decoder.decode(model::payload_format::sparkplug_b, topics[data[0] % std::size(topics)],
                                      {data + 1, size - 1}, {}, [&](const model::reading_view& r) {
                                        ++readings;
                                        PG_CHECK(r.metric.size() <= limits::metric_bytes_max, "a name over its bound");
                                      });
  PG_CHECK(decoded || readings == 0, "readings came before an error");
  PG_CHECK(readings <= 2 * limits::sparkplug_metrics_max, "more readings than allowed");
  return 0;
}
