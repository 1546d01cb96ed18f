#pragma once
// Who gets a certificate. One way for all of them: a node that joins, a device that enrols, and both when they renew.

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"
#include "base/time.hpp"
#include "identity/authority.hpp"
#include "identity/certificate_request.hpp"

namespace perigee::control::enrolment {

/// Why nobody gets a certificate now, as it is told.
struct denial {
  enum class kind {
    unknown,    // nothing shows who asks: 401
    forbidden,  // who asks is known, and may not: 403
    malformed,  // what is asked for cannot be: 400
    waiting,    // an operator is to decide, ask again later: 202
    failed,     // this node could not: 503
  };
  kind is = kind::forbidden;
  std::string why;  // a sentence
};

/// A certificate that is shown: who issued it (identity::public_key::key_id) and its serial number, in hexadecimal.
struct shown_certificate {
  std::string issuer;
  std::string serial;
};

/// Who asks, and from where.
struct applicant {
  std::string name;     // who it says it is; where it shows a certificate, that one's name
  std::string address;  // without the port
};

/// Makes the certificate that a book then enters: asked once, when nothing else is in the way.
using certificate_maker = function_ref<std::expected<identity::certificate, denial>(identity::profile)>;

/// Who is known, and what they were given: kept by whoever keeps the site's things. Blocking. Each call is done as a
/// whole or not at all, and what it answers is in the book already: whoever is killed has the old state or the new.
class book {
 public:
  virtual ~book() = default;
  /// Takes one use of the token, notes the thing where it is new, and enters the certificate that `make` makes for
  /// `key`. Denied where the token is not good for a certificate of this kind, and where the thing is shut out. The
  /// same key may come again with the same token while that lasts.
  [[nodiscard]] virtual std::expected<identity::certificate, denial> admit(const applicant& who, std::string_view token,
                                                                           identity::profile wanted,
                                                                           const identity::public_key& key,
                                                                           certificate_maker make, timestamp now) = 0;
  /// Likewise for who shows a certificate, which the new one replaces: it is taken for as long as the operator's grace
  /// lasts. Where a gateway's is wanted, it replaces not the one that is shown but the authority of this key.
  [[nodiscard]] virtual std::expected<identity::certificate, denial> renew(const applicant& who,
                                                                           const shown_certificate& with,
                                                                           identity::profile wanted,
                                                                           const identity::public_key& key,
                                                                           certificate_maker make, timestamp now) = 0;
  /// Somebody was refused before the book was asked: a row of the audit.
  virtual void note_refusal(const applicant& who, std::string_view why, timestamp now) = 0;
};

/// What is handed out: the leaf, then those between it and the root.
using chain = std::vector<identity::certificate>;

/// Issues what the book allows. Owned by the node, used on the worker of its book. Blocking.
class enroller {
 public:
  /// `life` of leaves, within the profiles'.
  enroller(identity::authority by, book& of, std::optional<nanoseconds> life = {})
      : by_(std::move(by)), book_(of), life_(life) {}

  /// A first certificate, by a token (RFC 7030 4.2.1).
  [[nodiscard]] std::expected<chain, denial> enrol(const applicant& who, std::string_view token,
                                                   identity::profile wanted, const identity::certificate_request& asked,
                                                   timestamp now);
  /// The answer to a request that could not be read: refusal::malformed, no_possession, weak_key and the like.
  [[nodiscard]] denial refuse(const applicant& who, const error& why, timestamp now);
  /// Another one, by the certificate that it has (RFC 7030 4.2.2): of the kind that this one is, or a gateway's.
  [[nodiscard]] std::expected<chain, denial> renew(const applicant& who, const shown_certificate& with,
                                                   identity::profile wanted, const identity::certificate_request& asked,
                                                   timestamp now);

 private:
  [[nodiscard]] std::expected<identity::certificate, denial> issue(identity::profile as,
                                                                   const identity::certificate_request& asked,
                                                                   timestamp now) const;
  [[nodiscard]] std::expected<void, denial> check_names(const applicant& who, const identity::requested_identity& asks,
                                                        timestamp now);
  [[nodiscard]] chain with_authorities(identity::certificate leaf) const;

  identity::authority by_;
  book& book_;
  std::optional<nanoseconds> life_;
};

}  // namespace perigee::control::enrolment
