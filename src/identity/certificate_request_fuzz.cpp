// Any bytes as a request for a certificate: refused, or it names somebody. And signed with a key of ours, so that what
// comes after the proof of possession is reached too.

#include "identity/certificate_request.hpp"

#include "base/check.hpp"
#include "base/identity_limits.hpp"
#include "identity/forgery_test.hpp"
#include "identity/names.hpp"
#include "identity/refusal.hpp"

namespace {

using namespace perigee;
using namespace perigee::identity;

void parse(byte_view bytes) {
  const auto read = certificate_request::parse(bytes);
  if (!read) {
    PG_CHECK(reason_of(read.error()), "what is refused has its reason");
    return;
  }
  PG_CHECK(is_name(read->asks().name), "a request is for a plain name");
  PG_CHECK(read->asks().dns_names.size() <= limits::identity_names_max, "names are bounded");
  PG_CHECK(read->asks().challenge_password.size() <= limits::identity_challenge_bytes_max, "so is the password");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parse({data, size});
  static const auto key = new_key();
  const crypto::error_queue_scope quiet;
  const auto* at = data;
  const crypto::request_ptr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(size)));
  if (!request) return 0;
  X509_REQ_set_pubkey(request.get(), key.native());
  X509_REQ_sign(request.get(), key.native(), EVP_sha256());
  parse(crypto::der_of(i2d_X509_REQ, request.get()));
  return 0;
}
