// Any bytes as a list that a parent hands down: what is read is written as it came, and none is believed that this
// site's authority has not signed.

#include "base/check.hpp"
#include "control/revocation/lists.hpp"
#include "identity/forgery_test.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  using namespace perigee::control::revocation;
  static const identity::test_site site;
  auto read = decode({data, size});
  if (!read) return 0;
  const auto written = encode(*read);
  const auto again = decode(written);
  PG_CHECK(again && again->list == read->list, "what was read is read again from what is written");
  lists held;
  held.trust({site.root.own()});
  PG_CHECK(!held.take(*std::move(read), identity::test_now), "nobody else signs for this site");
  return 0;
}
