#include "control/revocation/handed_list.hpp"

#include "base/identity_limits.hpp"

namespace perigee::control::revocation {
namespace {

constexpr std::uint8_t version = 1;

result<byte_view> take_block(byte_reader& from, std::size_t bytes_max) {
  const auto out = from.sized();
  if (!from.ok()) return fail(errc::malformed, "a handed list ends too early");
  if (out.size() > bytes_max) return fail(errc::too_large, "a part of a handed list is over its bound");
  return out;
}

}  // namespace

byte_buffer encode(const handed_list& out) {
  byte_buffer bytes;
  byte_writer to(bytes);
  to.u8(version);
  to.varint(out.authority.size());
  for (const auto& each : out.authority) {
    to.sized(each.to_der());
  }
  to.sized(byte_view(out.list));
  return bytes;
}

result<handed_list> decode(byte_view in) {
  byte_reader from(in);
  if (from.u8() != version) return fail(errc::unsupported, "a handed list of another version");
  const auto certificates = from.varint();
  if (!from.ok() || certificates == 0) return fail(errc::malformed, "a handed list has the certificate of its signer");
  if (certificates > limits::identity_chain_certificates_max) {
    return fail(errc::too_large, "a handed list has more certificates than a chain");
  }
  handed_list out;
  for (std::uint64_t i = 0; i < certificates; ++i) {
    PG_TRY(const auto der, take_block(from, limits::identity_certificate_bytes_max));
    PG_TRY(auto one, identity::certificate::parse_der(der));
    out.authority.push_back(std::move(one));
  }
  PG_TRY(const auto list, take_block(from, limits::identity_list_bytes_max));
  out.list = to_buffer(list);
  return out;
}

}  // namespace perigee::control::revocation
