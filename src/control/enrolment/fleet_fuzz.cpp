// Any bytes as a message or a template of fleet provisioning: what is read can be used, what is refused has a reason.

#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "control/enrolment/fleet.hpp"

namespace {

using namespace perigee::control::enrolment;

void check(bool good) {
  if (!good) std::abort();
}

void read_template(std::string_view text) {
  const auto read = provisioning_template::parse(text);
  if (!read) return check(!read.error().empty());
  const auto made = read->apply({{"SerialNumber", "7"}}, "id");
  check(made || !made.error().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const perigee::byte_view rest(data + 1, size - 1);
  const auto text = perigee::as_text(rest);
  switch (*data % 4) {
    case 0: read_template(text); break;
    case 1: {
      const auto read = read_provision_request(rest);
      check(read ? !read->ownership_token.empty() : read.error().status != 0 && !read.error().message.empty());
      break;
    }
    case 2: {
      const auto read = read_certificate_request(rest);
      check(read ? !read->empty() : !rejected_payload(read.error(), true).empty());
      break;
    }
    default: {
      const auto topic = parse_fleet_topic(text);
      check(!topic || topic->call != fleet_call::provision || !topic->template_name.empty());
      check(!topic || parse_fleet_answer(std::string(text) + "/accepted"));
    }
  }
  return 0;
}
