#pragma once
// The authorities of a site as they lie on a disk: NAME.crt and NAME.key of `root` and `issuing` in one folder, and how
// a first node makes them (docs/identity.md, "The authorities of a site").

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"
#include "identity/authority.hpp"
#include "io/file.hpp"

namespace perigee::control::enrolment {

/// Where an authority's key is: in a file, encrypted where there is a passphrase, or in a token whose PIN that is.
struct key_place {
  std::string file{};
  std::string token{};  // a URI of crypto::is_token_uri; empty: the file
  std::string passphrase{};
};

/// The key. errc::not_found; errc::refused where the passphrase is missing or wrong; as identity::private_key::from_pem
/// and identity::key_in_token.
[[nodiscard]] result<identity::private_key> read_key(io::disk& on, const key_place& at);
/// FOLDER/NAME.crt with its key: of a file with several certificates what stands first is its own. As read_key and
/// identity::authority::open.
[[nodiscard]] result<identity::authority> read_authority(io::disk& on, const std::string& folder, std::string_view name,
                                                         const key_place& key);

/// What a site begins with.
struct site_order {
  std::string folder;
  std::string site;                           // "plant": its authorities are "plant root" and "plant issuing"
  std::string passphrase{};                   // of the keys in files, and the PIN of those in a token
  std::string root_token{}, issuing_token{};  // URIs of keys that are there already; empty: made, in files

  [[nodiscard]] key_place root_key() const { return {folder + "/root.key", root_token, passphrase}; }
  [[nodiscard]] key_place issuing_key() const { return {folder + "/issuing.key", issuing_token, passphrase}; }
};

/// Makes of root.key, root.crt, issuing.key and issuing.crt what is absent, each durable before the next, so that what
/// was cut short is finished by doing it again, and nothing that is there is overwritten. errc::refused where a
/// certificate's key is gone.
[[nodiscard]] result<> make_authorities(io::disk& on, const site_order& of, timestamp now);

/// Key and certificates in one file as identity::held_identity, by the site's issuing authority, where the file is
/// absent.
[[nodiscard]] result<> make_own_certificate(io::disk& on, const site_order& by, const identity::certificate_order& what,
                                            const std::string& file, timestamp now);

}  // namespace perigee::control::enrolment
