// Any bytes as the bodies of EST and its Basic authentication: a request that is read names its owner and comes again
// from its own encoding; certificates that are read are as many as were there.

#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "base/identity_limits.hpp"
#include "control/enrolment/est.hpp"
#include "identity/names.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  if (size == 0) return 0;
  const auto text = as_text(byte_view(data + 1, size - 1));
  switch (*data % 3) {
    case 0: {
      const auto read = control::enrolment::read_request(text);
      if (read && !identity::is_name(read->asks().name)) std::abort();
      break;
    }
    case 1: {
      const auto read = control::enrolment::read_bundle(text);
      if (!read) break;
      const auto again = control::enrolment::bundle_body(*read);
      if (!again || control::enrolment::read_bundle(*again)->size() != read->size()) std::abort();
      break;
    }
    default: {
      const auto shown = control::enrolment::read_basic(text);
      if (shown && shown->user.size() + shown->password.size() > text.size()) std::abort();
    }
  }
  return 0;
}
