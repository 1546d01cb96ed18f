#include "node/known_certificates.hpp"

#include "base/limits.hpp"
#include "identity/certificate.hpp"
#include "node/enrolment_routes.hpp"

namespace perigee::node {
namespace {

using enum certificate_role;

struct reading {
  io::disk& on;
  std::vector<known_certificate> out{};

  /// The first of a file is `leaf`, those behind it are authorities.
  void add(const std::string& file, certificate_role leaf, bool renewed_here = false) {
    const auto pem = io::read_whole(on, file, limits::tls_file_bytes_max);
    const auto all = pem ? identity::all_certificates(*pem) : std::unexpected(pem.error());
    if (!all) return;
    for (std::size_t i = 0; i < all->size(); ++i) {
      const auto& facts = (*all)[i].facts();
      out.push_back(
          {i == 0 ? leaf : authority, file, facts.subject, facts.not_before, facts.not_after, renewed_here && i == 0});
    }
  }
};

}  // namespace

std::string_view name_of(certificate_role r) {
  switch (r) {
    case own: return "own";
    case listener: return "listener";
    case authority: return "authority";
    case issuer: break;
  }
  return "issuer";
}

std::vector<known_certificate> known_certificates(const config& of, io::disk& on) {
  reading in{on};
  if (of.tls) {
    in.add(of.tls->certificate, own, of.identity && of.identity->renew);
    for (const auto& each : of.tls->certificates) in.add(each.certificate, listener);
    if (of.tls->authority) in.add(*of.tls->authority, authority);
  }
  if (of.identity) {
    const auto folder = identity_folder(of) + "/";
    in.add(folder + "issuing.crt", issuer);
    in.add(folder + std::string(gateway_file), issuer, of.identity->renew && of.identity->renew->parent);
  }
  return std::move(in.out);
}

}  // namespace perigee::node
