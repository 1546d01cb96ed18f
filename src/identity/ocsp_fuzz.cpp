// Any bytes as an OCSP request: there is an answer, and it is one of OCSP.

#include "identity/ocsp.hpp"

#include <openssl/ocsp.h>

#include "base/check.hpp"
#include "identity/forgery_test.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  using namespace perigee::identity;
  static const test_site site;
  const auto look_up = [](std::string_view serial) -> certificate_status {
    PG_CHECK(!serial.empty() && serial.size() <= 40, "a serial has at most 20 octets");
    return {certificate_status::state::good};
  };
  const auto der = answer_ocsp(site.issuing, {data, size}, look_up, {test_now, test_now + std::chrono::hours(1)});
  PG_CHECK(der, "there is always an answer");
  const auto* at = der->data();
  const std::unique_ptr<OCSP_RESPONSE, crypto::freed_by<OCSP_RESPONSE_free>> answer(
      d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der->size())));
  PG_CHECK(answer != nullptr, "the answer parses");
  return 0;
}
