// Any bytes as a payload: refused, or readings within their bounds.

#include "base/check.hpp"
#include "base/limits.hpp"
#include "model/payload.hpp"

using namespace perigee;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static model::payload_decoder decoder;
  std::size_t readings = 0;
  const auto decoded = decoder.decode(model::payload_format::automatic, "site/device/metric", {data, size}, {},
                                      [&](const model::reading_view& r) {
                                        ++readings;
                                        PG_CHECK(r.metric.size() <= limits::metric_bytes_max, "a name over its bound");
                                      });
  PG_CHECK(decoded || readings == 0, "readings came before an error");
  PG_CHECK(readings <= limits::payload_readings_max, "more readings than allowed");
  return 0;
}
