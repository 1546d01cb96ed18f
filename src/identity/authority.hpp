#pragma once
// Certificate authorities: a root, the issuing authority of a site, and a gateway's that is constrained to names below
// its own. They issue what they are told to: who may have which name is decided before.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "identity/certificate.hpp"
#include "identity/private_key.hpp"
#include "identity/profile.hpp"

namespace perigee::identity {

/// What a certificate is to be for.
struct certificate_order {
  profile as = profile::device;
  /// Of a gateway, node or device its name, which the certificate's common name and a DNS name of it will be (a
  /// gateway's authority is called "fog-1 CA"). Of a root or issuing authority a text of 1 to 64 bytes.
  std::string name;
  std::vector<std::string> dns_names{};  // of a node, beside its name: "localhost", "*.plant"
  std::vector<std::string> addresses{};  // of a node: "10.0.0.7", "::1"
  std::optional<nanoseconds> life{};     // within the profile's terms; cut to the authority's own end
};

/// A certificate, its key, and the certificates above it. A value; nothing in it changes.
class authority {
 public:
  /// A new root, signed by itself. errc::malformed for a bad name or life.
  [[nodiscard]] static result<authority> make_root(const std::string& name, private_key key, timestamp now,
                                                   nanoseconds life = terms_of(profile::root).life);
  /// An authority as it is stored: its own certificate first, then those above it, with or without the root.
  /// errc::refused where the key is not the certificate's, refusal::not_an_authority.
  [[nodiscard]] static result<authority> open(std::vector<certificate> chain, private_key key);

  /// errc::malformed for a bad name or life; refusal::weak_key; refusal::outside_constraint for a name that a gateway
  /// may not issue; refusal::path_too_long for an authority below one that may have none; refusal::expired where this
  /// authority has ended, refusal::not_yet_valid where it has not begun.
  [[nodiscard]] result<certificate> issue(const public_key& to, const certificate_order& order, timestamp now) const;

  /// The same certificate once more, for another key: name, names beside it, purposes and length of life are those of
  /// the old one, whatever key and authority it had. As `issue`.
  [[nodiscard]] result<certificate> renew(const certificate& old, const public_key& to, timestamp now) const;

  /// The same name and key as another root's, certified by this one: whoever trusts this root then trusts what that one
  /// issues, while a site changes from one to the other (RFC 4210 4.4). Until the earlier of their ends. errc::refused
  /// where either is no root.
  [[nodiscard]] result<certificate> vouch_for(const certificate& other_root, timestamp now) const;

  [[nodiscard]] const certificate& own() const { return chain_.front(); }
  [[nodiscard]] const private_key& key() const { return key_; }
  /// What a holder of a certificate of this authority shows behind its own: this authority's and those above it,
  /// without the root, which who looks has already.
  [[nodiscard]] std::span<const certificate> shown() const;
  /// The gateway that this authority is constrained to; empty: it may issue any name.
  [[nodiscard]] std::string gateway() const;

 private:
  authority(std::vector<certificate> chain, private_key key) : chain_(std::move(chain)), key_(std::move(key)) {}

  std::vector<certificate> chain_;
  private_key key_;
};

}  // namespace perigee::identity
