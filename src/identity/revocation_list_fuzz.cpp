// Any bytes as a revocation list: of a good one all entries name a certificate, and it is written as it was read.

#include "identity/revocation_list.hpp"

#include <format>

#include "base/check.hpp"
#include "identity/forgery_test.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  using namespace perigee::identity;
  static const test_site site;
  (void)issuer_of_list({data, size});
  (void)read_revocation_list({data, size}, site.issuing.own());
  // Nobody but the authority can write one, so the bytes also choose what it writes.
  std::vector<revocation> all;
  for (std::size_t i = 0; i + 1 < size && all.size() < 16; i += 2) {
    all.push_back({std::format("{:x}", data[i] + 1), test_now, static_cast<revocation_reason>(data[i + 1] % 7)});
  }
  const list_terms terms{.number = size, .this_update = test_now, .next_update = test_now + std::chrono::hours(1)};
  auto der = make_revocation_list(site.issuing, all, terms);
  PG_CHECK(der, "a list of numbers is written");
  const auto read = read_revocation_list(*der, site.issuing.own());
  PG_CHECK(read && read->all.size() == all.size() && read->terms.number == size, "and read back");
  if (size != 0) (*der)[data[0] * der->size() / 256] ^= static_cast<std::uint8_t>(1 + data[size - 1] % 255);
  const auto changed = read_revocation_list(*der, site.issuing.own());
  PG_CHECK(size == 0 || !changed, "a list of which a byte was changed is refused");
  return 0;
}
